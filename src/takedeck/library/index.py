"""Caches the search text of all jobs, so that a search responds to each key at once."""

from __future__ import annotations

from collections.abc import Iterable

from takedeck.library.folding import searchable
from takedeck.library.search import Query
from takedeck.model import Job


class Index:
    """Caches a text per job id; it is made when first needed, and again when the job has changed.

    `learn` may run in another thread than the rest.
    """

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Job, str]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def learn(self, jobs: Iterable[Job]) -> None:
        """Make the texts before the first search: making 100,000 at once would delay it."""
        self._entries_of(jobs)

    def matches(self, query: Query, job: Job) -> bool:
        """Like `Query.matches`, with the cached text."""
        if not query.words:
            return query.matches(job, "")
        entry = self._entries.get(job.id)
        if entry is None or entry[0] is not job:
            entry = self._entries_of((job,))[0]
        return query.matches(job, entry[1])

    def _entries_of(self, jobs: Iterable[Job]) -> list[tuple[Job, str]]:
        known = self._entries
        entries: list[tuple[Job, str]] = []
        for job in jobs:
            entry = known.get(job.id)
            if entry is None or entry[0] is not job:
                known[job.id] = entry = (job, searchable(job))
            entries.append(entry)
        return entries
