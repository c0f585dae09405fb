"""The playhead: the transport's state and the frames to be heard; no threads, clock or output."""

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
"""How much of every audible part must be decoded ahead before playback starts."""

State = Literal["empty", "loading", "playing", "buffering", "paused", "stopped", "ended"]
"""The transport's states; see the diagram in `Playhead` for the transitions."""

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
"""The states that one command, or the next frames, can lead to from each state."""

_PIECE_SECONDS: Final = 5
"""What is replayed comes in pieces of this many seconds at least, see `pull`."""

_NOTHING: Frames = np.zeros((0, 2), dtype=np.int16)


class Playhead:
    """The position in the mixer's parts that all of them share. The caller holds the deck's lock.

    Positions are in frames at `rate`. A command given while something sounds takes effect after a
    ramp down; in silence it takes effect at once. `state` is one of seven::

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

    `play` leads to `buffering` if the frames are not decoded yet, and to `loading` if nothing of
    this track has been heard yet. While the output is lost (`held`) the position is kept, and
    `waiting` is reported instead of the three states in which it would move.
    """

    def __init__(self, mixer: Mixer) -> None:
        self.mixer = mixer
        self.key: str | None = None
        self.rate = 44100
        self.rated = False
        self.position = 0
        self.state: State = "empty"
        self.held = False
        """The output is lost: the position stays until it is back."""
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
        """Unload, and start a new track at `start` seconds; what is sounding still fades out."""
        self.unload()
        self.key = key
        self._start = max(0.0, start)
        self.state = "loading" if play else "paused" if start > 0 else "stopped"

    def add(self, parts: Sequence[Part]) -> None:
        """Add parts to those loaded."""
        self.mixer.add(parts, self.over)

    def unload(self) -> None:
        """Remove all parts, with their gains and the loop; the volume stays."""
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
        """Set the rate of all parts, unless it is set already; returns the one that applies."""
        if not self.rated:
            self.rate, self.rated = rate, True
            if self._start is not None:
                self._jump, self._start = round(self._start * rate), None
        return self.rate

    # --- what the listener wants

    def play(self) -> None:
        """Play from the current position, or from the start if the track has ended."""
        if not self.mixer.parts or self.playing:
            return
        if self.state == "ended":
            self._jump = 0
        self.state = "playing" if self._started and self._enough else self._waiting_state

    def pause(self) -> None:
        """Stop sounding and keep the position."""
        if self.playing:
            self.state = "paused"

    def stop(self) -> None:
        """Stop sounding and go to the start."""
        if self.mixer.parts:
            self.state = "stopped"
            self.seek(0.0)

    def seek(self, seconds: float) -> None:
        """Move to `seconds`, clamped to the track where its length is known."""
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
            self._apply_jump()

    def set_loop(self, start: float, end: float, on: bool) -> None:
        """Set the loop region in seconds, and turn it on or off; an empty one counts as none."""
        valid = math.isfinite(start) and math.isfinite(end) and max(0.0, start) < end
        self.loop = (max(0.0, start), end) if valid else None
        self.looping = on and self.loop is not None

    # --- what can be known

    @property
    def playing(self) -> bool:
        """Whether playback is on, even if it is waiting for frames."""
        return self.state in _RUNNING

    @property
    def over(self) -> int:
        """The ramp in frames for a gain change now; 0 in silence."""
        return 0 if self._fade.silent else self._ramp

    @property
    def _ramp(self) -> int:
        return max(1, round(RAMP_SECONDS * self.rate))

    @property
    def sounding(self) -> bool:
        """Whether anything is still to be heard, if only a ramp down."""
        return bool(len(self._tail)) or not self._fade.silent

    @property
    def ready(self) -> bool:
        """Whether there would be sound if the output asked for frames now."""
        return self.playing and bool(self.mixer.parts) and (not self._fade.silent or self._enough)

    @property
    def _enough(self) -> bool:
        """Whether the chosen source is decoded far enough where playback would go on."""
        return self._ready(self.mixer.wanted, self.position if self._jump is None else self._jump)

    @property
    def _waiting_state(self) -> State:
        """The state while waiting for frames."""
        return "buffering" if self._started else "loading"

    def decoder_pause(self, part: Part) -> int:
        """How many parts are being decoded, if this one is far enough ahead to yield; else 0."""
        calm = self.playing and (self.sounding or not self._started)
        there = part.has(self.position, round(READY_SECONDS * self.rate))
        return sum(not other.complete for other in self.mixer.parts) if calm and there else 0

    @property
    def hopeless(self) -> bool:
        """Whether all parts of the chosen source ended without a single frame."""
        parts = self.mixer.needed(self.mixer.wanted)
        return bool(parts) and all(part.complete and not part.pcm.count for part in parts)

    def end(self) -> int | None:
        """The length in frames of the longest audible part; None until all of them are decoded."""
        parts = self.mixer.needed(self.mixer.sounding)
        whole = all(part.complete for part in parts)
        return max((part.pcm.count for part in parts), default=0) if whole else None

    def duration(self) -> float | None:
        """The length in seconds of the source's longest part, known or guessed; None if neither."""
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
        """The state to be reported."""
        if not self.mixer.parts:
            return "empty"
        return "waiting" if self.held and self.playing else self.state

    # --- frames

    def render(self, frames: int) -> Frames:
        """The next frames to be heard, an array of shape (frames, 2), silent where none are."""
        out: Frames = np.zeros((frames, 2), dtype=np.int16)
        self.mixer.rest()
        at = min(frames, len(self._tail))
        out[:at], self._tail = self._tail[:at], self._tail[at:]
        while at < frames:
            at += self._render_chunk(out[at : at + CHUNK])
        return out

    def pull(self, frames: int, *, replayed: bool = False) -> Frames | None:
        """Up to `frames` of the mix, fewer or none if not decoded yet; None after the end.

        Unlike `render` it adds no fades and no silence. Volume and loop are applied only if the
        frames will be `replayed`; those come in long pieces.
        """
        self._apply_jump()
        if not self.playing:
            return _NOTHING
        self.mixer.snap()
        end, room = self.end(), self._decoded_ahead()
        if replayed and self.looping and self._seam and self.position == self._seam.loop_end:
            self._jump_back(self._seam)
        loop_end = self._loop_end(end) if replayed else None
        stop = end if loop_end is None else loop_end
        limits = (stop, None if room is None else self.position + room)
        size = min([frames, *(limit - self.position for limit in limits if limit is not None)])
        if end is not None and self.position >= end:
            return None
        if size <= 0 or (replayed and room == size and size < _PIECE_SECONDS * self.rate):
            self.state = self._waiting_state
            return _NOTHING
        self._started, self.state = True, "playing"
        out: Frames = np.zeros((size, 2), dtype=np.int16)
        at = 0
        while at < len(out):
            size = self._chunk_size(min(CHUNK, len(out) - at), end, loop_end)
            volume = self.mixer.volume.target if replayed else 1.0
            at += self._mix(out[at : at + size], volume)
        return out

    def rewind(self, frames: int) -> None:
        """Go back by `frames` that were rendered but never heard."""
        if frames:
            self.position = max(0, self.position - frames)
            self._seam = self._blend = None

    def hold(self, frames: int) -> None:
        """The output is lost, and the last `frames` were not heard: go back by as many."""
        if not self._fade.silent and self._jump is None:
            start = self._loop_frame(0) if self.looping else 0
            self.position = max(min(start, self.position), self.position - frames)
        self._fade.snap(0.0)
        self._tail, self._seam, self._blend = _NOTHING, None, None
        if not self.playing:
            self._apply_jump()

    def finish(self) -> None:
        """All frames have been handed to the output: end."""
        self.state = "stopped" if self.hopeless else "ended"
        self._fade.snap(0.0)

    def _apply_jump(self) -> None:
        if self._jump is not None:
            self.position, self._jump = self._jump, None
            self._seam = self._blend = None
        self.mixer.switch(self.over)
        self.mixer.snap()

    def _render_chunk(self, out: Frames) -> int:
        if self._fade.silent:
            self._apply_jump()
            self._seam = self._blend = None
            if not self.playing:
                return len(out)
            if not self._ready(self.mixer.sounding, self.position):
                self.state = self._waiting_state
                return len(out)
            self._started, self.state = True, "playing"
        elif self.mixer.sounding != self.mixer.wanted and self._ready(
            self.mixer.wanted, self.position
        ):
            # Switch only once the other source is decoded here: until then this one plays on.
            self.mixer.switch(self.over)
        return self._mix_chunk(out)

    def _mix_chunk(self, out: Frames) -> int:
        end, room = self.end(), self._decoded_ahead()
        if end is not None and self.position >= end:
            if self.playing and self._jump is None:
                self.finish()
            # If it was paused, stopped or sought in its last milliseconds, it has not ended.
            self._fade.snap(0.0)
            return len(out)
        starving = room is not None and room <= self._ramp + CHUNK
        down = not self.playing or self._jump is not None or starving
        if down and self._fade.silent:
            # READY_SECONDS are decoded, yet less than a ramp: only at rates of a few hundred Hz.
            self.state = self._waiting_state
            return len(out)
        self._fade.to(0.0 if down else 1.0, self._ramp)
        size = self._chunk_size(len(out), end, None if down else self._loop_end(end))
        used = self._mix(out[: min(size, self._fade.left) if down else size], None)
        if self._seam is not None and self.position == self._seam.loop_end:
            self._jump_back(self._seam)
        if self._fade.silent and self.playing and self._jump is None:
            self.state = self._waiting_state
        return used

    def _chunk_size(self, size: int, end: int | None, loop_end: int | None) -> int:
        """How many of `size` frames can be mixed in one go: up to the end or a seam's next edge."""
        seam = self._seam
        if seam is not None and seam.out is None and seam.loop_end != loop_end:
            # The loop was changed. A fade-out that was planned must be kept; this seam has none.
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
        """Whether the jump from the loop's end to its start is no larger than those around it."""
        size = min(self._ramp, loop_end - start)
        step, others = self.mixer.largest_step(loop_end, start, size)
        return step <= others

    def _jump_back(self, seam: Seam) -> None:
        self.position, self._blend, self._seam = seam.start, seam.into, None

    def _loop_end(self, end: int | None) -> int | None:
        """The frame at which the loop jumps back, if it lies ahead; `end` limits it."""
        if not (self.looping and self.loop):
            return None
        start, loop_end = self._loop_frame(0), self._loop_frame(1)
        loop_end = loop_end if end is None else min(loop_end, end)
        return loop_end if max(start, self.position) < loop_end else None

    def _loop_frame(self, which: int) -> int:
        return round(self.loop[which] * self.rate) if self.loop else 0

    def _mix(self, out: Frames, volume: float | None) -> int:
        """Mix and advance by the number of frames returned; a `volume` replaces fade and volume."""
        fade = self._fade if volume is None else None
        size = self.mixer.mix(out, self.position, blend=self._blend, fade=fade, volume=volume)
        self.position += size
        return size

    def deck_state(
        self, output: str, output_fault: str | None, underruns: int, serial: int
    ) -> DeckState:
        """The state to be published, with the output's share of it."""
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
            clips=self.mixer.clips,
            serial=serial,
        )
