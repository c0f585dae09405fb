"""The app's end of the deck: starts its process, sends commands, keeps its latest state."""

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
    Stop,
    Toggle,
    Unload,
    Volume,
    decode_report,
    encode,
)
from takedeck.deck.state import BANDS, DeckState, PartSpec, Source

LINE_LIMIT = 1 << 20
"""Bytes of one report line at most."""

_LOG: Final = logging.getLogger(__name__)
_EXIT_SECONDS = 3.0
"""How long the process may take to exit before it is killed."""

_SILENCE_LIMIT = 1.0
"""A playing deck reports 20 times a second; this many seconds without a report are suspect."""

_SILENCE_GRACE = 0.25
"""Seconds more before it is reported, see `_grant_grace`."""


class DeckClient:
    """A deck in its own process, controlled from one event loop.

    `scratch` is the folder for decoded frames (the system's temporary folder by default), `environ`
    the process's environment (a copy of the app's by default).

    Commands never block, and never raise because the process is dead: that shows in `state`, whose
    `transport` is then `empty` and whose `output_fault` says why. The next `load` starts the
    process again. Times are in seconds. Out-of-range values are clamped by the deck, and parts it
    does not know are ignored.
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
        self._queued: list[bytes] = []
        self._callbacks: dict[object, Callable[[DeckState], None]] = {}
        self._bands: dict[str, bytearray] = {}
        self._bands_key: str | None = None
        self._seeks = 0
        self._closing = False
        self._silence_timer: asyncio.TimerHandle | None = None
        self._unresponsive = False

    # --- life

    async def start(self, output: str = "auto") -> None:
        """Start the process with the output of that kind (see `outputs.make`).

        Returns once it is spawned; its first state arrives later. If it cannot be spawned, that is
        in `state`, and nothing is raised.
        """
        self._output = output
        self._closing = False
        self._begin()
        if self._starting is not None:
            await self._starting

    async def close(self) -> None:
        """End the process; it has 3 s to finish the files it writes, then it is killed."""
        self._closing = True
        if self._starting is not None:
            await asyncio.wait([self._starting])
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), _EXIT_SECONDS)
            except TimeoutError:
                process.kill()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_EXIT_SECONDS)

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process's id, or None while it is not running."""
        return self._process.pid if self._process is not None and self.alive else None

    def subscribe(self, callback: Callable[[DeckState], None]) -> Callable[[], None]:
        """Call `callback` on the event loop with each new state; returns how to unsubscribe."""
        token = object()
        self._callbacks[token] = callback

        def unsubscribe() -> None:
            self._callbacks.pop(token, None)

        return unsubscribe

    def bands(self, name: str) -> bytes:
        """The part's waveform so far: `BANDS` bytes, 0..255 each, per `BIN_FRAMES` frames."""
        return bytes(self._bands.get(name, b""))

    # --- commands

    def load(self, key: str, parts: Iterable[PartSpec], play: bool, start: float = 0.0) -> None:
        """Replace what is on the deck by these parts, at `start` seconds.

        `key` names the track in states and in `set_available`. Starts the process again if it has
        died.
        """
        self._bands_key, self._bands = key, {}
        if not self.alive and self._starting is None and not self._closing:
            self._begin()
        self._send(Load(key, tuple(parts), play, start))

    def add_parts(self, parts: Iterable[PartSpec]) -> None:
        """Add parts to those on the deck; names that are already there are ignored."""
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
        """Play from the current position, or from the start if the track has ended."""
        self._send(Play())

    def pause(self) -> None:
        """Stop sounding and keep the position."""
        self._send(Pause())

    def toggle(self) -> None:
        """Play if paused, pause if playing; not sent while the process does not respond."""
        if not self._unresponsive:
            self._send(Toggle())

    def stop(self) -> None:
        """Stop sounding and go to the start."""
        self._send(Stop())

    def seek(self, seconds: float) -> None:
        """Move the playhead to `seconds`, clamped to the track where its length is known."""
        if self.alive or self._starting is not None:
            self._seeks += 1
        self._send(Seek(seconds))

    def has_sought(self, state: DeckState) -> bool:
        """Whether `state` is from after the last seek, so that its position is where that led."""
        return state.seeks >= self._seeks

    def select(self, source: Source) -> None:
        """Listen to the master or to the stems."""
        self._send(Select(source))

    def mute(self, name: str, on: bool) -> None:
        """Mute or unmute a stem."""
        self._send(Mute(name, on))

    def solo(self, name: str, on: bool) -> None:
        """Solo or unsolo a stem; several may be soloed."""
        self._send(Solo(name, on))

    def gain(self, name: str, db: float) -> None:
        """Set a part's gain in dB, -60 (silence) to +6."""
        self._send(Gain(name, db))

    def volume(self, volume: float) -> None:
        """Set the master volume, 0..1; kept when the process is started again."""
        self._volume = volume
        self._send(Volume(volume))

    def loop(self, start: float, end: float, on: bool) -> None:
        """Set the loop region in seconds, and turn looping on or off."""
        self._send(Loop(start, end, on))

    def output(self, kind: str) -> None:
        """Switch to an output of that kind, see `outputs.make`; kept when the process restarts."""
        self._output = kind
        self._send(SetOutput(kind))

    def null_test(self) -> None:
        """Measure master minus stems if all are decoded; the result goes to `state.null_db`."""
        self._send(MeasureNull())

    def unload(self) -> None:
        """Take everything off the deck."""
        self._send(Unload())

    # --- inside

    def _send(self, command: Command) -> None:
        line = encode(command)
        if self._starting is not None:
            self._queued.append(line)
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
            self._publish(_dead_state(f"The deck's process did not start: {error.strerror}."))
            return
        finally:
            self._starting = None
        self._process = process
        _LOG.info("the deck's process is %d, its output %s", process.pid, self._output)
        assert process.stdin is not None  # noqa: S101 - it is a pipe
        process.stdin.write(encode(Volume(self._volume)))
        process.stdin.writelines(self._queued)
        self._queued = []
        for job in (self._read(process), self._log_stderr(process)):
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
            if isinstance(report, BandsDelta):
                self._collect(report)
            else:
                self._restart_silence_timer(report.state)
                self._publish(report.state)
        if self._process is process:
            self._restart_silence_timer(None)
        code = await process.wait()
        _LOG.info("the deck's process %d ended: %s", process.pid, _cause(code))
        if self._process is process and not self._closing:
            self._publish(
                _dead_state(f"The deck's process ended ({_cause(code)}); play starts it again.")
            )

    async def _log_stderr(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None  # noqa: S101 - it is a pipe
        async for line in _lines(process.stderr):
            _LOG.warning("deck: %s", line)

    def _restart_silence_timer(self, state: DeckState | None) -> None:
        """The process has reported `state`, or ended (None); while it plays, more must follow."""
        self._unresponsive = False
        if self._silence_timer is not None:
            self._silence_timer.cancel()
            self._silence_timer = None
        if state is not None and state.transport == "playing":
            loop = asyncio.get_running_loop()
            self._silence_timer = loop.call_later(_SILENCE_LIMIT, self._grant_grace)

    def _grant_grace(self) -> None:
        # If it was the app that hung, reports are in the pipe: leave time to read them.
        loop = asyncio.get_running_loop()
        self._silence_timer = loop.call_later(_SILENCE_GRACE, self._report_unresponsive)

    def _report_unresponsive(self) -> None:
        self._silence_timer, self._unresponsive = None, True
        fault = "the deck's process does not answer: waiting for it"
        serial = self.state.serial + 1
        self._publish(replace(self.state, transport="waiting", output_fault=fault, serial=serial))

    def _collect(self, delta: BandsDelta) -> None:
        if delta.key == self._bands_key:
            bins = self._bands.setdefault(delta.name, bytearray())
            bins[delta.start * BANDS :] = delta.bins

    def _publish(self, state: DeckState) -> None:
        self.state = state if state.serial else replace(state, serial=self.state.serial + 1)
        # Called from the event loop, so that a callback that raises does not end the reader task.
        loop = asyncio.get_running_loop()
        for token in self._callbacks:
            loop.call_soon(self._call, token, self.state)

    def _call(self, token: object, state: DeckState) -> None:
        if callback := self._callbacks.get(token):
            callback(state)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """The stream's lines; one longer than 4 KiB comes in pieces."""
    rest = b""
    while data := await stream.read(4096):
        *whole, rest = (rest + data).split(b"\n")
        whole, rest = ([*whole, rest], b"") if len(rest) > 4096 else (whole, rest)
        for line in whole:
            yield line.decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")


def _dead_state(fault: str) -> DeckState:
    return DeckState(output_fault=fault)


def _cause(code: int) -> str:
    if code >= 0:
        return f"code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
