"""The mixer's settings for one track: channel strips, loop region and volume. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from takedeck.deck.state import GAIN_DB, passes


@dataclass(slots=True)
class ChannelStrip:
    """The settings of one stem; `gain` is in dB, within `GAIN_DB`."""

    muted: bool = False
    soloed: bool = False
    gain: float = 0.0


@dataclass(slots=True)
class LoopRegion:
    """The loop's start and end in seconds (None: the track's), and whether looping is on."""

    start: float | None = None
    end: float | None = None
    on: bool = False

    def set(
        self, *, start: float | None = None, end: float | None = None, on: bool | None = None
    ) -> None:
        """Change the values that are given.

        If the end is then not after the start, the one just set is kept and the other is dropped:
        the loop reaches to the start or end of the track instead.
        """
        self.start = start if start is not None else self.start
        self.end = end if end is not None else self.end
        self.on = on if on is not None else self.on
        if self.start is not None and self.end is not None and self.end <= self.start:
            self.start, self.end = (self.start, None) if end is None else (None, self.end)

    def within(self, length: float | None) -> tuple[float, float] | None:
        """Start and end in seconds; None if neither the end nor the track's `length` is known."""
        end = self.end if self.end is not None else length
        return None if end is None else (self.start or 0.0, end)


@dataclass(slots=True)
class MixerState:
    """The listener's settings: strips by stem name, and whether to hear the `stems` or the master.

    `volume` is the master volume, 0..1.
    """

    strips: dict[str, ChannelStrip] = field(default_factory=dict)
    loop: LoopRegion = field(default_factory=LoopRegion)
    stems: bool = False
    volume: float = 1.0

    def for_track(self) -> Self:
        """The settings for another track: defaults, with the same volume."""
        return type(self)(volume=self.volume)

    def for_version(self) -> Self:
        """The settings for another version of the track: defaults but for loop and volume."""
        return type(self)(loop=self.loop, volume=self.volume)

    def strip(self, name: str) -> ChannelStrip:
        """The stem's strip, created if it has none."""
        return self.strips.setdefault(name, ChannelStrip())

    def toggle_mute(self, name: str) -> bool:
        """Mute or unmute the stem; returns whether it is muted now."""
        strip = self.strip(name)
        strip.muted = not strip.muted
        return strip.muted

    def toggle_solo(self, name: str) -> bool:
        """Solo or unsolo the stem; returns whether it is soloed now."""
        strip = self.strip(name)
        strip.soloed = not strip.soloed
        return strip.soloed

    def add_gain(self, name: str, decibels: float) -> float:
        """Change the stem's gain by `decibels`; returns the new gain, clamped to `GAIN_DB`."""
        strip = self.strip(name)
        lowest, highest = GAIN_DB
        strip.gain = max(lowest, min(highest, strip.gain + decibels))
        return strip.gain

    def clear(self) -> list[str]:
        """Clear every mute and solo; returns the names of the stems that had one."""
        changed = [name for name, strip in self.strips.items() if strip.muted or strip.soloed]
        for name in changed:
            self.strips[name].muted = self.strips[name].soloed = False
        return changed

    def reset_gains(self) -> list[str]:
        """Set every gain to 0 dB; returns the names of the stems that had another."""
        changed = [name for name, strip in self.strips.items() if strip.gain]
        for name in changed:
            self.strips[name].gain = 0.0
        return changed

    def add_volume(self, change: float) -> float:
        """Change the volume by `change`; returns the new volume, clamped to 0..1."""
        self.volume = max(0.0, min(1.0, round(self.volume + change, 2)))
        return self.volume

    def audible(self, names: Iterable[str]) -> set[str]:
        """Which of these stems are heard: the soloed ones, or all if none is; never a muted one."""
        if not self.stems:
            return set()
        strips = {name: self.strips.get(name, ChannelStrip()) for name in names}
        solo = any(strip.soloed for strip in self.strips.values())
        return {name for name, strip in strips.items() if passes(strip.muted, strip.soloed, solo)}
