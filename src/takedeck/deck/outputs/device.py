"""The sound device, through miniaudio."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from typing import Any

import miniaudio

from takedeck.deck.faults import OutputError
from takedeck.deck.outputs.alsa import silence_alsa
from takedeck.deck.outputs.base import Render, Replaying

PERIOD_MS = 40
PERIODS = 2
"""Periods of `PERIOD_MS` in the device's buffer."""

SILENT_FOR = 0.5
"""Seconds without a callback after which the device counts as lost."""

_LONGEST_PERIOD_MS = 160
_LONGER_MS = 20
_GAPS_TO_GROW = 3


class DeviceOutput:
    """The default device. Periods start at 40 ms and grow after underruns.

    Every method may block for as long as a sound server hangs.
    """

    offline = False
    replaying: Replaying | None = None
    done = False

    def __init__(self) -> None:
        self.name = "sound device"
        self.rate = 0
        self.underruns = 0
        self._period_ms = PERIOD_MS
        self._gaps = 0
        self._device: _Device | None = None
        self._render: Render | None = None
        self._started = False
        self._ended = False
        self._called = 0.0

    @property
    def latency(self) -> float:
        """The length of the buffer in seconds."""
        return self._period_ms * PERIODS / 1000

    @property
    def underran(self) -> bool:
        """Whether it had several gaps since it was opened, and periods can still grow."""
        return self._gaps >= _GAPS_TO_GROW and self._period_ms < _LONGEST_PERIOD_MS

    @property
    def lost(self) -> bool:
        """Whether it is started and had no callback for half a second, or its callback failed."""
        return self._started and (self._ended or time.monotonic() - self._called > SILENT_FOR)

    def open(self, rate: int, render: Render) -> None:
        """Open the default device at `rate` Hz. Raises `OutputError` if there is none."""
        silence_alsa()
        self.close()
        if self.underran:
            self._period_ms += _LONGER_MS
        self._gaps = 0
        backends = miniaudio.get_enabled_backends() - {miniaudio.Backend.NULL}
        try:
            self._device = _Device(
                output_format=miniaudio.SampleFormat.SIGNED16,
                nchannels=2,
                sample_rate=rate,
                buffersize_msec=self._period_ms,
                callback_periods=PERIODS,
                backends=sorted(backends, key=lambda backend: int(backend.value)),
                app_name="takedeck",
            )
        except miniaudio.MiniaudioError as error:
            raise OutputError("no sound device") from error
        self.rate, self._render = rate, render
        self.name = f"sound device ({self._device.backend})"

    def start(self) -> None:
        """Start calling `render`. Raises `OutputError` if the device refuses."""
        if self._device is None or self._started:
            return
        frames = self._frames()
        next(frames)
        self._called, self._ended = time.monotonic(), False
        try:
            self._device.start(frames)
        except miniaudio.MiniaudioError as error:
            raise OutputError("the sound device does not start") from error
        # Starting may have taken long on a slow sound server: measure silence from now on.
        self._called = max(self._called, time.monotonic())
        self._started = True

    def stop(self) -> None:
        """Stop calling `render`, until started again."""
        if self._device is None or not self._started or self._render is None:
            return
        self._started = False
        with contextlib.suppress(miniaudio.MiniaudioError):
            self._device.stop()
        if self._device.backend.lower() == "pulseaudio":
            # A stopped stream keeps its buffered frames and would play those first: reopen it.
            self.open(self.rate, self._render)

    def close(self) -> None:
        """Release the device."""
        device, self._device = self._device, None
        self.rate, self._started = 0, False
        if device is not None:
            device.let_go()

    def _frames(self) -> Generator[bytes, int, None]:
        assert self._render is not None  # noqa: S101 - open() comes first
        wanted = yield b""
        self._called = time.monotonic()
        try:
            while True:
                now = time.monotonic()
                self._note_gap(now)
                self._called = now
                block = self._render(wanted)
                wanted = yield b"" if block is None else block.tobytes()
        finally:
            self._ended = True

    def _note_gap(self, now: float) -> None:
        if now - self._called > self.latency + 0.005:
            self.underruns += 1
            self._gaps += 1


class _Device(miniaudio.PlaybackDevice):
    """A device that also frees its context, and with it a connection to the sound server."""

    _context: Any = None

    def __init__(self, **options: Any) -> None:
        try:
            super().__init__(**options)
        except miniaudio.MiniaudioError:
            self.let_go()
            raise

    def let_go(self) -> None:
        """Close the device and its context; blocks while the sound server hangs."""
        self.close()
        context, self._context = self._context, None
        if context is not None:
            miniaudio.lib.ma_context_uninit(context)  # type: ignore[attr-defined]
