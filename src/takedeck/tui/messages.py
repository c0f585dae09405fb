"""The messages that the widgets and the session send to the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from takedeck.model import Status
from takedeck.tui.preferences import Preferences

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
    """Open and play the job under the cursor."""

    def __init__(self, job_id: str) -> None:
        super().__init__()
        self.job_id = job_id


class Divided(Message):
    """The mouse has moved a border: this is how the panes share the screen now."""

    def __init__(self, shares: Preferences) -> None:
        super().__init__()
        self.shares = shares


class OwnKeyAsked(Message):
    """Show how to use one's own key."""


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


class MuteAsked(Message):
    """Mute or unmute this stem."""

    def __init__(self, stem: str) -> None:
        super().__init__()
        self.stem = stem


class SoloAsked(Message):
    """Solo or unsolo this stem."""

    def __init__(self, stem: str) -> None:
        super().__init__()
        self.stem = stem


class PlayAsked(Message):
    """The sign in front of the transport line was clicked: play or pause."""


class VolumeAsked(Message):
    """The volume is to change by `percent` points of a hundred."""

    def __init__(self, percent: int) -> None:
        super().__init__()
        self.percent = percent


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
