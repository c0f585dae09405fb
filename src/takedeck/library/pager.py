"""Computes which page of older jobs to request next, while new jobs shift the offsets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from takedeck.model import JobsPage

PAGE: Final = 50
"""Jobs per page."""

OVERLAP: Final = 5
"""Jobs of the known block that each request includes again."""


@dataclass(slots=True)
class Pager:
    """The block of jobs, counted from the newest, that is known without a gap.

    Each request overlaps the block by a few jobs. A page that shares no job with the block shows
    that jobs were deleted and offsets have moved: then the next request steps back.
    """

    _block: set[str] = field(default_factory=set)
    _shift: int = 0
    finished: bool = False

    def __len__(self) -> int:
        return len(self._block)

    def top(self, page: JobsPage) -> None:
        """Add the first page; if it shares no job with the block, the block starts over."""
        ids = {job.id for job in page.jobs}
        if self._block & ids:
            self._block |= ids
            return
        self._block = ids
        self._shift = 0
        self.finished = _is_last(page)

    def __contains__(self, job_id: object) -> bool:
        return job_id in self._block

    def offset(self) -> int:
        """The offset of the next page, in jobs from the newest."""
        return max(0, len(self._block) - OVERLAP + self._shift)

    def older(self, page: JobsPage) -> bool:
        """Add a page requested at `offset`; returns whether it held jobs beyond the block."""
        known = len(self._block)
        ids = {job.id for job in page.jobs}
        if page.offset == 0:
            self.top(page)
        elif not self._block & ids:
            self._shift -= PAGE - OVERLAP
            return False
        self._block |= ids
        self.finished = _is_last(page)
        reached = len(self._block) > known
        # Only deleted jobs move the end of the block nearer; new jobs that are not known yet count
        # once a first page brings them.
        ahead = page.offset + len(page.jobs) + page.broken - len(self._block)
        self._shift = min(0, ahead) if reached else ahead
        return reached


def _is_last(page: JobsPage) -> bool:
    return len(page.jobs) + page.broken < page.limit
