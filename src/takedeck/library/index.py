"""The searchable text of very many jobs, made once, so that each key typed is answered at once."""

from __future__ import annotations

from collections.abc import Iterable

from takedeck.library.folding import searchable
from takedeck.library.search import Query
from takedeck.model import Job


class Index:
    """Holds one text for each job id, made when first needed and anew once the job reads otherwise.

    `learn` may run in another thread than the rest.
    """

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Job, str]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def learn(self, jobs: Iterable[Job]) -> None:
        """Make the texts ahead of the first search: 100,000 at once would be felt."""
        self._known(jobs)

    def matches(self, query: Query, job: Job) -> bool:
        """Like `Query.matches`."""
        if not query.words:
            return query.matches(job, "")
        entry = self._entries.get(job.id)
        if entry is None or entry[0] is not job:
            entry = self._known((job,))[0]
        return query.matches(job, entry[1])

    def _known(self, jobs: Iterable[Job]) -> list[tuple[Job, str]]:
        known = self._entries
        entries: list[tuple[Job, str]] = []
        for job in jobs:
            entry = known.get(job.id)
            if entry is None or entry[0] is not job:
                known[job.id] = entry = (job, searchable(job))
            entries.append(entry)
        return entries
