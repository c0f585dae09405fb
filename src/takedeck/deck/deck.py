"""The deck: commands in from any thread, frames out to an output, states to a listener."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from takedeck.deck import outputs
from takedeck.deck.decoding.decoder import Decoder
from takedeck.deck.mixer import Mixer
from takedeck.deck.nulltest import NullTest
from takedeck.deck.outputs.base import Block, Output
from takedeck.deck.outputs.supervisor import Supervisor
from takedeck.deck.part import Part
from takedeck.deck.playhead import Playhead
from takedeck.deck.state import DeckState, PartSpec, Source

MAX_PARTS = 17
"""A master and sixteen stems."""

TICK = 0.05
"""Seconds between two states while something moves."""

_REST = 0.5
_PAUSE = 0.002
_TOGETHER = 0.05
"""Seconds for which the rate is left open until the heads of all parts are read."""

_ENOUGH_RATE = 48_000
_EMPTY: Block = np.zeros((0, 2), dtype=np.int16)


class Deck:
    """Plays parts on one clock.

    Every command may be called from any thread, takes effect with the next frames, and never
    blocks. `listener` gets a new `DeckState` at every change and 20 times a second while something
    moves, always from the deck's own thread. `make_output` turns a kind into an output.
    """

    def __init__(
        self,
        listener: Callable[[DeckState], None] | None = None,
        *,
        output: str = "auto",
        scratch: Path | None = None,
        make_output: Callable[[str], Output] = outputs.make,
    ) -> None:
        # Around the playhead and the mixer: commands, and the output while it mixes.
        self._lock = threading.Lock()
        # Around what is new: decoders and commands say it, the deck's thread is woken by it. It is
        # never held while anything is mixed, and nobody who holds it takes the other.
        news = threading.Lock()
        self._news = threading.Condition(news)
        self._heads = threading.Condition(news)
        self._mixer = Mixer()
        self._head = Playhead(self._mixer)
        self._decoders: dict[str, Decoder] = {}
        self._listener = listener
        self._scratch = scratch
        self._kind: str | None = output
        self._outputs = Supervisor(make_output, self._render, self._hurry)
        self._urged = False
        self._urgent = True
        self._moved = False
        self._closing = False
        self._serial = 0
        self._seeks = 0
        self._null: NullTest | None = None
        self._thread = threading.Thread(target=self._tend, name="deck", daemon=True)
        self._thread.start()

    # --- commands

    def load(self, key: str, parts: Iterable[PartSpec], play: bool, start: float = 0.0) -> None:
        """Put these parts on the deck instead of what was there, from `start` seconds."""
        with self._changing() as head:
            self._drop()
            self._urged = True
            head.load(key, play, start)
            head.add(self._open(parts))

    def add_parts(self, parts: Iterable[PartSpec]) -> None:
        """Put more parts beside those on the deck; names that are there already are ignored."""
        with self._changing() as head:
            if head.key is not None:
                head.add(self._open(parts))

    def set_available(
        self,
        name: str,
        available: int,
        complete: bool = False,
        fault: str | None = None,
        key: str | None = None,
    ) -> None:
        """Say how many bytes of a part's file may be read now.

        With a `key`, it is passed over unless that is what is loaded: news of the track before
        may come late, and its parts may have the same names.
        """
        with self._lock:
            part = self._mixer.part(name) if key in (None, self._head.key) else None
        if part is not None:
            part.source.set_available(available, complete, fault)

    def play(self) -> None:
        """Play on, or from the start after the end; a device that is away is tried at once."""
        with self._changing() as head:
            self._urged = True
            head.play()

    def pause(self) -> None:
        """Fall silent and stay."""
        with self._changing() as head:
            head.pause()

    def toggle(self) -> None:
        """Play if paused, pause if playing; while a lost device is waited for, try it at once."""
        with self._changing() as head:
            self._urged = True
            if head.playing and not head.held:
                head.pause()
            else:
                head.play()

    def stop(self) -> None:
        """Fall silent and go to the start."""
        with self._changing() as head:
            head.stop()

    def seek(self, seconds: float) -> None:
        """Go to `seconds`; what is not there yet is waited for."""
        with self._changing() as head:
            self._seeks += 1
            head.seek(seconds)

    def select(self, source: Source) -> None:
        """Hear the master, or the stems, as soon as they are there."""
        with self._changing() as head:
            self._mixer.select(source, head.over)

    def mute(self, name: str, on: bool) -> None:
        """Mute a stem or not."""
        with self._changing() as head:
            self._mixer.mute(name, on, head.over)

    def solo(self, name: str, on: bool) -> None:
        """Solo a stem or not; several may be."""
        with self._changing() as head:
            self._mixer.solo(name, on, head.over)

    def gain(self, name: str, db: float) -> None:
        """Set a part's gain, -60 (silence) to +6 dB."""
        with self._changing() as head:
            self._mixer.gain(name, db, head.over)

    def volume(self, volume: float) -> None:
        """Set the volume of everything, 0..1."""
        with self._changing() as head:
            self._mixer.set_volume(volume, head.over)

    def loop(self, start: float, end: float, on: bool) -> None:
        """Play from `start` to `end` seconds over and over, or no more."""
        with self._changing() as head:
            head.set_loop(start, end, on)

    def output(self, kind: str) -> None:
        """Send frames elsewhere, from the frame that is next."""
        with self._changing():
            self._kind = kind

    def null_test(self) -> None:
        """Measure master minus stems if all are whole; `null_db` of the state has the result."""
        with self._changing():
            master = next((part.pcm for part in self._mixer.of("master")), None)
            stems = [part.pcm for part in self._mixer.of("stems")]
            whole = all(part.complete for part in self._mixer.parts)
            if master is not None and stems and whole and self._null is None:
                self._null = NullTest(master, stems, self._progress)

    def unload(self) -> None:
        """Take everything off the deck; the output stays open."""
        with self._changing() as head:
            self._drop()
            head.unload()

    def close(self) -> None:
        """End everything; waits until files are finished and threads have ended."""
        with self._changing() as head:
            decoders = list(self._decoders.values())
            self._drop()
            head.unload()
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join()
        for decoder in decoders:
            decoder.join(1.0)

    # --- what is known

    def state(self) -> DeckState:
        """The deck at this instant."""
        with self._lock:
            return self._state()

    def peaks(self, name: str, since: int = 0) -> bytes:
        """The bins of a part's waveform from bin `since` on, 0..255 each; none if unknown."""
        with self._lock:
            part = self._mixer.part(name)
        return part.peaks.since(since) if part else b""

    # --- inside

    @contextmanager
    def _changing(self) -> Iterator[Playhead]:
        """The lock around a command; wakes the deck's thread when the command is done."""
        with self._lock:
            output = self._outputs.output
            if output is not None and output.replaying is not None:
                self._head.rewind(output.replaying.interrupt())
            yield self._head
        self._say(urgent=True)

    def _say(self, *, urgent: bool) -> None:
        """Have the deck's thread look; what is urgent it does not put off until the next tick."""
        with self._news:
            self._moved = True
            self._urgent = self._urgent or urgent
            self._news.notify()

    def _drop(self) -> None:
        for decoder in self._decoders.values():
            decoder.close()
        self._decoders.clear()
        self._null = None

    def _open(self, specs: Iterable[PartSpec]) -> list[Part]:
        parts = []
        for spec in specs:
            if spec.name not in self._decoders and len(self._decoders) < MAX_PARTS:
                part = Part(spec, self._scratch)
                decoder = Decoder(
                    part, partial(self._settle_rate, part), partial(self._progress, part)
                )
                self._decoders[spec.name] = decoder
                decoder.start()
                parts.append(part)
        return parts

    def _settle_rate(self, part: Part, rate: int) -> int:
        """The rate that a part whose own is `rate` is brought to.

        Of parts that come together it is the highest that a device has: which of their decoders is
        the first must not decide, and a stem of 8 kHz not take the others' treble.
        """
        with self._news:
            self._heads.notify_all()
            if not self._head.rated:
                self._heads.wait_for(self._all_known, _TOGETHER)
        with self._lock:
            if part not in self._mixer.parts:
                # It was taken off the deck meanwhile, and has no say in what came after it.
                return rate
            known = [found.format.rate for found in self._mixer.parts if found.format] + [rate]
            some = [found for found in known if 0 < found <= _ENOUGH_RATE]
            agreed = self._head.settle_rate(max(some, default=rate))
        self._say(urgent=True)
        return agreed

    def _all_known(self) -> bool:
        waited = [part for part in self._mixer.parts if not part.complete]
        return self._head.rated or all(part.format and part.format.rate for part in waited)

    def _progress(self, part: Part | None = None) -> None:
        """A decoder has got on. Reads the playhead without its lock: see below.

        A decoder that waited for the lock would wait for the mixing, and the output for a decoder
        that was put to sleep holding it. What is read here may be old by one command or one
        period; each of them has the deck's thread look again, after it.
        """
        urgent = self._head.ready and not self._head.sounding
        with self._news:
            self._heads.notify_all()
        self._say(urgent=urgent)
        if part is not None and (pause := self._head.decoder_pause(part)):
            # Its decoder leaves the processor to the callback, and to parts that are waited for.
            time.sleep(_PAUSE * pause)

    def _state(self) -> DeckState:
        output, outputs = self._outputs.output, self._outputs
        name = output.name if output else ""
        state = self._head.deck_state(name, outputs.fault, outputs.underruns, self._serial)
        state = replace(state, null_db=self._null.db if self._null else None, seeks=self._seeks)
        if output and output.replaying and (ahead := output.replaying.pending):
            state = replace(state, position=max(0.0, state.position - ahead / state.rate))
        return state

    def _hurry(self) -> None:
        self._say(urgent=True)

    def _render(self, output: Output, frames: int) -> Block | None:
        with self._lock:
            head = self._head
            # One that has been given up, and wakes again, takes nothing from the one in use.
            if output is not self._outputs.output or (head.rated and output.rate != head.rate):
                return _EMPTY
            self._outputs.flows()
            head.held = False
            before = head.transport()
            block = self._frames(output, frames)
            changed = head.transport() != before or block is None
        # The deck's thread looks by itself at each tick: it is woken for what cannot wait.
        self._moved = True
        if changed:
            self._say(urgent=True)
        return block

    def _frames(self, output: Output, frames: int) -> Block | None:
        if output.replaying is not None:
            block = self._head.pull(frames, replayed=True)
            if block is not None:
                output.replaying.given(len(block))
            return block
        return self._head.pull(frames) if output.offline else self._head.render(frames)

    def _tend(self) -> None:
        published = 0.0
        while True:
            with self._news:
                rest = TICK if self._head.playing else _REST
                self._news.wait_for(lambda: self._urgent or self._closing or self._moved, rest)
                rest = max(0.0, published + TICK - time.monotonic())
                self._news.wait_for(lambda: self._urgent or self._closing, rest)
                if self._closing:
                    break
            self._tend_output()
            with self._news:
                changed = self._urgent or self._moved
                self._urgent = self._moved = False
            with self._lock:
                output = self._outputs.output
                replaying = output is not None and output.replaying is not None
                changed = changed or (replaying and self._head.playing)
                self._serial += changed
                state = self._state()
            if changed and self._listener:
                published = time.monotonic()
                self._listener(state)
        self._outputs.close()

    def _tend_output(self) -> None:
        outputs = self._outputs
        with self._lock:
            kind, self._kind = self._kind, None
            rate, urged, self._urged = self._head.rate, self._urged, False
        if kind is not None:
            outputs.choose(kind, rate)
            self._hurry()
        if urged:
            outputs.urge()
        output = outputs.output
        with self._lock:
            used = output.rate if output is not None else 0
            rate, rated = self._head.rate if self._head.rated else used or rate, self._head.rated
            own_pace = output is not None and (output.offline or output.replaying is not None)
            waiting = self._head.playing and bool(self._mixer.parts)
            needed = self._head.sounding or (waiting if own_pace else self._head.ready)
        changed = outputs.tend(rate, rated=rated, needed=needed)
        with self._lock:
            if outputs.waiting and not self._head.held:
                self._head.hold(round(outputs.latency * self._head.rate))
            self._head.held = outputs.waiting
            done = output is not None and output.done
            if self._head.playing and (done or self._head.hopeless):
                self._head.finish()
                changed = True
        if changed:
            self._say(urgent=True)
