"""Where the playhead is and what it makes audible; no threads, no clock, no output."""

from __future__ import annotations

import math

import numpy as np

from takedeck.deck.mixer import CHUNK, RAMP_SECONDS, Limiter, Ramp
from takedeck.deck.part import Part
from takedeck.deck.pcm import BLOCK, Frames
from takedeck.deck.seam import Blend, Seam, longest, plan
from takedeck.deck.state import GAIN_DB, DeckState, Source, Transport

READY_SECONDS = 0.25
"""How much of every audible part must be there before it is heard."""

_PIECE = 5
_NOTHING: Frames = np.zeros((0, 2), dtype=np.int16)


class Playhead:
    """Parts on one clock. The caller holds a lock around every call.

    Positions are in frames at `rate`; what is asked for while something sounds happens after a
    ramp down, what is asked for in silence happens at once.
    """

    def __init__(self) -> None:
        self.key: str | None = None
        self.rate = 44100
        self.rated = False
        self.parts: list[Part] = []
        self.position = 0
        self.playing = False
        self.halted: Transport = "empty"
        self.buffering = False
        self.finished = False
        self.held = False
        """The output is lost: nothing moves until it is back."""
        self.wanted: Source = "master"
        self.loop: tuple[float, float] | None = None
        self.looping = False
        self.volume = Ramp(1.0)
        self._started = False
        self._sounding: Source = "master"
        self._start: float | None = None
        self._jump: int | None = None
        self._fade = Ramp(0.0)
        self._limiter = Limiter()
        self._tail: Frames = np.zeros((0, 2), dtype=np.int16)
        self._seam: Seam | None = None
        self._blend: Blend | None = None

    # --- what is loaded

    def load(self, key: str, play: bool, start: float) -> None:
        """Make room for other parts; what sounded before leaves its ramp down behind."""
        self.unload()
        self.key = key
        self._start = max(0.0, start)
        self.playing = play
        self.halted = "paused" if start > 0 else "stopped"

    def add(self, parts: list[Part]) -> None:
        """Put parts beside those that are there; of the first ones the master is heard, if any."""
        first = not self.parts
        self.parts += parts
        if first:
            masters = any(part.spec.role == "master" for part in parts)
            self.wanted = self._sounding = "master" if masters else "stems"
        self.aim()

    def unload(self) -> None:
        """Take everything off the deck; gains and the loop go with it, the volume stays."""
        if not self._fade.silent:
            self.playing = False
            self._tail = self.render(self._fade.left or self._ramp)
        self.key = None
        self.parts = []
        self.rated = self.playing = self.buffering = self.finished = self.looping = False
        self._started = False
        self.halted = "empty"
        self.position = 0
        self.loop = self._start = self._jump = self._seam = self._blend = None
        self._fade.snap(0.0)

    def settle_rate(self, rate: int) -> int:
        """The rate all parts are brought to: the first one that is said."""
        if not self.rated:
            self.rate, self.rated = rate, True
            if self._start is not None:
                self._jump, self._start = round(self._start * rate), None
        return self.rate

    # --- what the listener wants

    def play(self) -> None:
        """Go on from here, or from the start after the end."""
        if not self.parts:
            return
        if self.finished:
            self._jump, self.finished = 0, False
        self.playing = True

    def pause(self) -> None:
        """Fall silent and stay here."""
        if self.playing:
            self.playing = False
            self.halted = "paused"

    def stop(self) -> None:
        """Fall silent and go to the start."""
        if self.parts:
            self.playing = self.finished = False
            self.halted = "stopped"
            self.seek(0.0)

    def seek(self, seconds: float) -> None:
        """Go to `seconds`, kept inside the song where its length is known."""
        if not self.parts or not math.isfinite(seconds):
            return
        seconds = max(0.0, seconds)
        if not self.rated:
            self._start = seconds
            return
        target = round(seconds * self.rate)
        if (end := self.end()) is not None:
            target = min(target, end)
        self._jump = target
        if self.finished:
            self.finished, self.halted = False, "paused"
        if not self.playing and self._fade.silent:
            self._land()

    def select(self, source: Source) -> None:
        """Hear the master, or the stems; what is not loaded cannot be chosen."""
        if self._of(source):
            self.wanted = source
        self.aim()

    def part(self, name: str) -> Part | None:
        """The part of that name."""
        return next((part for part in self.parts if part.spec.name == name), None)

    def gain(self, name: str, db: float) -> None:
        """Set a part's gain in dB, kept inside -60..+6; -60 is silence."""
        if (part := self.part(name)) and math.isfinite(db):
            part.gain_db = min(max(db, GAIN_DB[0]), GAIN_DB[1])
            self.aim()

    def set_volume(self, volume: float) -> None:
        """Set the volume, 0..1."""
        if math.isfinite(volume):
            frames = 0 if self._fade.silent else self._ramp
            self.volume.to(min(max(volume, 0.0), 1.0), frames)

    def set_loop(self, start: float, end: float, on: bool) -> None:
        """Set the loop in seconds and loop_end it on or off; an empty loop is none."""
        sane = math.isfinite(start) and math.isfinite(end) and max(0.0, start) < end
        self.loop = (max(0.0, start), end) if sane else None
        self.looping = on and self.loop is not None

    def aim(self) -> None:
        """Send every part's gain to where mute, solo and the source put it."""
        frames = 0 if self._fade.silent else self._ramp
        audible = self._audible(self._sounding)
        for part in self.parts:
            part.ramp.to(part.gain if part in audible else 0.0, frames)

    # --- what can be known

    @property
    def _ramp(self) -> int:
        return max(1, round(RAMP_SECONDS * self.rate))

    @property
    def sounding(self) -> bool:
        """Whether there is something left to hear, be it only a ramp down."""
        return bool(len(self._tail)) or not self._fade.silent

    @property
    def ready(self) -> bool:
        """Whether something would be heard as soon as frames are asked for."""
        at = self.position if self._jump is None else self._jump
        there = not self._fade.silent or self._ready(self.wanted, at)
        return self.playing and bool(self.parts) and there

    def decoder_pause(self, part: Part) -> int:
        """How many parts are being decoded, if this one can leave the processor to others; or 0."""
        calm = self.playing and (self.sounding or not self._started)
        there = part.has(self.position, round(READY_SECONDS * self.rate))
        return sum(not other.complete for other in self.parts) if calm and there else 0

    @property
    def hopeless(self) -> bool:
        """Whether no part of what is wanted will ever give a frame."""
        parts = self._needed(self.wanted)
        return bool(parts) and all(part.complete and not part.pcm.count for part in parts)

    def _of(self, source: Source) -> list[Part]:
        role = "master" if source == "master" else "stem"
        return [part for part in self.parts if part.spec.role == role]

    def _audible(self, source: Source) -> list[Part]:
        parts = self._of(source)
        if source == "master":
            return parts
        soloed = [part for part in parts if part.soloed]
        return [part for part in soloed or parts if not part.muted]

    def _needed(self, source: Source) -> list[Part]:
        # With everything muted time runs on all the same.
        return self._audible(source) or self._of(source)

    def end(self) -> int | None:
        """Frames of the longest audible part, once all of them are decoded."""
        parts = self._needed(self._sounding)
        whole = all(part.complete for part in parts)
        return max((part.pcm.count for part in parts), default=0) if whole else None

    def duration(self) -> float | None:
        """Seconds of the longest part of the source, as far as it is known or guessed."""
        frames = [part.frames for part in self._of(self.wanted) if part.frames is not None]
        return max(frames) / self.rate if frames and self.rated else None

    def _decoded_ahead(self) -> int | None:
        waiting = [p.pcm.count for p in self._needed(self._sounding) if not p.complete]
        return min(waiting) - self.position if waiting else None

    def _ready(self, source: Source, at: int) -> bool:
        return all(part.has(at, round(READY_SECONDS * self.rate)) for part in self._needed(source))

    def transport(self) -> Transport:
        """The word for what is going on."""
        if not self.parts:
            return "empty"
        if self.finished:
            return "ended"
        if not self.playing:
            return self.halted
        if self.held:
            return "waiting"
        if self.buffering or not self._started:
            return "buffering" if self._started else "loading"
        return "playing"

    # --- frames

    def render(self, frames: int) -> Frames:
        """The next `frames` of what is heard, (frames, 2); silence where there is nothing."""
        out: Frames = np.zeros((frames, 2), dtype=np.int16)
        for part in self.parts:
            part.level = 0.0
        at = min(frames, len(self._tail))
        out[:at], self._tail = self._tail[:at], self._tail[at:]
        while at < frames:
            at += self._chunk(out[at : at + CHUNK])
        return out

    def pull(self, frames: int, *, replayed: bool = False) -> Frames | None:
        """Up to `frames` of the mix, as many as are there; None after the end.

        Nothing is faded or waited for with silence. Rendered to a file the volume is unity and
        nothing loops; what will be `replayed` has both, and comes in long pieces.
        """
        self._land()
        if not self.playing:
            return _NOTHING
        for part in self.parts:
            part.ramp.snap(part.ramp.target)
        end, room = self.end(), self._decoded_ahead()
        if replayed and self.looping and self._seam and self.position == self._seam.loop_end:
            self._go_round(self._seam)
        loop_end = self._loop_end(end) if replayed else None
        stop = end if loop_end is None else loop_end
        limits = (stop, None if room is None else self.position + room)
        size = min([frames, *(limit - self.position for limit in limits if limit is not None)])
        if end is not None and self.position >= end:
            return None
        self.buffering = size <= 0 or (replayed and room == size and size < _PIECE * self.rate)
        if self.buffering:
            return _NOTHING
        self._started = True
        out: Frames = np.zeros((size, 2), dtype=np.int16)
        at = 0
        while at < len(out):
            size = self._ahead(min(CHUNK, len(out) - at), end, loop_end)
            at += self._mix(out[at : at + size], self.volume.target if replayed else 1.0)
        return out

    def rewind(self, frames: int) -> None:
        """Take back frames that were rendered and never heard."""
        if frames:
            self.position = max(0, self.position - frames)
            self._seam = self._blend = None

    def hold(self, frames: int) -> None:
        """The output is lost, with the last `frames` not heard: go back to the first of them."""
        if not self._fade.silent and self._jump is None:
            start = self._loop_frame(0) if self.looping else 0
            self.position = max(min(start, self.position), self.position - frames)
        self._fade.snap(0.0)
        self._tail, self._seam, self._blend = _NOTHING, None, None
        if not self.playing:
            self._land()

    def finish(self) -> None:
        """The end is reached: everything there was has been given out."""
        self.finished, self.playing, self.buffering = True, False, False
        self._fade.snap(0.0)
        if self.hopeless:
            self.finished, self.halted = False, "stopped"

    def _land(self) -> None:
        if self._jump is not None:
            self.position, self._jump = self._jump, None
            self._seam = self._blend = None
        self._switch()
        for part in self.parts:
            part.ramp.snap(part.ramp.target)

    def _switch(self) -> None:
        if self._sounding != self.wanted:
            self._sounding = self.wanted
            self.aim()

    def _chunk(self, out: Frames) -> int:
        if self._fade.silent:
            self._land()
            self._seam = self._blend = None
            if not self.playing:
                return len(out)
            self.buffering = not self._ready(self._sounding, self.position)
            if self.buffering:
                return len(out)
            self._started = True
        elif self._sounding != self.wanted and self._ready(self.wanted, self.position):
            # The other source is heard only once it is there: until then this one plays on.
            self._switch()
        return self._sound(out)

    def _sound(self, out: Frames) -> int:
        end, room = self.end(), self._decoded_ahead()
        if end is not None and self.position >= end:
            self.finish()
            return len(out)
        starving = room is not None and room <= self._ramp + CHUNK
        down = not self.playing or self._jump is not None or starving
        self._fade.to(0.0 if down else 1.0, self._ramp)
        size = self._ahead(len(out), end, None if down else self._loop_end(end))
        used = self._mix(out[: min(size, self._fade.left) if down else size], None)
        if self._seam is not None and self.position == self._seam.loop_end:
            self._go_round(self._seam)
        if self._fade.silent and self.playing and self._jump is None:
            self.buffering = True
        return used

    def _ahead(self, size: int, end: int | None, loop_end: int | None) -> int:
        """How many of `size` frames are to be mixed alike: up to `end`, or up to and in a seam."""
        seam = self._seam
        if seam is not None and seam.out is None and seam.loop_end != loop_end:
            # What has gone out already must go round; this one has not begun.
            seam = self._seam = None
        if self._blend is not None and self.position >= self._blend.last:
            self._blend = None
        stops = [size if end is None else end - self.position]
        if seam is None and loop_end is not None:
            begins = loop_end - max(1, longest(self._loop_frame(0), loop_end, self._ramp))
            if self.position < begins:
                stops.append(begins - self.position)
            else:
                seam = self._seam = self._plan(loop_end, end)
        if seam is not None:
            stops.append(seam.loop_end - self.position)
            self._blend = self._blend or seam.out
        if (blend := self._blend) is not None:
            begun = self.position >= blend.first
            stops.append((blend.last if begun else blend.first) - self.position)
        return min(size, *stops)

    def _plan(self, loop_end: int, end: int | None) -> Seam:
        start, room = self._loop_frame(0), self._decoded_ahead()
        known = end if end is not None else self.position + (room or 0)
        clear = self._blend.last if self._blend is not None else self.position
        return plan(
            start,
            loop_end,
            self._ramp,
            left=max(0, loop_end - clear),
            after=max(0, known - loop_end),
            smooth=self._smooth(start, loop_end),
        )

    def _smooth(self, start: int, loop_end: int) -> bool:
        """Whether the step from the loop's end to its start is none beside those around it."""
        size = min(self._ramp, loop_end - start)
        mix = np.zeros((2 * size, 2), dtype=np.float32)
        for part in self.parts:
            if part.ramp.target:
                both = (part.pcm.copy(loop_end - size, size), part.pcm.copy(start, size))
                mix += np.concatenate(both) * np.float32(part.ramp.target)
        steps = np.abs(np.diff(mix, axis=0)).max(axis=1)
        seam = steps[size - 1]
        steps[size - 1] = 0.0
        return bool(seam <= steps.max())

    def _go_round(self, seam: Seam) -> None:
        self.position, self._blend, self._seam = seam.start, seam.into, None

    def _loop_end(self, end: int | None) -> int | None:
        """The frame at which the loop goes back, if it lies ahead."""
        if not (self.looping and self.loop):
            return None
        start, loop_end = self._loop_frame(0), self._loop_frame(1)
        loop_end = loop_end if end is None else min(loop_end, end)
        return loop_end if max(start, self.position) < loop_end else None

    def _loop_frame(self, which: int) -> int:
        return round(self.loop[which] * self.rate) if self.loop else 0

    def _mix(self, out: Frames, master: float | None) -> int:
        size = min(len(out), BLOCK - self.position % BLOCK)
        mix = np.zeros((size, 2), dtype=np.float32)
        blend = self._blend
        if blend is not None and self.position < blend.first:
            blend = None
        for part in self.parts:
            gain = part.ramp.take(size)
            if isinstance(gain, float) and gain == 0.0:
                continue
            frames = (
                part.pcm.read(self.position, size)
                if blend is None
                else blend.take(part.pcm, self.position, size)
            )
            if len(frames):
                heard = frames * (
                    np.float32(gain) if isinstance(gain, float) else gain[: len(frames)]
                )
                part.level = max(part.level, float(np.abs(heard).max()) / 32768.0)
                mix[: len(frames)] += heard
        if master is None:
            mix *= self._fade.take(size)
            mix *= self.volume.take(size)
        elif master != 1.0:
            mix *= np.float32(master)
        out[:size] = self._limiter.apply(mix)
        self.position += size
        return size

    def state(
        self, output: str, output_fault: str | None, underruns: int, serial: int
    ) -> DeckState:
        """Everything there is to say, as an immutable value."""
        audible = self._audible(self.wanted)
        position = self._jump if self._jump is not None else self.position
        return DeckState(
            key=self.key,
            transport=self.transport(),
            position=self._start if self._start is not None else position / self.rate,
            duration=self.duration(),
            rate=self.rate,
            source=self.wanted,
            parts=tuple(part.state(part in audible) for part in self.parts),
            volume=round(self.volume.target, 4),
            output=output,
            output_fault=output_fault,
            underruns=underruns,
            loop=self.loop if self.looping else None,
            serial=serial,
        )
