"""Mixes parts to one stereo signal: mute, solo and gain, a float32 sum, a limiter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from takedeck.deck.part import Part
from takedeck.deck.pcm import BLOCK, Frames
from takedeck.deck.ramps import Ramp
from takedeck.deck.seam import Blend
from takedeck.deck.state import GAIN_DB, Source, passes

CHUNK: Final = 240
"""Frames mixed at once: few, so that no numpy call is long enough to delay an audio callback."""

_FULL: Final = 32767.0
_LOUDEST: Final = 32768.0
_RELEASE: Final = 0.04
"""The share of its gain reduction that the limiter gives back with each chunk."""


class Mixer:
    """The parts of one track, with mute, solo and gain. The caller holds the deck's lock.

    The master and the stems are two sources of the same song: `wanted` is the one that the listener
    chose, `sounding` the one being mixed. `over` is the length in frames of a gain change's ramp; 0
    changes it at once.
    """

    def __init__(self) -> None:
        # Replaced as a whole, never changed in place: decoders read it without the lock.
        self.parts: tuple[Part, ...] = ()
        self.wanted: Source = "master"
        self.sounding: Source = "master"
        self.volume = Ramp(1.0)
        self.clips = 0
        """How many chunks of the mix were over full scale, and were turned down."""
        self._limiter = Limiter()

    # --- what is loaded

    def add(self, parts: Sequence[Part], over: int) -> None:
        """Add parts; with the first ones, the master is selected if there is one."""
        if not self.parts:
            masters = any(part.spec.role == "master" for part in parts)
            self.wanted = self.sounding = "master" if masters else "stems"
        self.parts += tuple(parts)
        self.aim(over)

    def clear(self) -> None:
        """Remove all parts; the volume stays."""
        self.parts = ()

    def part(self, name: str) -> Part | None:
        """The part of that name, or None."""
        return next((part for part in self.parts if part.spec.name == name), None)

    # --- what the listener wants

    def select(self, source: Source, over: int) -> None:
        """Choose the master or the stems; ignored if that source is not loaded."""
        if self.of(source):
            self.wanted = source
        self.aim(over)

    def switch(self, over: int) -> None:
        """Mix the source that was chosen, from the next frame on."""
        if self.sounding != self.wanted:
            self.sounding = self.wanted
            self.aim(over)

    def mute(self, name: str, on: bool, over: int) -> None:
        """Mute or unmute a part."""
        if part := self.part(name):
            part.muted = on
            self.aim(over)

    def solo(self, name: str, on: bool, over: int) -> None:
        """Solo or unsolo a stem; several may be soloed."""
        if part := self.part(name):
            part.soloed = on
            self.aim(over)

    def gain(self, name: str, db: float, over: int) -> None:
        """Set a part's gain in dB, clamped to -60..+6; -60 is silence."""
        if (part := self.part(name)) and math.isfinite(db):
            part.gain_db = min(max(db, GAIN_DB[0]), GAIN_DB[1])
            self.aim(over)

    def set_volume(self, volume: float, over: int) -> None:
        """Set the master volume, clamped to 0..1."""
        if math.isfinite(volume):
            self.volume.to(min(max(volume, 0.0), 1.0), over)

    def aim(self, over: int) -> None:
        """Ramp every part to the gain that mute, solo and the source give it."""
        audible = self.audible(self.sounding)
        for part in self.parts:
            part.ramp.to(part.gain if part in audible else 0.0, over)

    def snap(self) -> None:
        """Finish every part's ramp at once."""
        for part in self.parts:
            part.ramp.snap(part.ramp.target)

    # --- what can be known

    def of(self, source: Source) -> list[Part]:
        """The parts of that source."""
        role = "master" if source == "master" else "stem"
        return [part for part in self.parts if part.spec.role == role]

    def audible(self, source: Source) -> list[Part]:
        """The parts of a source that mute and solo let through; the master always."""
        parts = self.of(source)
        if source == "master":
            return parts
        solo = any(part.soloed for part in parts)
        return [part for part in parts if passes(part.muted, part.soloed, solo)]

    def needed(self, source: Source) -> list[Part]:
        """The parts that must be decoded to play on: the audible ones, or all if all are muted.

        With everything muted the playhead still moves, at the pace of what is decoded.
        """
        return self.audible(source) or self.of(source)

    # --- frames

    def rest(self) -> None:
        """Reset the parts' levels, before the next period is mixed."""
        for part in self.parts:
            part.level = 0.0

    def mix(
        self,
        out: Frames,
        position: int,
        *,
        blend: Blend | None = None,
        fade: Ramp | None = None,
        volume: float | None = None,
    ) -> int:
        """Mix the parts from frame `position` on into `out`; returns how many frames were written.

        That is fewer than `out` holds where a `Pcm` block ends. `fade` is a ramp over the whole
        mix; `volume` (a factor) replaces the mixer's own volume.
        """
        size = min(len(out), BLOCK - position % BLOCK)
        total = np.zeros((size, 2), dtype=np.float32)
        if blend is not None and position < blend.first:
            blend = None
        for part in self.parts:
            gain = part.ramp.take(size)
            if isinstance(gain, float) and gain == 0.0:
                continue
            frames = (
                part.pcm.read(position, size)
                if blend is None
                else blend.take(part.pcm, position, size)
            )
            if len(frames):
                audible = frames * (
                    np.float32(gain) if isinstance(gain, float) else gain[: len(frames)]
                )
                part.level = max(part.level, float(np.abs(audible).max()) / _LOUDEST)
                total[: len(frames)] += audible
        if fade is not None:
            total *= fade.take(size)
        if volume is None:
            total *= self.volume.take(size)
        elif volume != 1.0:
            total *= np.float32(volume)
        out[:size] = self._limiter.apply(total)
        self.clips += self._limiter.turned_down
        return size

    def largest_step(self, first: int, then: int, size: int) -> tuple[float, float]:
        """The jump in the mix if frame `then` follows `first - 1`, and the largest one nearby.

        Both are differences between neighbouring samples, in int16 steps, at the parts' target
        gains; nearby are the `size` frames on either side.
        """
        mix: NDArray[np.float32] = np.zeros((2 * size, 2), dtype=np.float32)
        for part in self.parts:
            if part.ramp.target:
                both = (part.pcm.copy(first - size, size), part.pcm.copy(then, size))
                mix += np.concatenate(both) * np.float32(part.ramp.target)
        steps = np.abs(np.diff(mix, axis=0)).max(axis=1)
        between = float(steps[size - 1])
        steps[size - 1] = 0.0
        return between, float(steps.max())


class Limiter:
    """Keeps the mix inside 16 bits by lowering its gain; what never exceeds them is unchanged."""

    def __init__(self) -> None:
        self._gain = 1.0
        self.turned_down = False
        """Whether the last frames were over full scale."""

    def apply(self, mix: NDArray[np.float32]) -> Frames:
        """Float frames, scaled to int16, as int16; changes `mix` in place."""
        peak = float(np.abs(mix).max(initial=0.0))
        self.turned_down = peak > _LOUDEST
        want = _FULL / peak if self.turned_down else 1.0
        if want >= self._gain:
            want = min(want, self._gain + (1.0 - self._gain) * _RELEASE)
            want = 1.0 if want > 0.999 else want
        if want != 1.0 or self._gain != 1.0:
            line = np.linspace(self._gain, want, len(mix) + 1, dtype=np.float32)[1:]
            mix *= line[:, None]
        self._gain = want
        return np.clip(np.rint(mix), -_LOUDEST, _FULL).astype(np.int16)
