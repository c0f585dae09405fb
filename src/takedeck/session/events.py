"""What the session tells whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from takedeck.deck.state import DeckState
from takedeck.errors import TakedeckError
from takedeck.library.store import Change


@dataclass(frozen=True, slots=True)
class JobsChanged:
    """Jobs are new, or read differently."""

    change: Change


@dataclass(frozen=True, slots=True)
class Polled:
    """The API was asked for jobs. `trouble` is why there was no answer, `wait` in seconds until
    it is asked again (None: not before somebody wants it), `left` and `limit` the server's own
    count of requests, `broken` how many entries of the newest page could not be read as jobs."""

    wait: float | None
    trouble: TakedeckError | None = None
    left: int | None = None
    limit: int | None = None
    broken: int = 0


@dataclass(frozen=True, slots=True)
class TrackChanged:
    """The opened track, its URLs or its downloads changed; read it from the player."""


@dataclass(frozen=True, slots=True)
class TrackEnded:
    """The opened track was played to its end."""


@dataclass(frozen=True, slots=True)
class NextTrack:
    """The list's next or previous track is opened: a cursor on the job `before` goes to `after`.

    `after` is None where the list has no further track; then what is open stays.
    """

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DeckChanged:
    """The deck moved, or its state changed."""

    state: DeckState


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that was asked for could not be done."""

    error: TakedeckError


Event = JobsChanged | Polled | TrackChanged | TrackEnded | NextTrack | DeckChanged | Trouble
Listener = Callable[[Event], None]


class Hub:
    """Passes each event on to everyone who listens, in the order they came."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Tell this listener everything that happens from now on."""
        self._listeners.append(listener)

    def emit(self, event: Event) -> None:
        """Pass an event on."""
        for listener in self._listeners:
            listener(event)
