"""The searchable text of very many jobs, made once, so that each key typed is answered at once."""

from __future__ import annotations

from collections.abc import Iterable

from takedeck.library.folding import searchable
from takedeck.library.search import Query, one_in
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

    def select(self, query: Query, jobs: Iterable[Job]) -> list[Job]:
        """The jobs that match, in their order; made for very many."""
        found = list(jobs)
        if statuses := query.statuses:
            found = [job for job in found if job.status.word in statuses]
        if query.engines:
            engines = {
                name for name in {job.engine for job in found} if one_in(query.engines, name)
            }
            found = [job for job in found if job.engine in engines]
        if query.modes:
            modes = {name for name in {job.mode for job in found} if one_in(query.modes, name)}
            found = [job for job in found if job.mode in modes]
        if not query.words:
            return found
        entries = self._known(found)
        for word in query.words:
            entries = [entry for entry in entries if word in entry[1]]
        return [entry[0] for entry in entries]

    def _known(self, jobs: Iterable[Job]) -> list[tuple[Job, str]]:
        known = self._entries
        entries: list[tuple[Job, str]] = []
        for job in jobs:
            entry = known.get(job.id)
            if entry is None or entry[0] is not job:
                known[job.id] = entry = (job, searchable(job))
            entries.append(entry)
        return entries
