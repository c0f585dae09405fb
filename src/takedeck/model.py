"""Job, track, stem, status and licence: immutable, and the same for every provider."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from takedeck.text import SignedUrl, Wire, is_safe_id, redact, safe_block, safe_line


@dataclass(frozen=True, slots=True)
class Status:
    """A job's status. An undocumented word is kept and shown as it is."""

    word: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "word", safe_line(self.word, 24) or "unknown")

    @property
    def sign(self) -> str:
        """A one-cell symbol for the status."""
        return _SIGNS.get(self.word, "?")

    @property
    def active(self) -> bool:
        """Whether the job is queued or running."""
        return self.word in ("queued", "running")

    @property
    def settled(self) -> bool:
        """Whether the job is known to have ended; an unknown status is not."""
        return self.word in _SETTLED

    def __str__(self) -> str:
        return self.word


QUEUED: Final = Status("queued")
RUNNING: Final = Status("running")
SUCCEEDED: Final = Status("succeeded")
FAILED: Final = Status("failed")
CANCELLED: Final = Status("cancelled")
REFUSED: Final = Status("refused")
EXPIRED: Final = Status("expired")
STATUSES: Final = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED, REFUSED)

_SETTLED: Final = frozenset({"succeeded", "failed", "cancelled", "refused", "expired"})
_SIGNS: Final = {
    "queued": "○",
    "running": "◐",
    "succeeded": "●",
    "failed": "✕",
    "cancelled": "◌",
    "refused": "⊘",
    "expired": "…",
}

LICENCES: Final = {
    "commercial_cleared": "cleared for commercial use",
    "commercial_enterprise": "commercial use, enterprise plan",
    "personal_only": "personal use only",
    "unclear": "licence unclear",
}


Facts = tuple[tuple[str, str], ...]
"""Provider-specific details, shown as they are: pairs of label and text."""

_MOST_FACTS: Final = 40
MASTER: Final = "master"
"""The part name of a track's master; no stem may have it."""
MOST_STEMS: Final = 64
"""Stems of one track at most; a deck plays fewer (see `deck.MAX_PARTS`)."""


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem of a track: `drums`, `bass`… as the server names it.

    It has a URL only if the track was just fetched.
    """

    name: str
    url: SignedUrl | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", safe_line(self.name, 40) or "unnamed")


@dataclass(frozen=True, slots=True)
class Track:
    """A track made by a job. It has URLs only if it was just fetched.

    `duration` is in seconds, as stated by the server; None if unknown or not plausible. `trouble`
    says what of the answer was invalid or left out. Raises `ValueError` for an unsafe id.
    """

    id: str
    title: str | None = None
    engine: str = ""
    mode: str = ""
    instrumental: bool | None = None
    duration: float | None = None
    mime_type: str | None = None
    licence: str | None = None
    created_at: datetime | None = None
    master: SignedUrl | None = None
    stems: tuple[Stem, ...] = ()
    trouble: str | None = None
    facts: Facts = ()
    wire: Wire | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        _check_id(self.id)
        known = self.duration is not None and 0 <= self.duration < math.inf
        _set(
            self,
            title=redact(safe_line(self.title or "")) or None,
            engine=safe_line(self.engine, 60),
            mode=safe_line(self.mode, 60),
            duration=self.duration if known else None,
            mime_type=None if self.mime_type is None else safe_line(self.mime_type, 60),
            licence=None if self.licence is None else safe_line(self.licence, 60),
            trouble=_words(self.trouble),
            facts=_safe(self.facts),
        )

    @property
    def name(self) -> str:
        """The title, or the id if there is none."""
        return self.title or self.id

    def without_urls(self) -> Track:
        """The track without URLs and the server's JSON, so that it can be saved."""
        stems = tuple(Stem(stem.name) for stem in self.stems)
        return replace(self, master=None, stems=stems, wire=None)

    @property
    def licence_text(self) -> str:
        """The licence in words; an undocumented class is shown as it is."""
        return LICENCES.get(self.licence or "", self.licence or "licence not given")


@dataclass(frozen=True, slots=True)
class Job:
    """One generation. `progress` is 0..100, None if the provider does not state it.

    `trouble` says what of the answer was invalid; the rest is here. Raises `ValueError` for an
    unsafe id.
    """

    id: str
    status: Status
    progress: int | None = None
    engine: str = ""
    mode: str = ""
    created_at: datetime | None = None
    result_track_id: str | None = None
    error_message: str | None = None
    refusal_reason: str | None = None
    tracks: tuple[Track, ...] = ()
    trouble: str | None = None
    facts: Facts = ()
    wire: Wire | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        _check_id(self.id)
        _set(
            self,
            progress=None if self.progress is None else max(0, min(100, self.progress)),
            engine=safe_line(self.engine, 60),
            mode=safe_line(self.mode, 60),
            error_message=_words(self.error_message),
            refusal_reason=_words(self.refusal_reason),
            trouble=_words(self.trouble),
            facts=_safe(self.facts),
        )

    @property
    def track(self) -> Track | None:
        """The first track, if known: lists of jobs may not include tracks."""
        return self.tracks[0] if self.tracks else None

    @property
    def track_id(self) -> str | None:
        """The id of the track to play, or None if there is none yet."""
        return self.track.id if self.track else self.result_track_id

    @property
    def reason(self) -> str | None:
        """Why there is no track: the refusal, the error, or what was invalid; else None."""
        return self.refusal_reason or self.error_message or self.trouble

    @property
    def order(self) -> datetime:
        """The time by which the list is sorted; a job without one sorts as the oldest."""
        return self.created_at or _EPOCH


@dataclass(frozen=True, slots=True)
class JobsPage:
    """One page of the list, newest first, in the server's order.

    `broken` counts entries that could not be read as jobs.
    """

    jobs: tuple[Job, ...]
    limit: int
    offset: int
    broken: int = 0
    wire: Wire | None = field(default=None, compare=False, repr=False)


_EPOCH: Final = datetime.fromtimestamp(0, UTC)


def _safe(facts: Facts) -> Facts:
    shown = [(safe_line(label, 40), safe_block(text)) for label, text in facts[:_MOST_FACTS]]
    return tuple((label, text) for label, text in shown if label and text)


def _words(text: str | None) -> str | None:
    return None if text is None else redact(safe_block(text)) or None


def _set(frozen: Track | Job, **fields: object) -> None:
    """Replace fields of a frozen dataclass while it is being made."""
    for name, value in fields.items():
        object.__setattr__(frozen, name, value)


def _check_id(value: str) -> None:
    if not is_safe_id(value):
        raise ValueError("an id must be letters, digits and _ . : @ + = - only")
