"""Which download may read on: what is heard and behind comes first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

AHEAD: Final = 20.0
"""Seconds ahead of the playhead at which a part that is heard is well off."""


@dataclass(frozen=True, slots=True)
class PartProgress:
    """One part: the share of its bytes that is there (0–1, None while the size is unknown)."""

    share: float | None
    complete: bool
    audible: bool


def may_read(name: str, parts: Mapping[str, PartProgress], position: float, length: float) -> bool:
    """Whether that part may take bandwidth now.

    `position` and `length` are seconds of the track. A part waits only while another one that is
    heard has less than `AHEAD` seconds in hand and it has more than that itself, or is not heard.
    """
    mine = parts[name]
    if mine.audible and _in_hand(mine, position, length) < AHEAD:
        return True
    return not any(
        part.audible and not part.complete and _in_hand(part, position, length) < AHEAD
        for other, part in parts.items()
        if other != name
    )


def _in_hand(part: PartProgress, position: float, length: float) -> float:
    if part.complete:
        return float("inf")
    return (part.share or 0.0) * length - position
