"""Parts to one stereo signal: what is heard of them, a sum in float32, a limiter."""

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
from takedeck.deck.state import GAIN_DB, Source

CHUNK: Final = 240
"""Frames mixed at once: few enough that numpy's calls are short and a callback is never held up."""

_FULL: Final = 32767.0
_LOUDEST: Final = 32768.0
_RELEASE: Final = 0.04


class Mixer:
    """The parts of one track, which of them are heard and how loud. The caller holds a lock.

    The master and the stems are two sources of the same song: `wanted` is the one that the
    listener chose, `sounding` the one that is summed. Every gain that changes takes `over` frames
    from the old value to the new one; 0 is at once.
    """

    def __init__(self) -> None:
        # A tuple that is exchanged, never changed: decoders read it without the lock.
        self.parts: tuple[Part, ...] = ()
        self.wanted: Source = "master"
        self.sounding: Source = "master"
        self.volume = Ramp(1.0)
        self._limiter = Limiter()

    # --- what is loaded

    def add(self, parts: Sequence[Part], over: int) -> None:
        """Put parts beside those that are there; of the first ones the master is heard, if any."""
        if not self.parts:
            masters = any(part.spec.role == "master" for part in parts)
            self.wanted = self.sounding = "master" if masters else "stems"
        self.parts += tuple(parts)
        self.aim(over)

    def clear(self) -> None:
        """Let go of all parts; the volume stays."""
        self.parts = ()

    def part(self, name: str) -> Part | None:
        """The part of that name."""
        return next((part for part in self.parts if part.spec.name == name), None)

    # --- what the listener wants

    def select(self, source: Source, over: int) -> None:
        """Want the master, or the stems; what is not loaded cannot be chosen."""
        if self.of(source):
            self.wanted = source
        self.aim(over)

    def switch(self, over: int) -> None:
        """Sum the source that is wanted from now on."""
        if self.sounding != self.wanted:
            self.sounding = self.wanted
            self.aim(over)

    def mute(self, name: str, on: bool, over: int) -> None:
        """Mute a part or not."""
        if part := self.part(name):
            part.muted = on
            self.aim(over)

    def solo(self, name: str, on: bool, over: int) -> None:
        """Solo a stem or not; several may be."""
        if part := self.part(name):
            part.soloed = on
            self.aim(over)

    def gain(self, name: str, db: float, over: int) -> None:
        """Set a part's gain in dB, kept inside -60..+6; -60 is silence."""
        if (part := self.part(name)) and math.isfinite(db):
            part.gain_db = min(max(db, GAIN_DB[0]), GAIN_DB[1])
            self.aim(over)

    def set_volume(self, volume: float, over: int) -> None:
        """Set the volume, 0..1."""
        if math.isfinite(volume):
            self.volume.to(min(max(volume, 0.0), 1.0), over)

    def aim(self, over: int) -> None:
        """Send every part's gain to where mute, solo and the source put it."""
        audible = self.audible(self.sounding)
        for part in self.parts:
            part.ramp.to(part.gain if part in audible else 0.0, over)

    def snap(self) -> None:
        """Let every part's gain be where it is headed."""
        for part in self.parts:
            part.ramp.snap(part.ramp.target)

    # --- what can be known

    def of(self, source: Source) -> list[Part]:
        """The parts of that source."""
        role = "master" if source == "master" else "stem"
        return [part for part in self.parts if part.spec.role == role]

    def audible(self, source: Source) -> list[Part]:
        """Those of a source that mute and solo let through; a master is never muted."""
        parts = self.of(source)
        if source == "master":
            return parts
        soloed = [part for part in parts if part.soloed]
        return [part for part in soloed or parts if not part.muted]

    def needed(self, source: Source) -> list[Part]:
        """Those whose frames must be there: the audible, or with everything muted all of them.

        Time runs on all the same where nothing is heard.
        """
        return self.audible(source) or self.of(source)

    # --- frames

    def rest(self) -> None:
        """Set all levels to zero, before the frames of another period are mixed."""
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
        """Sum the parts from frame `position` on into `out`; how many frames were written.

        They are fewer than asked for at the edge of a block of frames. `fade` is the ramp of the
        whole; `volume` is a factor to be used instead of the mixer's own.
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
                part.level = max(part.level, float(np.abs(audible).max()) / 32768.0)
                total[: len(frames)] += audible
        if fade is not None:
            total *= fade.take(size)
        if volume is None:
            total *= self.volume.take(size)
        elif volume != 1.0:
            total *= np.float32(volume)
        out[:size] = self._limiter.apply(total)
        return size

    def largest_step(self, first: int, then: int, size: int) -> tuple[float, float]:
        """The step from the `size` frames before `first` to those from `then` on, and the others'.

        Both are in units of one int16 step, of the parts as they are headed to be heard.
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
    """Keeps a sum inside 16 bits by turning it down; what never exceeds them passes untouched."""

    def __init__(self) -> None:
        self._gain = 1.0

    def apply(self, mix: NDArray[np.float32]) -> Frames:
        """Float frames in units of one int16 step to int16, in place."""
        peak = float(np.abs(mix).max(initial=0.0))
        want = _FULL / peak if peak > _LOUDEST else 1.0
        if want >= self._gain:
            want = min(want, self._gain + (1.0 - self._gain) * _RELEASE)
            want = 1.0 if want > 0.999 else want
        if want != 1.0 or self._gain != 1.0:
            line = np.linspace(self._gain, want, len(mix) + 1, dtype=np.float32)[1:]
            mix *= line[:, None]
        self._gain = want
        return np.clip(np.rint(mix), -32768.0, _FULL).astype(np.int16)
