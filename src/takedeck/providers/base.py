"""What a provider can do, and which parts of it each supports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from takedeck.model import STATUSES, Job, JobsPage, Status, Track
from takedeck.providers.exchange import Record


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the provider's API offers; the screen leaves out what is not there.

    `statuses` are those that its jobs come to stand in; `several` says that a job may have several
    tracks, `forgets` that a job that is not found has ended its days there; `fastest` is the pace
    in seconds at which it is polled at most, `min_interval` the least time
    between two polls, whoever asks.
    """

    lists_jobs: bool = True
    filters_by_status: bool = True
    stems: bool = True
    several: bool = False
    statuses: tuple[Status, ...] = STATUSES
    forgets: bool = False
    fastest: float = 2.0
    min_interval: float = 0.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many requests the server says are left of its limit."""

    limit: int | None = None
    remaining: int | None = None


class Provider(Protocol):
    """A typed client of one API. Every method raises the errors of `takedeck.errors`."""

    name: str
    account: str
    abilities: Abilities

    @property
    def allowance(self) -> Allowance: ...

    @property
    def record(self) -> Record:
        """Every request that went out, the repeated ones too."""

    def names_track(self, wanted: str) -> bool:
        """Whether the id is a track's for sure; any other may be a job's."""

    def server_now(self) -> datetime:
        """The server's time (UTC), from its latest `Date` header; the local clock before one."""

    async def list_jobs(
        self, *, status: Status | None = None, limit: int = 50, offset: int = 0
    ) -> JobsPage: ...

    async def get_job(self, job_id: str) -> Job: ...

    async def get_track(self, track_id: str, job_id: str | None = None) -> Track:
        """The track with fresh URLs: each call mints them anew.

        `job_id` is the job that made it: some APIs give a track with its job only.
        """

    async def renew(self) -> None:
        """Drop every connection, as after a sleep; what is under way is asked again."""

    async def close(self) -> None: ...
