"""How the mixer is set for one track: its channel strips, the loop region and the volume. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from takedeck.deck.state import GAIN_DB


@dataclass(slots=True)
class ChannelStrip:
    """How one stem is set: `gain` is in dB, within `GAIN_DB`."""

    muted: bool = False
    soloed: bool = False
    gain: float = 0.0


@dataclass(slots=True)
class LoopRegion:
    """The loop's two ends in seconds, as far as they are set, and whether it plays."""

    start: float | None = None
    end: float | None = None
    on: bool = False

    def set(
        self, *, start: float | None = None, end: float | None = None, on: bool | None = None
    ) -> None:
        """Change what is given.

        An end that is not after the start takes the other one's place: the newer of the two
        counts, and the loop then reaches to that side's end of the track.
        """
        self.start = start if start is not None else self.start
        self.end = end if end is not None else self.end
        self.on = on if on is not None else self.on
        if self.start is not None and self.end is not None and self.end <= self.start:
            self.start, self.end = (self.start, None) if end is None else (None, self.end)

    def within(self, length: float | None) -> tuple[float, float] | None:
        """Both ends in seconds; None while the track's `length`, which is its end, is unknown."""
        end = self.end if self.end is not None else length
        return None if end is None else (self.start or 0.0, end)


@dataclass(slots=True)
class MixerState:
    """What a listener has set: the strips by the stems' names, and `stems` instead of the master.

    `volume` is that of everything, 0–1.
    """

    strips: dict[str, ChannelStrip] = field(default_factory=dict)
    loop: LoopRegion = field(default_factory=LoopRegion)
    stems: bool = False
    volume: float = 1.0

    def for_track(self) -> Self:
        """The mixer for another track: all of it new but the volume."""
        return type(self)(volume=self.volume)

    def for_version(self) -> Self:
        """The mixer for another version of the track: the loop and the volume stay."""
        return type(self)(loop=self.loop, volume=self.volume)

    def channel(self, name: str) -> ChannelStrip:
        """That stem's strip."""
        return self.strips.setdefault(name, ChannelStrip())

    def toggle_mute(self, name: str) -> bool:
        """Mute the stem or unmute it; whether it is muted now."""
        strip = self.channel(name)
        strip.muted = not strip.muted
        return strip.muted

    def toggle_solo(self, name: str) -> bool:
        """Solo the stem or no longer; whether it is soloed now."""
        strip = self.channel(name)
        strip.soloed = not strip.soloed
        return strip.soloed

    def add_gain(self, name: str, decibels: float) -> float:
        """Change the stem's gain by so many dB; the gain it has now, within `GAIN_DB`."""
        strip = self.channel(name)
        lowest, highest = GAIN_DB
        strip.gain = max(lowest, min(highest, strip.gain + decibels))
        return strip.gain

    def add_volume(self, change: float) -> float:
        """Change the volume by so much; the volume it has now, 0–1."""
        self.volume = max(0.0, min(1.0, round(self.volume + change, 2)))
        return self.volume

    def audible(self, names: Iterable[str]) -> set[str]:
        """Which of these stems are heard: with solos only those, and what is muted never."""
        strips = {name: self.strips.get(name, ChannelStrip()) for name in names}
        if not self.stems:
            return set()
        solo = any(strip.soloed for strip in self.strips.values())
        return {
            name for name, strip in strips.items() if not strip.muted and (strip.soloed or not solo)
        }
