"""What the widgets tell the screen, and how the session's events reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from takedeck.model import Status

if TYPE_CHECKING:
    from takedeck.session.events import Event


class Happened(Message):
    """Something happened in the session."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class JobHighlighted(Message):
    """The cursor stands on another job, or on none."""

    def __init__(self, job_id: str | None) -> None:
        super().__init__()
        self.job_id = job_id


class JobOpened(Message):
    """The job under the cursor is to be opened and played."""

    def __init__(self, job_id: str) -> None:
        super().__init__()
        self.job_id = job_id


class NearEnd(Message):
    """The list is shown down to its last known rows: older ones are wanted."""


class RowsShown(Message):
    """These jobs are the ones on screen now."""

    def __init__(self, job_ids: list[str]) -> None:
        super().__init__()
        self.job_ids = job_ids

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, RowsShown)


class FilterPicked(Message):
    """A status was chosen in the filter bar; None is all of them."""

    def __init__(self, status: Status | None) -> None:
        super().__init__()
        self.status = status


class SeekAsked(Message):
    """A place in the track was clicked; `share` is 0–1 of its length."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share


class SearchTyped(Message):
    """The text that is looked for has changed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SearchTyped)


class SearchLeft(Message):
    """The search line gives the keys back; `keep` what was looked for, or show everything."""

    def __init__(self, *, keep: bool) -> None:
        super().__init__()
        self.keep = keep
