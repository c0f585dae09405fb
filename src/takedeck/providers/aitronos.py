"""The Aitronos ("Freddy") music API: its JSON shapes and its three calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from takedeck.errors import BadAnswer, BadRequest, ConfigError
from takedeck.freshness import expires_at
from takedeck.model import MASTER, MOST_STEMS, Job, JobsPage, Status, Stem, Track
from takedeck.providers.api_client import DEADLINE, ApiClient
from takedeck.providers.base import Abilities, Allowance
from takedeck.providers.clock import Clock
from takedeck.providers.exchange import Record
from takedeck.providers.origin import Credential, refused_media_url
from takedeck.providers.wire import Number, Shape, Text, When, Whole, read
from takedeck.text import Secret, SignedUrl, Wire, is_safe_id, safe_line

MOST_JOBS: Final = 100
"""Jobs on one page at most; the rest is ignored."""


class TrackShape(Shape):
    """A track, fetched alone or embedded in a job."""

    id: Text
    title: Text | None = None
    engine: Text | None = None
    mode: Text | None = None
    instrumental: bool | None = None
    measured_duration_seconds: Number | None = None
    mime_type: Text | None = None
    licence_class: Text | None = None
    created_at: When = None
    playback_url: Text | None = None
    stem_urls: dict[str, Any] | None = None


class JobShape(Shape):
    """A generation job, from the list or fetched alone."""

    id: Text
    status: Text = "unknown"
    progress: Whole | None = None
    engine: Text | None = None
    mode: Text | None = None
    created_at: When = None
    result_track_id: Text | None = None
    error_message: Text | None = None
    refusal_reason: Text | None = None
    playback_url: Text | None = None
    track: dict[str, Any] | None = None


class Aitronos:
    """The typed client; see `takedeck.providers.base.Provider`.

    `organization` is an id of letters, digits and `_ . : @ + = -`. Raises `ConfigError` otherwise.
    """

    name = "aitronos"
    abilities = Abilities()

    def __init__(self, client: ApiClient, organization: str) -> None:
        self.account = organization.strip()
        if not is_safe_id(self.account):
            raise ConfigError(
                "The organisation's id is missing or not an id.",
                next_step="Set TAKEDECK_ORGANIZATION to the id in the API's console.",
            )
        self._client = client
        self._root = f"/v1/music/{_quoted(self.account)}"

    @property
    def allowance(self) -> Allowance:
        """The rate limit by the latest response that stated one."""
        return self._client.allowance

    @property
    def record(self) -> Record:
        """The latest requests, retries included."""
        return self._client.record

    def names_track(self, wanted: str) -> bool:
        """Whether the id begins with `mtrack_`, as track ids in the API's documentation do."""
        return wanted.startswith("mtrack_")

    def server_now(self) -> datetime:
        """The server's time (UTC), see `ApiClient.server_now`."""
        return self._client.server_now()

    async def list_jobs(
        self, *, status: Status | None = None, limit: int = 50, offset: int = 0
    ) -> JobsPage:
        """One page of the caller's jobs, newest first; the API takes a `limit` of 1..100.

        Raises `BadAnswer` if the response holds no list, and what `ApiClient.get` raises.
        """
        params: dict[str, str | int] = {"limit": limit, "offset": offset}
        if status is not None:
            params["status"] = status.word
        reply = await self._client.get(f"{self._root}/generations", params)
        body = reply.body
        if not isinstance(body, Mapping) or not isinstance(body.get("jobs"), list):
            raise BadAnswer("The list of jobs is not in the answer.")
        read_jobs = [self._job(item) for item in body["jobs"][:MOST_JOBS]]
        jobs = tuple(job for job in read_jobs if job is not None)
        return JobsPage(
            jobs,
            limit=_count(body.get("limit"), limit),
            offset=_count(body.get("offset"), offset),
            broken=len(read_jobs) - len(jobs),
            wire=Wire(body),
        )

    async def get_job(self, job_id: str) -> Job:
        """One job; once succeeded, with its track and a fresh master URL.

        Raises `BadRequest` for an invalid id, `BadAnswer` for an unreadable or another job, and
        what `ApiClient.get` raises, such as `NotFound`.
        """
        reply = await self._client.get(f"{self._root}/generations/{_checked(job_id)}")
        if (job := self._job(reply.body)) is None:
            raise BadAnswer("The answer holds no readable job.")
        if job.id != job_id:
            raise BadAnswer("The answer is about another job.")
        return job

    async def get_track(self, track_id: str, job_id: str | None = None) -> Track:
        """The track with fresh signed URLs of its master and stems; `job_id` is not needed.

        Raises as `get_job` does.
        """
        reply = await self._client.get(f"{self._root}/tracks/{_checked(track_id)}")
        track, trouble = self._track(reply.body)
        if track is None:
            raise BadAnswer(f"The answer holds no readable track. {trouble or ''}")
        return track

    async def renew(self) -> None:
        """Drop all connections, as after the machine has slept."""
        await self._client.renew()

    async def close(self) -> None:
        """Cancel requests under way and close all connections."""
        await self._client.close()

    def _job(self, value: Any) -> Job | None:
        shape, trouble = read(JobShape, value)
        if shape is None or not is_safe_id(shape.id):
            return None
        track, lost = self._track_of(shape)
        return Job(
            shape.id,
            Status(shape.status),
            progress=shape.progress,
            engine=shape.engine or "",
            mode=shape.mode or "",
            created_at=shape.created_at,
            result_track_id=shape.result_track_id if is_safe_id(shape.result_track_id) else None,
            error_message=shape.error_message,
            refusal_reason=shape.refusal_reason,
            tracks=() if track is None else (track,),
            trouble=" ".join(part for part in (trouble, lost) if part) or None,
            wire=Wire(value),
        )

    def _track_of(self, job: JobShape) -> tuple[Track | None, str | None]:
        """The job's embedded track; its master URL may be in the job instead of in the track."""
        if job.track is None:
            return None, None
        beside = {} if job.track.get("playback_url") else {"playback_url": job.playback_url}
        track, trouble = self._track({**job.track, **beside})
        return track, None if track else f"Its track cannot be read. {trouble or ''}"

    def _track(self, value: Any) -> tuple[Track | None, str | None]:
        shape, trouble = read(TrackShape, value)
        if shape is None or not is_safe_id(shape.id):
            return None, trouble
        left_out: list[str] = [trouble] if trouble else []
        stems = tuple(
            Stem(name, url)
            for name, raw in _unique_names(shape.stem_urls or {}, left_out)
            if (url := self._signed(name, raw, left_out))
        )
        master = self._signed("master", shape.playback_url, left_out)
        return _make_track(shape, master, stems, left_out, Wire(value)), None

    def _signed(self, part: str, value: object, left_out: list[str]) -> SignedUrl | None:
        if value is None:
            return None
        if why := refused_media_url(value, self._client.reach):
            left_out.append(f"{safe_line(part, 40)} left out: {why}.")
            return None
        url, now = str(value), self.server_now()
        return SignedUrl(url, now, expires_at(url))


def connect(
    base_url: str,
    key: Secret,
    organization: str,
    *,
    storage_hosts: tuple[str, ...] = (),
    deadline: float = DEADLINE,
    clock: Clock | None = None,
    backend: httpx.AsyncBaseTransport | None = None,
) -> Aitronos:
    """Make a client that sends the key as `X-API-Key`; see `ApiClient` for the other arguments.

    Raises `ConfigError` for an unusable base URL, key, organisation, proxy or certificate file.
    """
    client = ApiClient(
        base_url,
        Credential("X-API-Key", key),
        storage_hosts=storage_hosts,
        deadline=deadline,
        clock=clock,
        backend=backend,
    )
    return Aitronos(client, organization)


def _make_track(
    shape: TrackShape,
    master: SignedUrl | None,
    stems: tuple[Stem, ...],
    left_out: list[str],
    wire: Wire,
) -> Track:
    duration = shape.measured_duration_seconds
    return Track(
        shape.id,
        title=shape.title,
        engine=shape.engine or "",
        mode=shape.mode or "",
        instrumental=shape.instrumental,
        duration=duration if duration is not None and duration >= 0 else None,
        mime_type=shape.mime_type,
        licence=shape.licence_class,
        created_at=shape.created_at,
        master=master,
        stems=stems,
        trouble=" ".join(left_out[:8]) or None,
        wire=wire,
    )


def _unique_names(stems: Mapping[str, Any], left_out: list[str]) -> Iterator[tuple[str, Any]]:
    """The first 64 stems in the server's order, renamed so that no two names look the same."""
    if len(stems) > MOST_STEMS:
        left_out.append(f"{len(stems) - MOST_STEMS} stems past the first {MOST_STEMS} left out.")
    taken = {MASTER}
    for name, url in list(stems.items())[:MOST_STEMS]:
        shown = bare = safe_line(name, 40) or "unnamed"
        number = 2
        while shown in taken:
            shown, number = f"{bare[:34]} {number}", number + 1
        taken.add(shown)
        yield shown, url


def _count(value: Any, asked: int) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return int(value) if whole and 0 <= value <= 10**9 else asked


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _checked(text: str) -> str:
    if not is_safe_id(text):
        raise BadRequest(
            "That is not an id.", status=400, next_step="Copy the id as the list shows it."
        )
    return _quoted(text)
