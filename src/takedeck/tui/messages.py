"""The messages that the widgets and the session send to the screen."""

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
    """The cursor has moved to another job, or to none."""

    def __init__(self, job_id: str | None) -> None:
        super().__init__()
        self.job_id = job_id


class JobOpened(Message):
    """The job under the cursor is to be opened and played."""

    def __init__(self, job_id: str) -> None:
        super().__init__()
        self.job_id = job_id


class NearEnd(Message):
    """The list is scrolled near its last known rows, so older ones should be loaded."""


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
    """The search text has changed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SearchTyped)


class SearchLeft(Message):
    """The user has left the search line; `keep` says whether the search stays in force."""

    def __init__(self, *, keep: bool) -> None:
        super().__init__()
        self.keep = keep
