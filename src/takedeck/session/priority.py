"""Decides which download may go on: audible parts that are short of data come first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

AHEAD: Final = 20.0
"""An audible part with this many seconds ahead of the playhead is no longer in need."""


@dataclass(frozen=True, slots=True)
class PartProgress:
    """A part's download: `share` of its bytes on disk (0..1, None while the size is unknown)."""

    share: float | None
    complete: bool
    audible: bool


def may_read(name: str, parts: Mapping[str, PartProgress], position: float, length: float) -> bool:
    """Whether that part may take bandwidth now.

    `position` and `length` are in seconds. A part must wait only while another, audible part has
    less than `AHEAD` seconds ahead of the playhead, and it has more itself or is not audible.
    Raises `KeyError` for a `name` that is not in `parts`.
    """
    mine = parts[name]
    if mine.audible and _seconds_ahead(mine, position, length) < AHEAD:
        return True
    return not any(
        part.audible and not part.complete and _seconds_ahead(part, position, length) < AHEAD
        for other, part in parts.items()
        if other != name
    )


def _seconds_ahead(part: PartProgress, position: float, length: float) -> float:
    if part.complete:
        return float("inf")
    return (part.share or 0.0) * length - position
