"""What the session says of a job that cannot be played, to the screen and the command line."""

from __future__ import annotations

from typing import Final

from takedeck.errors import NothingToPlay, NothingYet
from takedeck.model import Job

_ENDED: Final = {
    "failed": "failed",
    "refused": "was refused",
    "cancelled": "was cancelled",
    "expired": "has expired",
}


def no_audio(job: Job, *, wait: str | None = None) -> NothingToPlay:
    """Why the job has nothing to hear; `wait` is what to do about one that is not finished."""
    if not job.status.settled:
        return NothingYet(
            f"This job is {job.status}: there is no audio yet.",
            next_step=wait or "You can play it when it finishes.",
        )
    ended = _ENDED.get(job.status.word, "has no track")
    return NothingToPlay(f"This job {ended}, so there is no audio.", next_step=job.reason)
