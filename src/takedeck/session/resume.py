"""Saves where the user left off, as JSON: the open track, its position and its mix."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from takedeck.deck.state import GAIN_DB
from takedeck.model import MOST_STEMS, Stem, Track
from takedeck.session.mixer import ChannelStrip, LoopRegion, MixerState
from takedeck.text import is_safe_id
from takedeck.times import LONGEST_TRACK

_LARGEST: Final = 100_000
"""Characters of the text."""


@dataclass(frozen=True, slots=True)
class Place:
    """The open job's track (without URLs), the position in seconds, and the mixer's settings."""

    job_id: str
    track: Track
    position: float
    mix: MixerState


def to_text(place: Place) -> str:
    """The place as JSON, without secrets."""
    track = place.track
    return json.dumps(
        {
            "job": place.job_id,
            "track": track.id,
            "title": track.title,
            "engine": track.engine,
            "mode": track.mode,
            "licence": track.licence,
            "instrumental": track.instrumental,
            "seconds": track.duration,
            "mime": track.mime_type,
            "names": [stem.name for stem in track.stems],
            "position": round(place.position, 1),
            "stems": place.mix.stems,
            "channels": {name: asdict(it) for name, it in place.mix.strips.items()},
            "loop": asdict(place.mix.loop),
        }
    )


def from_text(text: str) -> Place | None:
    """The place; None if the text is invalid in any way, because a file may hold anything."""
    if not 0 < len(text) <= _LARGEST:
        return None
    try:
        return _place(json.loads(text))
    except (LookupError, RecursionError, TypeError, ValueError):
        return None


def _place(raw: dict[str, Any]) -> Place:
    if not is_safe_id(raw["job"]):
        raise ValueError("no job's id")
    track = Track(
        raw["track"],
        title=_text(raw["title"]),
        engine=_text(raw["engine"]) or "",
        mode=_text(raw["mode"]) or "",
        licence=_text(raw["licence"]),
        instrumental=raw["instrumental"] if isinstance(raw["instrumental"], bool) else None,
        duration=_seconds(raw["seconds"]),
        mime_type=_text(raw["mime"]),
        stems=tuple(Stem(str(name)) for name in dict.fromkeys(raw["names"]))[:MOST_STEMS],
    )
    strips = {
        stem.name: _channel(raw["channels"][stem.name])
        for stem in track.stems
        if stem.name in raw["channels"]
    }
    loop = raw["loop"]
    region = LoopRegion(_seconds(loop["start"]), _seconds(loop["end"]), loop["on"] is True)
    mix = MixerState(strips, region, stems=raw["stems"] is True and bool(track.stems))
    return Place(raw["job"], track, _seconds(raw["position"]) or 0.0, mix)


def _channel(raw: dict[str, Any]) -> ChannelStrip:
    gain = float(raw["gain"])
    if not GAIN_DB[0] <= gain <= GAIN_DB[1]:
        raise ValueError("no gain")
    return ChannelStrip(raw["muted"] is True, raw["soloed"] is True, gain)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError("no text")


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    seconds = float(value)
    if not (math.isfinite(seconds) and 0 <= seconds <= LONGEST_TRACK):
        raise ValueError("no seconds")
    return seconds
