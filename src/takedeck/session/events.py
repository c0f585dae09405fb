"""The events that the session sends to its listeners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from takedeck.deck.state import DeckState
from takedeck.errors import TakedeckError
from takedeck.library.store import Change


@dataclass(frozen=True, slots=True)
class JobsChanged:
    """Jobs are new or have changed."""

    change: Change


@dataclass(frozen=True, slots=True)
class Polled:
    """The API was polled for jobs.

    `wait` is the time in seconds until the next poll (None: not until the user asks for one),
    `trouble` why this one failed. `left` and `limit` are the server's rate limit, in requests.
    `broken` counts entries of the newest page that could not be read as jobs.
    """

    wait: float | None
    trouble: TakedeckError | None = None
    left: int | None = None
    limit: int | None = None
    broken: int = 0


@dataclass(frozen=True, slots=True)
class TrackChanged:
    """The open track, its URLs or its downloads have changed; read them from the player."""


@dataclass(frozen=True, slots=True)
class TrackEnded:
    """The open track was played to its end."""


@dataclass(frozen=True, slots=True)
class NextTrack:
    """The next or previous track of the list is being opened: move a cursor on `before` to `after`.

    Both are job ids. `after` is None at the end of the list: then the open track stays.
    """

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DeckChanged:
    """The deck's state or its position has changed."""

    state: DeckState


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something failed that the user should know about."""

    error: TakedeckError


Event = JobsChanged | Polled | TrackChanged | TrackEnded | NextTrack | DeckChanged | Trouble
Listener = Callable[[Event], None]


class Hub:
    """Passes each event to all listeners, in the order in which they were added."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every event from now on."""
        self._listeners.append(listener)

    def emit(self, event: Event) -> None:
        """Call all listeners with the event."""
        for listener in self._listeners:
            listener(event)
