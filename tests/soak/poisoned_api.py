"""An API whose every text attacks the terminal that it is shown on."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from tests.providers.server import Request, reply
from tests.soak.poison import Poison

KINDS: Final = ("succeeded", "failed", "refused", "odd")
_ENGINES: Final = dict(
    zip(KINDS, ("engine", "failed_engine", "refused_engine", "odd_engine"), strict=True)
)
_HEADERS: Final = (
    "x-request-id", "x-trace-id", "x-ratelimit-remaining", "x-ratelimit-limit", "date",
    "content-type", "etag", "location", "retry-after",
)  # fmt: skip
_STATUSES: Final = (404, 403)
_NEWEST: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)


class HostileApi:
    """Answers the three calls and the storage. What it says now is in its fields.

    `trouble` is the payload of the error that every call is answered with, None for none;
    `media` is where the storage is; `toasts` are jobs under way, and whether they have ended.
    """

    def __init__(self, poison: Poison) -> None:
        self._poison = poison
        self.media = ""
        self.trouble: int | None = None
        self.flat = False
        self.toasts: dict[int, bool] = {}
        self.listed = [self.job(number, kind) for number in poison for kind in KINDS]
        self.nameless = [{"id": poison.text("job_id", number)} for number in poison]

    def __call__(self, request: Request, _: socket.socket) -> bytes:
        named = request.path.rpartition("/")[2]
        number = int("".join(filter(str.isdigit, named)) or 0)
        if "/v1/music/" not in request.path:
            return reply(
                404,
                self._poison.texts("detail").encode("utf-8", "replace"),
                **self._headers(number),
            )
        if self.trouble is not None:
            return self._error(self.trouble)
        if "/tracks/" in request.path:
            return _json(self.track(number), **self._headers(number))
        jobs = [*self._toasts(), *self.listed]
        if named != "generations":
            found = next((job for job in jobs if job["id"] == named), None)
            if named == "mgen_all":
                found = self.whole()
            return _json(found, **self._headers(number)) if found else self._error(number)
        query = parse_qs(urlsplit(request.target).query)
        if "status" in query:
            jobs = [job for job in jobs if job["status"] == query["status"][0]]
        limit, offset = (int(query[name][0]) for name in ("limit", "offset"))
        page = {"jobs": [*jobs, *self.nameless][offset : offset + limit], "limit": limit}
        return _json(page, **self._headers(offset))

    def job(self, number: int, kind: str) -> dict[str, Any]:
        """The job of that payload and kind; its id is made of both."""
        say, ended = self._poison.text, kind == "succeeded"
        return {
            "id": f"mgen_{number:03}{kind}",
            "status": say("status", number) if kind == "odd" else kind,
            "progress": 100,
            "engine": say(_ENGINES[kind], number),
            "mode": say("mode", number),
            "created_at": self._created(number, kind),
            "result_track_id": f"mtrack_{number:03}" if ended else say("result_track_id", number),
            "error_message": say("error_message", number) if kind == "failed" else None,
            "refusal_reason": say("refusal_reason", number) if kind == "refused" else None,
            "playback_url": say("playback_url", number),
            "track": self.track(number, "") if ended else None,
        }

    def _created(self, number: int, kind: str) -> str:
        place = self._poison.numbers.index(number) * len(KINDS) + KINDS.index(kind)
        return (_NEWEST - timedelta(seconds=place)).isoformat()

    def whole(self) -> dict[str, Any]:
        """One job that holds every payload in each of its long texts."""
        texts = {name: self._poison.texts(name) for name in ("error_message", "refusal_reason")}
        return self.job(self._poison.numbers[0], "failed") | {"id": "mgen_all"} | texts

    def track(self, number: int, lead: str = "track_") -> dict[str, Any]:
        """The track of that payload: by itself, or with no `lead` as it stands in a job."""
        say = self._poison.text
        url = f"{self.media}/{number}.mp3"
        return {
            "id": f"mtrack_{number:03}",
            "title": say(f"{lead}title", number),
            "engine": say(f"{lead}engine", number),
            "mode": say(f"{lead}mode", number),
            "instrumental": True,
            "measured_duration_seconds": 61.0,
            "mime_type": say("mime_type", number),
            "licence_class": say("track_licence" if lead else "licence_class", number),
            "created_at": say("created_at", number),
            "playback_url": url,
            "stem_urls": {
                say("stem", number): url,
                "drums": say("stem_url", number),
                "bass": url + say("playback_url", number),
            },
        }

    def _toasts(self) -> list[dict[str, Any]]:
        """The jobs that have just ended, or are about to."""
        made: list[dict[str, Any]] = []
        for number, ended in self.toasts.items():
            kind = KINDS[number % 2] if ended else "running"
            job = self.job(number, KINDS[number % 2])
            job |= {"id": f"mgen_t{number:03}", "status": kind}
            if ended and kind == "succeeded":
                job["track"]["title"] = self._poison.text("toast", number)
            elif ended:
                job["error_message"] = self._poison.text("toast", number)
            made.append(job)
        return made

    def _error(self, number: int) -> bytes:
        say, headers = self._poison.text, self._headers(number)
        status = _STATUSES[self._poison.numbers.index(number) % 2] if self.trouble else 404
        if self.flat:
            fault = {"loc": ["query", say("detail", number)], "msg": say("detail", number)}
            return _json({"detail": [fault], "type": "x"}, status, **headers)
        names = ("code", "message", "system_message", "type", "trace_id", "timestamp")
        error = {name: say(name, number) for name in names} | {"status": status, "details": {}}
        return _json({"success": False, "error": error}, status, **headers)

    def _headers(self, number: int) -> dict[str, str]:
        """Headers that attack too; bytes that HTTP itself forbids in them are left out."""
        number = number if number in self._poison.numbers else self._poison.numbers[0]
        headers: dict[str, str] = {}
        for name in _HEADERS:
            text = self._poison.text(name, number)
            for forbidden in "\0\r\n\t\v\f\x1c\x1d\x1e\x1f \x85\xa0":
                text = text.replace(forbidden, "")
            headers[name.replace("-", "_")] = text.encode("utf-8", "ignore").decode("latin-1")
        return headers


def _json(value: Any, status: int = 200, **headers: str) -> bytes:
    return reply(status, json.dumps(value).encode(), **headers)
