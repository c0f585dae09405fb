"""Mureka through useapi.net: its two calls, and how their responses are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from takedeck.errors import (
    ApiError,
    BadAnswer,
    BadRequest,
    NotFound,
    NothingToPlay,
    PermissionDenied,
    Rejected,
    ServerFault,
)
from takedeck.freshness import expires_at
from takedeck.model import EXPIRED, FAILED, RUNNING, SUCCEEDED, Facts, Job, JobsPage, Status, Track
from takedeck.providers.api_client import DEADLINE, ApiClient
from takedeck.providers.base import Abilities, Allowance
from takedeck.providers.clock import Clock
from takedeck.providers.exchange import Record
from takedeck.providers.mureka_wire import (
    REQUEST_FIELDS,
    JobShape,
    RunningShape,
    SongShape,
    SpeechShape,
)
from takedeck.providers.origin import Credential, refused_media_url
from takedeck.providers.wire import read
from takedeck.text import Secret, SignedUrl, Wire, is_safe_id, redact, safe_line

MOST_SONGS: Final = 64
"""Songs of one job at most; the rest is ignored."""

_ROOT: Final = "/v1/mureka/jobs"
_MOST_RUNNING: Final = 200
_MOST_NEW: Final = 8
"""New running jobs that one `list_jobs` fetches by their id."""
_STATUSES: Final = {"created": RUNNING, "completed": SUCCEEDED, "failed": FAILED}
_ADVICE: Final = {
    400: "Copy the whole job id; it ends in -bot:mureka.",
    401: "Check the API token of useapi.net (USEAPI_TOKEN).",
    402: "Check the subscription of useapi.net.",
    403: "The job belongs to another user of useapi.net; use that user's token.",
    404: "useapi.net keeps a job for 7 days after its creation; check the id.",
    412: "Check the state of the Mureka account at useapi.net.",
    596: "Check the Mureka account's connection at useapi.net, then try again.",
}


class Mureka:
    """The typed client; see `takedeck.providers.base.Provider`. `account` is a name for the user.

    The API has no list of finished jobs: `list_jobs` returns the running ones.
    """

    name = "mureka"
    abilities = Abilities(
        lists_jobs=False,
        filters_by_status=False,
        stems=False,
        several=True,
        statuses=(RUNNING, SUCCEEDED, FAILED, EXPIRED),
        forgets=True,
        fastest=5.0,
        min_interval=5.0,
    )

    def __init__(self, client: ApiClient, account: str) -> None:
        self.account = account
        self._client = client
        self._known: dict[str, Job] = {}

    @property
    def allowance(self) -> Allowance:
        """The rate limit by the latest response that stated one."""
        return self._client.allowance

    @property
    def record(self) -> Record:
        """The latest requests, retries included."""
        return self._client.record

    def names_track(self, wanted: str) -> bool:
        """Always False: the API cannot fetch a song by its id, so every id is taken for a job's."""
        return False

    def server_now(self) -> datetime:
        """The server's time (UTC), see `ApiClient.server_now`."""
        return self._client.server_now()

    async def list_jobs(
        self, *, status: Status | None = None, limit: int = 50, offset: int = 0
    ) -> JobsPage:
        """The running jobs, newest first; `status`, `limit` and `offset` are applied here.

        The summary has no times, so each job that is new in it is fetched by its id: up to eight
        in one call, the others in the next. Raises `BadRequest` unless `limit` is 1..200 and
        `offset` is not negative, `BadAnswer` if the response is no summary, and what
        `ApiClient.get` raises.
        """
        if not 1 <= limit <= _MOST_RUNNING or offset < 0:
            raise BadRequest(
                f"A page has 1 to {_MOST_RUNNING} jobs and begins at 0.", status=400,
                next_step="Correct the limit or the offset.",
            )  # fmt: skip
        body = await self._get(_ROOT)
        if not isinstance(body, Mapping) or not isinstance(body.get("accounts"), Mapping):
            raise BadAnswer("The summary of running jobs is not in the answer.")
        jobs, broken = await self._running(body["accounts"])
        wanted = [job for job in jobs if status is None or job.status == status]
        wanted.sort(key=lambda job: job.order, reverse=True)
        page = tuple(wanted[offset : offset + limit])
        return JobsPage(page, limit, offset, broken=broken, wire=Wire(body))

    async def _running(self, accounts: Mapping[str, Any]) -> tuple[list[Job], int]:
        items = list(_items(accounts))
        shapes = [read(RunningShape, item)[0] for item in items]
        known = [shape for shape in shapes if shape is not None and is_safe_id(shape.jobid)]
        running = {shape.jobid for shape in known}
        self._known = {job_id: job for job_id, job in self._known.items() if job_id in running}
        unseen = [shape.jobid for shape in known if shape.jobid not in self._known]
        bad = 0
        for job_id in unseen[:_MOST_NEW]:
            try:
                self._known[job_id] = await self.get_job(job_id)
            except NotFound:
                continue
            except (BadAnswer, BadRequest, PermissionDenied, Rejected, ServerFault):
                # One broken job must not hide the others; it is fetched again next time.
                bad += 1
        jobs = [
            _with_fact(self._known[shape.jobid], "elapsed", shape.elapsed)
            for shape in known
            if shape.jobid in self._known
        ]
        return jobs, len(items) - len(known) + bad

    async def get_job(self, job_id: str) -> Job:
        """One job; once completed, with its tracks and their URLs.

        Raises `BadRequest` for an invalid id, `BadAnswer` for an unreadable or another job, and
        what `ApiClient.get` raises, such as `NotFound`.
        """
        if (job := self._job(await self._get(f"{_ROOT}/{_checked(job_id)}"))) is None:
            raise BadAnswer("The answer holds no readable job.")
        if job.id != job_id:
            raise BadAnswer("The answer is about another job.")
        return job

    async def get_track(self, track_id: str, job_id: str | None = None) -> Track:
        """The track `track_id` of the job `job_id`, which is fetched for it.

        Without `job_id`, `track_id` must be a job's id: then it is that job's first track. Raises
        `NothingToPlay` if the job has no such track, and what `get_job` raises.
        """
        job = await self.get_job(job_id or track_id)
        for track in job.tracks:
            if job_id is None or track.id == track_id:
                return track
        raise NothingToPlay(
            "The job has no such track." if job.tracks else f"The job is {job.status}.",
            next_step=job.reason or "Look at the job: takedeck job ID.",
        )

    async def renew(self) -> None:
        """Drop all connections, as after the machine has slept."""
        await self._client.renew()

    async def close(self) -> None:
        """Cancel requests under way and close all connections."""
        await self._client.close()

    async def _get(self, path: str) -> Any:
        try:
            return (await self._client.get(path)).body
        except ApiError as error:
            error.next_step = _ADVICE.get(error.status, error.next_step)
            raise

    def _job(self, value: Any) -> Job | None:
        shape, trouble = read(JobShape, value)
        if shape is None or not is_safe_id(shape.jobid):
            return None
        left_out = [trouble] if trouble else []
        tracks = tuple(self._tracks(shape, left_out))
        request = shape.request or {}
        return Job(
            shape.jobid,
            _STATUSES.get(shape.status) or Status(shape.status),
            engine=_plain(request.get("model")) or _plain(request.get("instrumental_model")),
            mode=shape.verb or "",
            created_at=shape.created,
            result_track_id=tracks[0].id if tracks else None,
            error_message=_why(shape),
            tracks=tracks,
            trouble=" ".join(left_out[:8]) or None,
            facts=tuple(_request_facts(request)),
            wire=Wire(value),
        )

    def _tracks(self, job: JobShape, left_out: list[str]) -> Iterator[Track]:
        if job.response is None:
            return
        if job.jobType == "tts":
            if speech := _read(SpeechShape, job.response, left_out):
                yield self._track(job, job.jobid, speech, left_out)
            return
        songs = job.response.get("songs")
        taken: set[str] = set()
        for value in songs[:MOST_SONGS] if isinstance(songs, list) else ():
            song = _read(SongShape, value, left_out)
            if song is None or not is_safe_id(song.song_id) or song.song_id in taken:
                left_out.append("One song cannot be read.")
                continue
            taken.add(song.song_id)
            yield self._track(job, song.song_id, song, left_out)

    def _track(
        self, job: JobShape, track_id: str, made: SongShape | SpeechShape, left_out: list[str]
    ) -> Track:
        lost: list[str] = []
        url = self._media_url(made.mp3_url, lost)
        milliseconds = made.duration_milliseconds
        left_out += lost
        return Track(
            track_id,
            title=made.title,
            engine=_plain((job.request or {}).get("model")),
            mode=job.verb or "",
            duration=milliseconds / 1000 if milliseconds is not None and milliseconds > 0 else None,
            mime_type="audio/mpeg",
            created_at=job.updated or job.created,
            master=url,
            trouble=" ".join(lost) or None,
            facts=_result_facts(made),
            wire=Wire(job.response or {}),
        )

    def _media_url(self, value: str | None, lost: list[str]) -> SignedUrl | None:
        if value is None:
            return None
        if why := refused_media_url(value, self._client.reach):
            lost.append(f"The audio was left out: {why}.")
            return None
        return SignedUrl(value, self.server_now(), expires_at(value))


def connect(
    base_url: str,
    token: Secret,
    account: str,
    *,
    storage_hosts: tuple[str, ...] = (),
    deadline: float = DEADLINE,
    clock: Clock | None = None,
    backend: httpx.AsyncBaseTransport | None = None,
) -> Mureka:
    """Make a client that sends the token as bearer; see `ApiClient` for the other arguments.

    Raises `ConfigError` for an unusable base URL, token, proxy or certificate file.
    """
    credential = Credential("Authorization", token, "Bearer")
    client = ApiClient(
        base_url,
        credential,
        storage_hosts=storage_hosts,
        deadline=deadline,
        clock=clock,
        backend=backend,
    )
    return Mureka(client, account)


def _items(accounts: Mapping[str, Any]) -> Iterator[Any]:
    count = 0
    for account in accounts.values():
        jobs = account.get("jobs") if isinstance(account, Mapping) else None
        for item in jobs if isinstance(jobs, list) else ():
            if (count := count + 1) > _MOST_RUNNING:
                return
            yield item


def _read(shape: type[Any], value: Any, left_out: list[str]) -> Any:
    found, trouble = read(shape, value)
    if trouble:
        left_out.append(trouble)
    return found


def _request_facts(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, label in REQUEST_FIELDS:
        if text := _plain(request.get(name)):
            yield label, text
    conversation = request.get("conversation")
    for line in conversation[:20] if isinstance(conversation, list) else ():
        if isinstance(line, Mapping) and (text := _plain(line.get("text"))):
            yield f"voice {_plain(line.get('voice_id')) or '?'}", text


def _result_facts(made: SongShape | SpeechShape) -> Facts:
    said: list[tuple[str, str | None]] = [("cover", made.cover)]
    if isinstance(made, SongShape):
        said = [
            ("version", made.version),
            ("genres", _words(made.genres)),
            ("moods", _words(made.moods)),
            *said,
            ("share link", made.share_link),
        ]
    return tuple((label, str(redact(text))) for label, text in said if text)


def _why(job: JobShape) -> str | None:
    """The failed job's error, details and code, as far as given; None if it has none of them."""
    said = [text for text in (job.error, job.errorDetails) if text]
    if not said and job.code is None:
        return None
    code = "" if job.code is None else f" (code {safe_line(str(job.code), 20)})"
    return f"{redact(chr(10).join(said) or 'It failed.')}{code}"


def _words(value: list[Any] | None) -> str:
    return ", ".join(text for item in (value or [])[:20] if (text := _plain(item)))


def _plain(value: Any) -> str:
    """Text, or a number as text; empty for anything else."""
    if isinstance(value, str):
        return str(redact(value[:10_000].encode("utf-8", "replace").decode("utf-8")))
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def _with_fact(job: Job, label: str, text: str | None) -> Job:
    rest = tuple(fact for fact in job.facts if fact[0] != label)
    return replace(job, facts=((label, text), *rest)) if text else job


def _checked(text: str) -> str:
    if not is_safe_id(text):
        raise BadRequest("That is not an id.", status=400, next_step=_ADVICE[400])
    return quote(text, safe="")
