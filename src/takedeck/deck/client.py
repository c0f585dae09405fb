"""The app's side of the deck: starts its process, sends commands, keeps its latest state."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from takedeck.deck.protocol import (
    AddParts,
    Command,
    Gain,
    Load,
    Loop,
    MeasureNull,
    Mute,
    Pause,
    PeaksDelta,
    Play,
    ProtocolError,
    Seek,
    Select,
    SetAvailable,
    SetOutput,
    Solo,
    Stop,
    Toggle,
    Unload,
    Volume,
    decode_report,
    encode,
)
from takedeck.deck.state import DeckState, PartSpec, Source

LINE_LIMIT = 1 << 20
_LOG: Final = logging.getLogger(__name__)
_GRACE = 3.0
_QUIET = 1.0
"""Seconds without a word from a deck that plays, and should speak 20 times in each."""

_SECOND_LOOK = 0.25


class DeckClient:
    """A deck in a process of its own, spoken to from one event loop.

    Commands never block and never raise for a dead process: `state` tells. The next `load` starts
    the process again.
    """

    def __init__(
        self, *, scratch: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self.state = DeckState()
        self._scratch = scratch
        self._environ = dict(os.environ if environ is None else environ)
        self._output = "auto"
        self._volume = 1.0
        self._process: asyncio.subprocess.Process | None = None
        self._starting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[bytes] = []
        self._callbacks: dict[object, Callable[[DeckState], None]] = {}
        self._peaks: dict[str, bytearray] = {}
        self._peaks_key: str | None = None
        self._seeks = 0
        self._closing = False
        self._doubt: asyncio.TimerHandle | None = None
        self._mute = False

    # --- life

    async def start(self, output: str = "auto") -> None:
        """Start the process; frames go to `output`. Its first state follows by itself."""
        self._output = output
        self._closing = False
        self._begin()
        if self._starting is not None:
            await self._starting

    async def close(self) -> None:
        """End the process and wait until it has finished its files."""
        self._closing = True
        if self._starting is not None:
            await asyncio.wait([self._starting])
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), _GRACE)
            except TimeoutError:
                process.kill()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GRACE)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process is not None and self.alive else None

    def subscribe(self, callback: Callable[[DeckState], None]) -> Callable[[], None]:
        """Have each new state told; returns what ends it."""
        token = object()
        self._callbacks[token] = callback

        def unsubscribe() -> None:
            self._callbacks.pop(token, None)

        return unsubscribe

    def peaks(self, name: str) -> bytes:
        """The waveform of a part so far: one byte, 0..255, for every `PEAK_FRAMES` frames."""
        return bytes(self._peaks.get(name, b""))

    # --- commands

    def load(self, key: str, parts: Iterable[PartSpec], play: bool, start: float = 0.0) -> None:
        """Put these parts on the deck; starts the process again if it has died."""
        self._peaks_key, self._peaks = key, {}
        if not self.alive and self._starting is None and not self._closing:
            self._begin()
        self._send(Load(key, tuple(parts), play, start))

    def add_parts(self, parts: Iterable[PartSpec]) -> None:
        """Put more parts beside those on the deck."""
        self._send(AddParts(tuple(parts)))

    def set_available(
        self,
        name: str,
        available: int,
        complete: bool = False,
        fault: str | None = None,
        key: str | None = None,
    ) -> None:
        """Say how many bytes of a part's file may be read now; see `Deck.set_available`."""
        self._send(SetAvailable(name, available, complete, fault, key))

    def play(self) -> None:
        """Play on, or from the start after the end."""
        self._send(Play())

    def pause(self) -> None:
        """Fall silent and stay."""
        self._send(Pause())

    def toggle(self) -> None:
        """Play if paused, pause if playing; a process that does not answer is not told to pause."""
        if not self._mute:
            self._send(Toggle())

    def stop(self) -> None:
        """Fall silent and go to the start."""
        self._send(Stop())

    def seek(self, seconds: float) -> None:
        """Go to `seconds`."""
        if self.alive or self._starting is not None:
            self._seeks += 1
        self._send(Seek(seconds))

    def has_sought(self, state: DeckState) -> bool:
        """Whether the state is from after the last seek, and its position what that led to."""
        return state.seeks >= self._seeks

    def select(self, source: Source) -> None:
        """Hear the master, or the stems."""
        self._send(Select(source))

    def mute(self, name: str, on: bool) -> None:
        """Mute a stem or not."""
        self._send(Mute(name, on))

    def solo(self, name: str, on: bool) -> None:
        """Solo a stem or not."""
        self._send(Solo(name, on))

    def gain(self, name: str, db: float) -> None:
        """Set a part's gain, -60 (silence) to +6 dB."""
        self._send(Gain(name, db))

    def volume(self, volume: float) -> None:
        """Set the volume of everything, 0..1; kept when the process is started again."""
        self._volume = volume
        self._send(Volume(volume))

    def loop(self, start: float, end: float, on: bool) -> None:
        """Play from `start` to `end` seconds over and over, or no more."""
        self._send(Loop(start, end, on))

    def output(self, kind: str) -> None:
        """Send frames elsewhere; kept when the process is started again."""
        self._output = kind
        self._send(SetOutput(kind))

    def null_test(self) -> None:
        """Measure master minus stems, once all are whole; `null_db` of the state has the result."""
        self._send(MeasureNull())

    def unload(self) -> None:
        """Take everything off the deck."""
        self._send(Unload())

    # --- inside

    def _send(self, command: Command) -> None:
        line = encode(command)
        if self._starting is not None:
            self._held.append(line)
        elif self._process is not None and self._process.stdin is not None and self.alive:
            self._process.stdin.write(line)

    def _begin(self) -> None:
        if self.alive or self._starting is not None:
            return
        self._seeks = 0
        self._starting = asyncio.create_task(self._launch(), name="deck-start")

    async def _launch(self) -> None:
        # -P: a numpy.py in the folder the app was started from must not be imported.
        command = [sys.executable, "-P", "-m", "takedeck.deck", "--output", self._output]
        if self._scratch is not None:
            command += ["--scratch", str(self._scratch)]
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe, stderr=pipe, limit=LINE_LIMIT,
                start_new_session=True, env=self._environ | {"PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        except OSError as error:
            self._publish(_fallen(f"The deck's process did not start: {error.strerror}."))
            return
        finally:
            self._starting = None
        self._process = process
        _LOG.info("the deck's process is %d, its output %s", process.pid, self._output)
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.write(encode(Volume(self._volume)))
        process.stdin.writelines(self._held)
        self._held = []
        for job in (self._read(process), self._overhear(process)):
            task = asyncio.create_task(job)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        async for line in process.stdout:
            try:
                report = decode_report(line)
            except ProtocolError as error:
                _LOG.warning("the deck said what is no report: %s", error)
                continue
            if isinstance(report, PeaksDelta):
                self._collect(report)
            else:
                self._expect_more(report.state)
                self._publish(report.state)
        if self._process is process:
            self._expect_more(None)
        code = await process.wait()
        _LOG.info("the deck's process %d ended: %s", process.pid, _cause(code))
        if self._process is process and not self._closing:
            self._publish(
                _fallen(f"The deck's process ended ({_cause(code)}); play starts it again.")
            )

    async def _overhear(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None  # noqa: S101 - it is a pipe
        async for line in _lines(process.stderr):
            _LOG.warning("deck: %s", line)

    def _expect_more(self, state: DeckState | None) -> None:
        """The process spoke, or ended: while it plays, more has to follow."""
        self._mute = False
        if self._doubt is not None:
            self._doubt.cancel()
            self._doubt = None
        if state is not None and state.transport == "playing":
            loop = asyncio.get_running_loop()
            self._doubt = loop.call_later(_QUIET, self._look_again)

    def _look_again(self) -> None:
        # If it was this process that stood still, what the other one said has yet to be read.
        loop = asyncio.get_running_loop()
        self._doubt = loop.call_later(_SECOND_LOOK, self._say_mute)

    def _say_mute(self) -> None:
        self._doubt, self._mute = None, True
        fault = "the deck's process does not answer: waiting for it"
        serial = self.state.serial + 1
        self._publish(replace(self.state, transport="waiting", output_fault=fault, serial=serial))

    def _collect(self, delta: PeaksDelta) -> None:
        if delta.key == self._peaks_key:
            bins = self._peaks.setdefault(delta.name, bytearray())
            bins[delta.start :] = delta.bins

    def _publish(self, state: DeckState) -> None:
        self.state = state if state.serial else replace(state, serial=self.state.serial + 1)
        # From the loop itself, so that a callback that raises does not end the reading.
        loop = asyncio.get_running_loop()
        for token in self._callbacks:
            loop.call_soon(self._call, token, self.state)

    def _call(self, token: object, state: DeckState) -> None:
        if callback := self._callbacks.get(token):
            callback(state)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """What was written, line by line; one without an end comes in pieces."""
    rest = b""
    while data := await stream.read(4096):
        *whole, rest = (rest + data).split(b"\n")
        whole, rest = ([*whole, rest], b"") if len(rest) > 4096 else (whole, rest)
        for line in whole:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")


def _fallen(fault: str) -> DeckState:
    return DeckState(output_fault=fault)


def _cause(code: int) -> str:
    if code >= 0:
        return f"code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
