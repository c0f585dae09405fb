"""The second API, Mureka through useapi.net: its two calls, as the provider documents them."""

from __future__ import annotations

import hmac
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from takedeck.simulator.clock import Clock, iso
from takedeck.simulator.signing import Signer
from takedeck.simulator.songs.catalogue import SONGS
from takedeck.simulator.takes import ACCOUNT, USER, Take, Takes, moods

BASE = "/v1/mureka/jobs"
_ID = re.compile(r"j\d+[mt]-u(\d+)-a\d+-bot:mureka")

_Call = Callable[[Request], dict[str, object]]


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """An answer other than 200, in the flat shape that the provider's page shows."""

    status: int
    error: str
    code: int | str | None = None
    retry_after: int | None = None

    def answer(self) -> Response:
        """Return the response itself."""
        body: dict[str, object] = {"error": self.error}
        if self.code is not None:
            body["code"] = self.code
        later = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return JSONResponse(body, self.status, headers=later)


@dataclass(slots=True)
class Mureka:
    """The API's calls; while `faults` has errors, each request is answered with the next one."""

    token: str
    clock: Clock
    takes: Takes
    signer: Signer
    storage_url: str = ""
    faults: deque[Refusal] = field(default_factory=deque)

    def routes(self) -> list[Route]:
        """Return this API's routes, for the origin that serves both APIs."""
        return [
            Route(BASE, self._answer(self.running), methods=["GET"]),
            Route(f"{BASE}/{{jobid}}", self._answer(self.get_job), methods=["GET"]),
        ]

    def running(self, request: Request) -> dict[str, object]:
        """Answer the jobs that run now; this API lists no others."""
        now = self.clock.now()
        takes = [take for take in self.takes.at(now) if take.status_at(now) == "created"]
        spoken = sum(take.speech for take in takes)
        counts = {"total": len(takes), "music": len(takes) - spoken, "tts": spoken}
        jobs = [
            {"jobid": take.jobid, "verb": take.verb, "elapsed": _elapsed(take, now)}
            for take in takes
        ]
        accounts = {ACCOUNT: {**counts, "jobs": jobs}} if takes else {}
        return {**counts, "accounts": accounts, "availableAccounts": [ACCOUNT]}

    def get_job(self, request: Request) -> dict[str, object]:
        """Answer one job; once it has completed, with its songs and fresh URLs."""
        jobid = request.path_params["jobid"]
        match = _ID.fullmatch(jobid)
        if match is None:
            raise Refusal(400, "Invalid job ID: Missing required component")
        if match[1] != USER:
            raise Refusal(403, "Unauthorized access to job")
        now = self.clock.now()
        take = self.takes.get(jobid, now)
        if take is None:
            raise Refusal(404, "Job not found")
        return self._job(take, now) | dict(take.more)

    def _job(self, take: Take, now: datetime) -> dict[str, object]:
        status = take.status_at(now)
        job: dict[str, object] = {
            "jobid": take.jobid,
            "verb": take.verb,
            "jobType": "tts" if take.speech else "music",
            "status": status,
            "created": iso(take.created_at),
        }
        if status != "created":
            job["updated"] = iso(take.ends_at)
        job["request"] = self._request(take)
        if status == "completed":
            job["response"] = self._speech(take) if take.speech else self._music(take)
        elif status == "failed":
            job |= {"error": take.error, "code": take.code}
            if take.error_details:
                job["errorDetails"] = take.error_details
        return job

    def _request(self, take: Take) -> dict[str, object]:
        if take.speech:
            return {"account": ACCOUNT, "text": take.prompt, "voice_id": 12345, "async": True}
        return {"account": ACCOUNT, "prompt": take.prompt, "model": take.model, "async": True}

    def _speech(self, take: Take) -> dict[str, object]:
        song, _ = take.part(0)
        return {
            "title": take.prompt,
            "mp3_url": self._url(take, 0),
            "duration_milliseconds": round(SONGS[song].duration * 1000),
            "state": 3,
        }

    def _music(self, take: Take) -> dict[str, object]:
        songs = [
            {
                "song_id": f"user:{USER}-mureka:123456789-song:{take.number}{place}",
                "title": take.title,
                "version": str(place + 1),
                "duration_milliseconds": round(SONGS[song].duration * 1000),
                "generate_at": round(take.ends_at.timestamp()),
                "genres": [song],
                "moods": moods(take),
                "mp3_url": self._url(take, place),
                "share_key": f"share{take.number[-6:]}{place}",
                "cover": f"https://images.example/{take.number}{place}.png",
                "share_link": f"https://mureka.example/song/{take.number[-6:]}{place}",
            }
            for place, song in enumerate(take.songs)
        ]
        return {"feed_id": int(take.number) % 10**8, "state": 3, "songs": songs}

    def _url(self, take: Take, place: int) -> str:
        path = f"/music/{take.file(place)}"
        return self.storage_url + self.signer.sign(path, self.clock.now())

    def _answer(self, call: _Call) -> Callable[[Request], object]:
        async def endpoint(request: Request) -> Response:
            try:
                self._admit(request)
                return JSONResponse(call(request))
            except Refusal as refusal:
                return refusal.answer()

        return endpoint

    def _admit(self, request: Request) -> None:
        wanted = f"Bearer {self.token}".encode()
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted):
            raise Refusal(401, "Unauthorized", 401)
        if self.faults:
            raise self.faults.popleft()


def _elapsed(take: Take, now: datetime) -> str:
    seconds = int((now - take.created_at).total_seconds())
    return f"{seconds // 60:02d}:{seconds % 60:02d}"
