"""Where the playhead is and what it makes audible; no threads, no clock, no output."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from takedeck.deck.mixer import CHUNK, Mixer
from takedeck.deck.part import Part
from takedeck.deck.pcm import Frames
from takedeck.deck.ramps import RAMP_SECONDS, Ramp
from takedeck.deck.seam import Blend, Seam, longest, plan
from takedeck.deck.state import DeckState, Source, Transport

READY_SECONDS: Final = 0.25
"""How much of every audible part must be there before it is heard."""

State = Literal["empty", "loading", "playing", "buffering", "paused", "stopped", "ended"]
"""What the playhead is about; `Playhead` draws what leads from one to another."""

_RUNNING: Final = ("loading", "playing", "buffering")

TRANSITIONS: Final[Mapping[State, tuple[State, ...]]] = MappingProxyType(
    {
        "empty": ("loading", "paused", "stopped"),
        "loading": ("playing", "buffering", "paused", "stopped", "ended", "empty"),
        "playing": ("buffering", "paused", "stopped", "ended", "empty"),
        "buffering": ("playing", "paused", "stopped", "ended", "empty"),
        "paused": ("loading", "playing", "buffering", "stopped", "empty"),
        "stopped": ("loading", "playing", "buffering", "empty"),
        "ended": ("playing", "buffering", "paused", "stopped", "empty"),
    }
)
"""From each state those that one command, or the next frames, can lead to."""

_PIECE: Final = 5
_NOTHING: Frames = np.zeros((0, 2), dtype=np.int16)


class Playhead:
    """A place in the parts of a mixer, and the clock they share. The caller holds a lock.

    Positions are in frames at `rate`; what is asked for while something sounds happens after a
    ramp down, what is asked for in silence happens at once. `state` is one of seven::

                      load                       the first frames
            empty ───────────▶ loading ──────────────────────────▶ playing
              ▲  ╲                                 too few frames   │   ▲
              │   ╲ load without play    buffering ◀────────────────┘   │
       unload │    ▼                         └──────── enough ──────────┤
       (from  │  stopped ── play ───────────────────────────────────────┤
        any)  │  paused  ── play ───────────────────────────────────────┤
              │    ▲                                                    │
                   └── pause ── loading, playing, buffering             │
          stopped ◀── stop ─── any but empty                            │
          ended   ◀── the last frame ── loading, playing, buffering     │
          ended   ── play, from the start ──────────────────────────────┘
          ended   ── seek ──▶ paused

    `play` leads to `buffering` where the frames are not there, to `loading` where nothing of this
    track was heard yet. While the output is lost (`held`) the place is kept, and the listener is
    told `waiting` instead of the three states in which it would move.
    """

    def __init__(self, mixer: Mixer) -> None:
        self.mixer = mixer
        self.key: str | None = None
        self.rate = 44100
        self.rated = False
        self.position = 0
        self.state: State = "empty"
        self.held = False
        """The output is lost: nothing moves until it is back."""
        self.loop: tuple[float, float] | None = None
        self.looping = False
        self._started = False
        self._start: float | None = None
        self._jump: int | None = None
        self._fade = Ramp(0.0)
        self._tail: Frames = np.zeros((0, 2), dtype=np.int16)
        self._seam: Seam | None = None
        self._blend: Blend | None = None

    # --- what is loaded

    def load(self, key: str, play: bool, start: float) -> None:
        """Make room for other parts; what sounded before leaves its ramp down behind."""
        self.unload()
        self.key = key
        self._start = max(0.0, start)
        self.state = "loading" if play else "paused" if start > 0 else "stopped"

    def add(self, parts: Sequence[Part]) -> None:
        """Put parts beside those that are there."""
        self.mixer.add(parts, self.over)

    def unload(self) -> None:
        """Take everything off the deck; gains and the loop go with it, the volume stays."""
        if not self._fade.silent:
            self.state = "stopped"
            self._tail = self.render(self._fade.left or self._ramp)
        self.key = None
        self.mixer.clear()
        self.rated = self.looping = self._started = False
        self.state = "empty"
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
        if not self.mixer.parts or self.playing:
            return
        if self.state == "ended":
            self._jump = 0
        self.state = "playing" if self._started and self._there else self._lacking

    def pause(self) -> None:
        """Fall silent and stay here."""
        if self.playing:
            self.state = "paused"

    def stop(self) -> None:
        """Fall silent and go to the start."""
        if self.mixer.parts:
            self.state = "stopped"
            self.seek(0.0)

    def seek(self, seconds: float) -> None:
        """Go to `seconds`, kept inside the song where its length is known."""
        if not self.mixer.parts or not math.isfinite(seconds):
            return
        seconds = max(0.0, seconds)
        if not self.rated:
            self._start = seconds
            return
        target = round(seconds * self.rate)
        if (end := self.end()) is not None:
            target = min(target, end)
        self._jump = target
        if self.state == "ended":
            self.state = "paused"
        if not self.playing and self._fade.silent:
            self._land()

    def set_loop(self, start: float, end: float, on: bool) -> None:
        """Set the loop in seconds and turn it on or off; an empty loop is none."""
        sane = math.isfinite(start) and math.isfinite(end) and max(0.0, start) < end
        self.loop = (max(0.0, start), end) if sane else None
        self.looping = on and self.loop is not None

    # --- what can be known

    @property
    def playing(self) -> bool:
        """Whether the listener wants to hear something, be it there or not."""
        return self.state in _RUNNING

    @property
    def over(self) -> int:
        """Frames that a gain takes to its new value now; none in silence."""
        return 0 if self._fade.silent else self._ramp

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
        return self.playing and bool(self.mixer.parts) and (not self._fade.silent or self._there)

    @property
    def _there(self) -> bool:
        """Whether what is wanted can be heard from where it is to go on."""
        return self._ready(self.mixer.wanted, self.position if self._jump is None else self._jump)

    @property
    def _lacking(self) -> State:
        """The state of one who waits for frames."""
        return "buffering" if self._started else "loading"

    def decoder_pause(self, part: Part) -> int:
        """How many parts are being decoded, if this one can leave the processor to others; or 0."""
        calm = self.playing and (self.sounding or not self._started)
        there = part.has(self.position, round(READY_SECONDS * self.rate))
        return sum(not other.complete for other in self.mixer.parts) if calm and there else 0

    @property
    def hopeless(self) -> bool:
        """Whether no part of what is wanted will ever give a frame."""
        parts = self.mixer.needed(self.mixer.wanted)
        return bool(parts) and all(part.complete and not part.pcm.count for part in parts)

    def end(self) -> int | None:
        """Frames of the longest audible part, once all of them are decoded."""
        parts = self.mixer.needed(self.mixer.sounding)
        whole = all(part.complete for part in parts)
        return max((part.pcm.count for part in parts), default=0) if whole else None

    def duration(self) -> float | None:
        """Seconds of the longest part of the source, as far as it is known or guessed."""
        parts = self.mixer.of(self.mixer.wanted)
        frames = [part.frames for part in parts if part.frames is not None]
        return max(frames) / self.rate if frames and self.rated else None

    def _decoded_ahead(self) -> int | None:
        needed = self.mixer.needed(self.mixer.sounding)
        waiting = [part.pcm.count for part in needed if not part.complete]
        return min(waiting) - self.position if waiting else None

    def _ready(self, source: Source, at: int) -> bool:
        size = round(READY_SECONDS * self.rate)
        return all(part.has(at, size) for part in self.mixer.needed(source))

    def transport(self) -> Transport:
        """The word for what is going on."""
        if not self.mixer.parts:
            return "empty"
        return "waiting" if self.held and self.playing else self.state

    # --- frames

    def render(self, frames: int) -> Frames:
        """The next `frames` of what is heard, (frames, 2); silence where there is nothing."""
        out: Frames = np.zeros((frames, 2), dtype=np.int16)
        self.mixer.rest()
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
        self.mixer.snap()
        end, room = self.end(), self._decoded_ahead()
        if replayed and self.looping and self._seam and self.position == self._seam.loop_end:
            self._go_round(self._seam)
        loop_end = self._loop_end(end) if replayed else None
        stop = end if loop_end is None else loop_end
        limits = (stop, None if room is None else self.position + room)
        size = min([frames, *(limit - self.position for limit in limits if limit is not None)])
        if end is not None and self.position >= end:
            return None
        if size <= 0 or (replayed and room == size and size < _PIECE * self.rate):
            self.state = self._lacking
            return _NOTHING
        self._started, self.state = True, "playing"
        out: Frames = np.zeros((size, 2), dtype=np.int16)
        at = 0
        while at < len(out):
            size = self._ahead(min(CHUNK, len(out) - at), end, loop_end)
            volume = self.mixer.volume.target if replayed else 1.0
            at += self._mix(out[at : at + size], volume)
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
        self.state = "stopped" if self.hopeless else "ended"
        self._fade.snap(0.0)

    def _land(self) -> None:
        if self._jump is not None:
            self.position, self._jump = self._jump, None
            self._seam = self._blend = None
        self.mixer.switch(self.over)
        self.mixer.snap()

    def _chunk(self, out: Frames) -> int:
        if self._fade.silent:
            self._land()
            self._seam = self._blend = None
            if not self.playing:
                return len(out)
            if not self._ready(self.mixer.sounding, self.position):
                self.state = self._lacking
                return len(out)
            self._started, self.state = True, "playing"
        elif self.mixer.sounding != self.mixer.wanted and self._ready(
            self.mixer.wanted, self.position
        ):
            # The other source is heard only once it is there: until then this one plays on.
            self.mixer.switch(self.over)
        return self._sound(out)

    def _sound(self, out: Frames) -> int:
        end, room = self.end(), self._decoded_ahead()
        if end is not None and self.position >= end:
            if self.playing and self._jump is None:
                self.finish()
            # Paused, stopped or sent elsewhere in its last milliseconds, it has not ended.
            self._fade.snap(0.0)
            return len(out)
        starving = room is not None and room <= self._ramp + CHUNK
        down = not self.playing or self._jump is not None or starving
        if down and self._fade.silent:
            # Ready, and yet less than a ramp of it: only at a rate of some hundred frames.
            self.state = self._lacking
            return len(out)
        self._fade.to(0.0 if down else 1.0, self._ramp)
        size = self._ahead(len(out), end, None if down else self._loop_end(end))
        used = self._mix(out[: min(size, self._fade.left) if down else size], None)
        if self._seam is not None and self.position == self._seam.loop_end:
            self._go_round(self._seam)
        if self._fade.silent and self.playing and self._jump is None:
            self.state = self._lacking
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
        step, others = self.mixer.largest_step(loop_end, start, size)
        return step <= others

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

    def _mix(self, out: Frames, volume: float | None) -> int:
        """Mix and move on; with a `volume` of its own nothing is faded. How many frames."""
        fade = self._fade if volume is None else None
        size = self.mixer.mix(out, self.position, blend=self._blend, fade=fade, volume=volume)
        self.position += size
        return size

    def deck_state(
        self, output: str, output_fault: str | None, underruns: int, serial: int
    ) -> DeckState:
        """Everything there is to say, as an immutable value."""
        audible = self.mixer.audible(self.mixer.wanted)
        position = self._jump if self._jump is not None else self.position
        return DeckState(
            key=self.key,
            transport=self.transport(),
            position=self._start if self._start is not None else position / self.rate,
            duration=self.duration(),
            rate=self.rate,
            source=self.mixer.wanted,
            parts=tuple(part.state(part in audible) for part in self.mixer.parts),
            volume=round(self.mixer.volume.target, 4),
            output=output,
            output_fault=output_fault,
            underruns=underruns,
            loop=self.loop if self.looping else None,
            serial=serial,
        )
