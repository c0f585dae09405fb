"""How the desk is set for one track: mute, solo and gain of each stem, and the loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

LOWEST_GAIN: Final = -60.0
HIGHEST_GAIN: Final = 6.0
"""The span of a stem's gain, in dB."""


@dataclass(slots=True)
class ChannelStrip:
    """How one stem is set: `gain` is in dB."""

    muted: bool = False
    soloed: bool = False
    gain: float = 0.0


@dataclass(slots=True)
class LoopRegion:
    """The loop's two ends in seconds, as far as they are set."""

    start: float | None = None
    end: float | None = None
    on: bool = False


@dataclass(slots=True)
class MixerState:
    """How the desk is set for the opened track."""

    channels: dict[str, ChannelStrip] = field(default_factory=dict)
    marks: LoopRegion = field(default_factory=LoopRegion)
    stems: bool = False

    def channel(self, name: str) -> ChannelStrip:
        """That stem's settings."""
        return self.channels.setdefault(name, ChannelStrip())
