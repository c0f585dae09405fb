"""All known jobs by id, and filtered views of them; jobs missing from a page stay."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from takedeck.library.merge import merged
from takedeck.model import Job, Status

Key = tuple[float, int]
Matches = Callable[[Job], bool]

_FEW: Final = 32
"""Up to so many new rows are inserted one by one; more are sorted in."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one answer changed: ids of new jobs, and of jobs that differ from before."""

    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    settled: tuple[str, ...] = field(default=())
    """Those of the updated that were active before and have now ended."""

    def __bool__(self) -> bool:
        return bool(self.added or self.updated)


class Store:
    """All known jobs, in the order of the list: newest first, ties in order of arrival."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._keys: dict[str, Key] = {}
        self._arrivals = 0
        self._counts: Counter[str] = Counter()
        self._active: dict[str, None] = {}
        self._order: list[tuple[Key, str]] = []

    def __len__(self) -> int:
        return len(self._jobs)

    def __contains__(self, job_id: object) -> bool:
        return job_id in self._jobs

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def get(self, job_id: str) -> Job | None:
        """The job as last seen, or None."""
        return self._jobs.get(job_id)

    def key(self, job_id: str) -> Key:
        """The job's sort key: smaller is nearer the top. It never changes. Raises `KeyError`."""
        return self._keys[job_id]

    @property
    def counts(self) -> Counter[str]:
        """The number of known jobs in each status, by its word."""
        return self._counts

    def active(self) -> list[Job]:
        """The jobs that are queued or running, in the order they were first seen."""
        by_arrival = sorted(self._active, key=lambda job_id: self._keys[job_id][1])
        return [self._jobs[job_id] for job_id in by_arrival]

    def in_order(self) -> list[tuple[Key, str]]:
        """All jobs' keys and ids, newest first; the caller must not change the list."""
        return self._order

    def apply(self, jobs: Iterable[Job]) -> Change:
        """Merge the jobs of an answer into the store; returns what changed. See `merge.merged`."""
        added: list[str] = []
        places: list[tuple[Key, str]] = []
        updated: list[str] = []
        settled: list[str] = []
        for job in jobs:
            known = self._jobs.get(job.id)
            if known is None:
                self._arrivals += 1
                self._keys[job.id] = key = (-job.order.timestamp(), self._arrivals)
                places.append((key, job.id))
                self._put(job)
                added.append(job.id)
                continue
            now = merged(known, job)
            if now == known:
                continue
            self._counts[known.status.word] -= 1
            self._put(now)
            updated.append(job.id)
            if known.status.active and now.status.settled:
                settled.append(job.id)
        insert_all(self._order, places)
        return Change(tuple(added), tuple(updated), tuple(settled))

    def _put(self, job: Job) -> None:
        job = _without_wire(job)
        self._jobs[job.id] = job
        self._counts[job.status.word] += 1
        if job.status.active:
            self._active[job.id] = None
        else:
            self._active.pop(job.id, None)


def insert_all(rows: list[tuple[Key, str]], places: list[tuple[Key, str]]) -> None:
    """Insert the places into the sorted rows."""
    if len(places) <= _FEW:
        for place in places:
            insort(rows, place)
    elif places:
        rows.extend(places)
        rows.sort()


def _without_wire(job: Job) -> Job:
    """The job without the server's JSON, which would take much memory for very many jobs."""
    tracks = job.tracks
    if any(track.wire is not None for track in tracks):
        tracks = tuple(replace(track, wire=None) for track in tracks)
    return (
        job if job.wire is None and tracks is job.tracks else replace(job, wire=None, tracks=tracks)
    )


class View:
    """The rows of the list under one filter, kept sorted while jobs arrive and change.

    A job is shown if it has that `status` (any if None) and `matches` returns true (if given).
    """

    def __init__(
        self, store: Store, status: Status | None = None, matches: Matches | None = None
    ) -> None:
        self._store = store
        self.status = status
        self._matches = matches
        everything = store.in_order()
        if status is None and matches is None:
            self._rows = list(everything)
        else:
            shows, get = self._shows, store.get
            self._rows = [row for row in everything if (job := get(row[1])) and shows(job)]

    def __len__(self) -> int:
        return len(self._rows)

    def id_at(self, row: int) -> str:
        """The id of the job in that row. Raises `IndexError` past the end."""
        return self._rows[row][1]

    def job_at(self, row: int) -> Job:
        """The job in that row. Raises `IndexError` past the end."""
        job = self._store.get(self._rows[row][1])
        if job is None:
            raise IndexError(row)
        return job

    def row_of(self, job_id: str) -> int | None:
        """The row of that job; None if it is unknown or hidden by the filter."""
        if job_id not in self._store:
            return None
        row = bisect_left(self._rows, (self._store.key(job_id), job_id))
        if row < len(self._rows) and self._rows[row][1] == job_id:
            return row
        return None

    def nearest(self, job_id: str) -> int:
        """The row of that job, or the one it would have; at most the last row.

        0 for an unknown job.
        """
        if job_id not in self._store:
            return 0
        row = bisect_left(self._rows, (self._store.key(job_id), job_id))
        return max(0, min(row, len(self._rows) - 1))

    def beside(self, job_id: str | None, step: int, cursor: str | None = None) -> str | None:
        """The id of the next job below (`step` 1) or above (-1) that has a track, or None.

        If `job_id` is not in the view, the search starts at the `cursor`'s row, including it.
        """
        at = self.row_of(job_id) if job_id else None
        if at is None:
            at = (self.row_of(cursor) if cursor else None) or 0
            at -= step
        while 0 <= (at := at + step) < len(self):
            if (job := self.job_at(at)).track_id:
                return job.id
        return None

    def apply(self, change: Change) -> tuple[bool, tuple[str, ...]]:
        """Update the rows; returns whether rows were added or removed, and the ids to repaint."""
        moved = False
        repaint: list[str] = []
        places: list[tuple[Key, str]] = []
        for job_id in dict.fromkeys(change.added + change.updated):
            job, row = self._store.get(job_id), self.row_of(job_id)
            if job is None:
                continue
            if self._shows(job) and row is None:
                places.append((self._store.key(job_id), job_id))
            elif not self._shows(job) and row is not None:
                del self._rows[row]
                moved = True
            elif row is not None:
                repaint.append(job_id)
        insert_all(self._rows, places)
        return moved or bool(places), tuple(repaint)

    def _shows(self, job: Job) -> bool:
        if self.status is not None and job.status.word != self.status.word:
            return False
        return self._matches is None or self._matches(job)
