"""The protocol of all providers, and what each of their APIs offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from takedeck.model import STATUSES, Job, JobsPage, Status, Track
from takedeck.providers.exchange import Record


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the provider's API offers; the screen leaves out the rest.

    `statuses` are the statuses its jobs can have. `several` means that a job may have several
    tracks, `forgets` that the API deletes old jobs, so that "not found" means expired. `fastest` is
    the shortest polling interval in seconds, `min_interval` the shortest time between any two
    polls, also those the user asks for.
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
    """The rate limit by the response headers: requests per window, and how many are left."""

    limit: int | None = None
    remaining: int | None = None


class Provider(Protocol):
    """A typed client of one API, used from one event loop.

    The methods that make requests raise `NetworkError`, `BadAnswer` or a subclass of `ApiError`.
    `name` is the provider's, `account` the account's name for the user.
    """

    name: str
    account: str
    abilities: Abilities

    @property
    def allowance(self) -> Allowance:
        """The rate limit by the latest response that stated one."""

    @property
    def record(self) -> Record:
        """The latest requests, retries included."""

    def names_track(self, wanted: str) -> bool:
        """Whether the id certainly belongs to a track; any other may belong to a job."""

    def server_now(self) -> datetime:
        """The server's time (UTC) by its latest `Date` header; the local clock before the first."""

    async def list_jobs(
        self, *, status: Status | None = None, limit: int = 50, offset: int = 0
    ) -> JobsPage:
        """One page of jobs, newest first; `offset` counts jobs from the newest."""

    async def get_job(self, job_id: str) -> Job:
        """One job, with its tracks once it has succeeded. Raises `NotFound` for an unknown id."""

    async def get_track(self, track_id: str, job_id: str | None = None) -> Track:
        """The track with fresh signed URLs: the server signs new ones for each call.

        `job_id` is the job that made it: some APIs give a track only as part of its job.
        """

    async def renew(self) -> None:
        """Drop all connections, as after a sleep; requests under way are retried."""

    async def close(self) -> None:
        """Cancel requests under way and close all connections."""
