"""The deck's process: reads commands from standard input, writes reports to standard output."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from takedeck.deck.deck import Deck
from takedeck.deck.protocol import (
    AddParts,
    BandsDelta,
    Command,
    Gain,
    Load,
    Loop,
    MeasureNull,
    Mute,
    Pause,
    Play,
    ProtocolError,
    Seek,
    Select,
    SetAvailable,
    SetOutput,
    Solo,
    StateReport,
    Stop,
    Toggle,
    Unload,
    Volume,
    decode_command,
    encode,
)
from takedeck.deck.state import BANDS, DeckState

SWITCH_SECONDS = 0.001
"""The interpreter's switch interval: how long a decoder thread may delay the audio callback."""

BINS = 1 << 14
"""Waveform bins in one line at most, far below `client.LINE_LIMIT`."""


class Reporter:
    """Writes the latest state and new bands from its own thread: a slow reader delays no one."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._news = threading.Condition()
        self._state: DeckState | None = None
        self._closing = False
        self._sent: dict[str, int] = {}
        self._key: str | None = None
        self._thread: threading.Thread | None = None

    def start(self, bands: Callable[[str, int], bytes]) -> None:
        """Start the thread; `bands(name, start)` returns a part's bins from bin `start` on."""
        self._thread = threading.Thread(target=self._run, args=(bands,), name="report", daemon=True)
        self._thread.start()

    def publish(self, state: DeckState) -> None:
        """Queue this state; it replaces an older one that is not written yet."""
        with self._news:
            self._state = state
            self._news.notify()

    def close(self) -> None:
        """Write what is queued, for up to a second: the reader may be gone."""
        with self._news:
            self._closing = True
            self._news.notify()
        if self._thread:
            self._thread.join(1.0)

    def _run(self, bands: Callable[[str, int], bytes]) -> None:
        try:
            while (state := self._next()) is not None:
                self._out.write(encode(StateReport(state)))
                for delta in self._deltas(state, bands):
                    self._out.write(encode(delta))
                self._out.flush()
        except (BrokenPipeError, ValueError):
            return

    def _next(self) -> DeckState | None:
        with self._news:
            self._news.wait_for(lambda: self._state or self._closing)
            state, self._state = self._state, None
            return state

    def _deltas(self, state: DeckState, bands: Callable[[str, int], bytes]) -> list[BandsDelta]:
        if state.key != self._key:
            self._key, self._sent = state.key, {}
        deltas = []
        for part in state.parts:
            start = self._sent.get(part.name, 0)
            bins = bands(part.name, start) if state.key is not None else b""
            for at in range(0, len(bins) // BANDS, BINS):
                piece = bins[at * BANDS : (at + BINS) * BANDS]
                deltas.append(BandsDelta(state.key or "", part.name, start + at, piece))
            self._sent[part.name] = start + len(bins) // BANDS
        return deltas


def obey(deck: Deck, lines: BinaryIO) -> None:
    """Carry out commands until the input ends; an invalid line is skipped and reported."""
    for line in lines:
        try:
            carry_out(deck, decode_command(line))
        except ProtocolError as error:
            print(f"deck: refused: {error}", file=sys.stderr)  # noqa: T201


def carry_out(deck: Deck, command: Command) -> None:
    """Call the deck's method for this command; never blocks."""
    match command:
        case Load(key, parts, play, start):
            deck.load(key, parts, play, start)
        case AddParts(parts):
            deck.add_parts(parts)
        case SetAvailable(name, available, complete, fault, key):
            deck.set_available(name, available, complete, fault, key)
        case Play():
            deck.play()
        case Pause():
            deck.pause()
        case Toggle():
            deck.toggle()
        case Stop():
            deck.stop()
        case Seek(seconds):
            deck.seek(seconds)
        case Select(source):
            deck.select(source)
        case Mute(name, on):
            deck.mute(name, on)
        case Solo(name, on):
            deck.solo(name, on)
        case Gain(name, db):
            deck.gain(name, db)
        case Volume(volume):
            deck.volume(volume)
        case Loop(start, end, on):
            deck.loop(start, end, on)
        case SetOutput(kind):
            deck.output(kind)
        case MeasureNull():
            deck.null_test()
        case Unload():
            deck.unload()


def _thread_died(problem: threading.ExceptHookArgs) -> None:
    """A decoder's crash costs only its part; after any other thread's the process must end."""
    threading.__excepthook__(problem)
    if problem.thread is None or not problem.thread.name.startswith("decode-"):
        os._exit(70)


def main(argv: list[str] | None = None) -> int:
    """Run until standard input ends."""
    parser = argparse.ArgumentParser(prog="takedeck.deck", description=__doc__)
    parser.add_argument("--output", default="auto")
    parser.add_argument("--scratch", type=Path, default=None, help="folder for decoded frames")
    options = parser.parse_args(argv)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.excepthook = _thread_died
    sys.setswitchinterval(SWITCH_SECONDS)
    # Libraries may print to fd 1, but the pipe to the app must carry nothing but the protocol.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        reporter = Reporter(out)
        deck = Deck(reporter.publish, output=options.output, scratch=options.scratch)
        reporter.start(deck.bands)
        gc.freeze()
        obey(deck, sys.stdin.buffer)
        deck.close()
        reporter.close()
    return 0
