"""Which page of older jobs to ask for next, while new jobs shift the offsets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from takedeck.model import JobsPage

PAGE: Final = 50
OVERLAP: Final = 5


@dataclass(slots=True)
class Pager:
    """The block of jobs, counted from the newest, that is known without a hole.

    Each page is asked for with a few rows of overlap: a page that shares no job with the block
    shows that offsets have moved, and the next request steps back by what may be missing.
    """

    _block: dict[str, None] = field(default_factory=dict)
    _step_back: int = 0
    finished: bool = False

    def __len__(self) -> int:
        return len(self._block)

    def top(self, page: JobsPage) -> None:
        """Take in a first page. One that shares nothing with the block starts it anew."""
        ids = [job.id for job in page.jobs]
        if not self._block.keys() & set(ids):
            self._block.clear()
            self._step_back = 0
            self.finished = len(ids) + page.broken < page.limit
        self._block.update(dict.fromkeys(ids))

    def offset(self) -> int:
        """The offset to ask for, in jobs from the newest."""
        return max(0, len(self._block) - OVERLAP - self._step_back)

    def older(self, page: JobsPage) -> bool:
        """Take in a page asked for at `offset`; whether it reached past what was known."""
        ids = [job.id for job in page.jobs]
        joined = page.offset == 0 or bool(self._block.keys() & set(ids))
        if not joined and ids:
            self._step_back += PAGE
            return False
        self._step_back = 0
        before = len(self._block)
        self._block.update(dict.fromkeys(ids))
        self.finished = len(ids) + page.broken < page.limit
        return len(self._block) > before
