"""The deck: takes commands from any thread, feeds an output, reports states to a listener."""

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
"""Seconds between two states while playing."""

_IDLE_TICK = 0.5
_DECODER_PAUSE = 0.002
"""Seconds a decoder sleeps after a step, for each part being decoded, see `_progress`."""

_RATE_WAIT = 0.05
"""Seconds to wait for the headers of all parts before the deck's sample rate is chosen."""

_HIGHEST_RATE = 48_000
_EMPTY: Block = np.zeros((0, 2), dtype=np.int16)


class Deck:
    """Plays all parts of a track in sync.

    Every command may be called from any thread, takes effect with the next frames, and never
    blocks. `listener` gets a new `DeckState` at every change and 20 times a second while playing,
    always from the deck's own thread. `make_output` makes an output of a given kind.
    """

    def __init__(
        self,
        listener: Callable[[DeckState], None] | None = None,
        *,
        output: str = "auto",
        scratch: Path | None = None,
        make_output: Callable[[str], Output] = outputs.make,
    ) -> None:
        # Guards the playhead and the mixer: held by commands, and by the output while it mixes.
        self._lock = threading.Lock()
        # Guards the flags by which decoders and commands wake the deck's thread. Never held while
        # mixing, and whoever holds it does not take the other lock.
        news = threading.Lock()
        self._news = threading.Condition(news)
        self._heads = threading.Condition(news)
        self._mixer = Mixer()
        self._head = Playhead(self._mixer)
        self._decoders: dict[str, Decoder] = {}
        self._listener = listener
        self._scratch = scratch
        self._kind: str | None = output
        self._outputs = Supervisor(make_output, self._render, self._wake_now)
        self._retry_output = False
        self._urgent = True
        self._dirty = False
        self._closing = False
        self._serial = 0
        self._seeks = 0
        self._null: NullTest | None = None
        self._thread = threading.Thread(target=self._run, name="deck", daemon=True)
        self._thread.start()

    # --- commands

    def load(self, key: str, parts: Iterable[PartSpec], play: bool, start: float = 0.0) -> None:
        """Replace what is on the deck by these parts, at `start` seconds."""
        with self._command() as head:
            self._drop_decoders()
            self._retry_output = True
            head.load(key, play, start)
            self._add(parts)

    def add_parts(self, parts: Iterable[PartSpec]) -> None:
        """Add parts to those on the deck; names that are already there are ignored."""
        with self._command() as head:
            if head.key is not None:
                self._add(parts)

    def set_available(
        self,
        name: str,
        available: int,
        complete: bool = False,
        fault: str | None = None,
        key: str | None = None,
    ) -> None:
        """Say how many bytes of a part's file may be read now.

        With a `key`, it is ignored unless that track is loaded: a report about the previous track
        may come late, and its parts may have the same names.
        """
        with self._lock:
            part = self._mixer.part(name) if key in (None, self._head.key) else None
        if part is not None:
            part.source.set_available(available, complete, fault)

    def play(self) -> None:
        """Play, from the start if the track has ended; a lost device is retried at once."""
        with self._command() as head:
            self._retry_output = True
            head.play()

    def pause(self) -> None:
        """Stop sounding and keep the position."""
        with self._command() as head:
            head.pause()

    def toggle(self) -> None:
        """Play if paused, pause if playing; while waiting for a lost device, retry it at once."""
        with self._command() as head:
            self._retry_output = True
            if head.playing and not head.held:
                head.pause()
            else:
                head.play()

    def stop(self) -> None:
        """Stop sounding and go to the start."""
        with self._command() as head:
            head.stop()

    def seek(self, seconds: float) -> None:
        """Move the playhead to `seconds`; if that is not decoded yet, playback waits for it."""
        with self._command() as head:
            self._seeks += 1
            head.seek(seconds)

    def select(self, source: Source) -> None:
        """Listen to the master or to the stems, as soon as they are decoded far enough."""
        with self._command() as head:
            self._mixer.select(source, head.over)

    def mute(self, name: str, on: bool) -> None:
        """Mute or unmute a stem."""
        with self._command() as head:
            self._mixer.mute(name, on, head.over)

    def solo(self, name: str, on: bool) -> None:
        """Solo or unsolo a stem; several may be soloed."""
        with self._command() as head:
            self._mixer.solo(name, on, head.over)

    def gain(self, name: str, db: float) -> None:
        """Set a part's gain in dB, -60 (silence) to +6."""
        with self._command() as head:
            self._mixer.gain(name, db, head.over)

    def volume(self, volume: float) -> None:
        """Set the master volume, 0..1."""
        with self._command() as head:
            self._mixer.set_volume(volume, head.over)

    def loop(self, start: float, end: float, on: bool) -> None:
        """Set the loop region in seconds, and turn looping on or off."""
        with self._command() as head:
            head.set_loop(start, end, on)

    def output(self, kind: str) -> None:
        """Switch to an output of that kind, from the next frame on."""
        with self._command():
            self._kind = kind

    def null_test(self) -> None:
        """Measure master minus stems if all are fully decoded; the result goes to `null_db`."""
        with self._command():
            master = next((part.pcm for part in self._mixer.of("master")), None)
            stems = [part.pcm for part in self._mixer.of("stems")]
            whole = all(part.complete for part in self._mixer.parts)
            if master is not None and stems and whole and self._null is None:
                self._null = NullTest(master, stems, self._progress)

    def unload(self) -> None:
        """Remove all parts; the output stays open."""
        with self._command() as head:
            self._drop_decoders()
            head.unload()

    def close(self) -> None:
        """Stop everything; waits until output files are finished and threads have ended."""
        with self._command() as head:
            decoders = list(self._decoders.values())
            self._drop_decoders()
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

    def bands(self, name: str, since: int = 0) -> bytes:
        """The part's waveform bins from bin `since` on, 3 bytes each; empty for an unknown part."""
        with self._lock:
            part = self._mixer.part(name)
        return part.bands.since(since) if part else b""

    # --- inside

    @contextmanager
    def _command(self) -> Iterator[Playhead]:
        """Hold the lock during a command, and wake the deck's thread afterwards."""
        with self._lock:
            output = self._outputs.output
            if output is not None and output.replaying is not None:
                self._head.rewind(output.replaying.interrupt())
            yield self._head
        self._wake(urgent=True)

    def _wake(self, *, urgent: bool) -> None:
        """Wake the deck's thread; unless `urgent`, it may wait for the next tick."""
        with self._news:
            self._dirty = True
            self._urgent = self._urgent or urgent
            self._news.notify()
            self._heads.notify_all()

    def _drop_decoders(self) -> None:
        for decoder in self._decoders.values():
            decoder.close()
        self._decoders.clear()
        self._null = None

    def _add(self, specs: Iterable[PartSpec]) -> None:
        """Add parts and start their decoders; the caller holds the lock."""
        parts, decoders = [], []
        for spec in specs:
            if spec.name not in self._decoders and len(self._decoders) < MAX_PARTS:
                part = Part(spec, self._scratch)
                decoder = Decoder(
                    part, partial(self._settle_rate, part), partial(self._progress, part)
                )
                self._decoders[spec.name] = decoder
                parts.append(part)
                decoders.append(decoder)
        self._head.add(parts)
        # Not before all parts are added: a decoder asks at once which rates the others have.
        for decoder in decoders:
            decoder.start()

    def _settle_rate(self, part: Part, rate: int) -> int:
        """The rate to resample a part to whose own sample rate is `rate`.

        It is the highest among the parts loaded together, up to 48 kHz: neither the order of the
        decoders nor a stem of 8 kHz may decide what becomes of the others' treble.
        """
        with self._news:
            self._heads.notify_all()
            if not self._head.rated:
                self._heads.wait_for(self._rates_known, _RATE_WAIT)
        with self._lock:
            if part not in self._mixer.parts:
                # It has been unloaded meanwhile: it must not set the rate of the next track.
                return rate
            known = [found.format.rate for found in self._mixer.parts if found.format] + [rate]
            some = [found for found in known if 0 < found <= _HIGHEST_RATE]
            agreed = self._head.settle_rate(max(some, default=rate))
        self._wake(urgent=True)
        return agreed

    def _rates_known(self) -> bool:
        waited = [part for part in self._mixer.parts if not part.complete]
        return self._head.rated or all(part.format and part.format.rate for part in waited)

    def _progress(self, part: Part | None = None) -> None:
        """A decoder has made progress. Reads the playhead without the lock, on purpose.

        With the lock, a decoder would wait for the mixing, and the output for a decoder that was
        descheduled while holding it. The values read here may be stale by one command or one
        period; both wake the deck's thread afterwards, so nothing is missed.
        """
        self._wake(urgent=self._head.ready and not self._head.sounding)
        if part is not None and (pause := self._head.decoder_pause(part)):
            # Yield the processor to the audio callback and to parts that playback is waiting for.
            time.sleep(_DECODER_PAUSE * pause)

    def _state(self) -> DeckState:
        output, outputs = self._outputs.output, self._outputs
        name = output.name if output else ""
        state = self._head.deck_state(name, outputs.fault, outputs.underruns, self._serial)
        state = replace(state, null_db=self._null.db if self._null else None, seeks=self._seeks)
        if output and output.replaying and (ahead := output.replaying.pending):
            state = replace(state, position=max(0.0, state.position - ahead / state.rate))
        return state

    def _wake_now(self) -> None:
        self._wake(urgent=True)

    def _render(self, output: Output, frames: int) -> Block | None:
        with self._lock:
            head = self._head
            # An abandoned output that comes back to life must not take frames from the current one.
            if output is not self._outputs.output or (head.rated and output.rate != head.rate):
                return _EMPTY
            self._outputs.flows()
            head.held = False
            before = head.transport()
            block = self._frames(output, frames)
            changed = head.transport() != before or block is None
        # The deck's thread wakes at each tick anyway: wake it now only for what cannot wait.
        self._dirty = True
        if changed:
            self._wake(urgent=True)
        return block

    def _frames(self, output: Output, frames: int) -> Block | None:
        if output.replaying is not None:
            block = self._head.pull(frames, replayed=True)
            if block is not None:
                output.replaying.given(len(block))
            return block
        return self._head.pull(frames) if output.offline else self._head.render(frames)

    def _run(self) -> None:
        published = 0.0
        while True:
            with self._news:
                rest = TICK if self._head.playing else _IDLE_TICK
                self._news.wait_for(lambda: self._urgent or self._closing or self._dirty, rest)
                rest = max(0.0, published + TICK - time.monotonic())
                self._news.wait_for(lambda: self._urgent or self._closing, rest)
                if self._closing:
                    break
            self._tend_output()
            with self._news:
                changed = self._urgent or self._dirty
                self._urgent = self._dirty = False
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
            rate, urged, self._retry_output = self._head.rate, self._retry_output, False
        if kind is not None:
            outputs.choose(kind, rate)
            self._wake_now()
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
            self._wake(urgent=True)
