"""A private PulseAudio with a null sink: what a sound device would have played."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pytest
from numpy.typing import NDArray

DEADLINE = 60.0
_HOMES = ("XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH", "HOME")
_BLOCK = 1764 * 4


def missing() -> str | None:
    """Why there can be no private PulseAudio here, or None."""
    for program in ("pulseaudio", "parec"):
        if shutil.which(program) is None:
            return f"{program} is not installed (Debian: pulseaudio, pulseaudio-utils)"
    return None


class Pulse:
    """Runs while entered. `env` is what a child process needs to play here.

    Samples arrive as int16 frames at `rate`; wait for them with `until`.
    """

    def __init__(self, rate: int = 44100) -> None:
        self.rate = rate
        self.env: dict[str, str] = {}
        self.server: subprocess.Popen[bytes] | None = None
        self.answered = 0.0
        """When the server that runs began to answer, on the monotonic clock."""
        self._folder = Path(tempfile.mkdtemp(prefix="pulse-"))
        self._path = str(self._folder / "pulse.sock")
        self._recorder: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._pieces: list[bytes] = []
        self._news = threading.Condition()

    def __enter__(self) -> Self:
        alsa = self._folder / "alsa.conf"
        alsa.write_text("</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\n")
        self.env = {"PULSE_SERVER": f"unix:{self._path}", "ALSA_CONFIG_PATH": str(alsa)}
        self.start_server()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop_server()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start_server(self) -> None:
        """Start the sound server, again if it was stopped, and listen to it."""
        where, quiet = str(self._folder), subprocess.DEVNULL
        sink = f"sink_name=cap format=s16le rate={self.rate} channels=2 norewinds=1"
        self.server = subprocess.Popen(
            [
                "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                "--realtime=no", "--high-priority=no", "-L", f"module-null-sink {sink}",
                "-L", f"module-native-protocol-unix socket={self._path} auth-anonymous=1",
            ],
            env=os.environ | dict.fromkeys(_HOMES, where), stdin=quiet, stdout=quiet, stderr=quiet,
        )  # fmt: skip
        _until_accepting(self._path, self.server)
        self.answered = time.monotonic()
        before = len(self.heard())
        self._recorder = subprocess.Popen(
            [
                "parec", "-d", "cap.monitor", "--raw", "--format=s16le", f"--rate={self.rate}",
                "--channels=2", "--latency-msec=20",
            ],
            env=os.environ | self.env, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet,
        )  # fmt: skip
        self._reader = threading.Thread(
            target=self._listen, args=(self._recorder,), name="parec", daemon=True
        )
        self._reader.start()
        self.until(lambda heard: len(heard) > before)

    def stop_server(self) -> None:
        """Kill the sound server, as a crash would, and stop listening."""
        for process in (self.server, self._recorder):
            if process is not None:
                process.kill()
                process.wait()
        if self._reader is not None:
            self._reader.join()
        if self._recorder is not None and self._recorder.stdout is not None:
            self._recorder.stdout.close()
        self.server = self._recorder = self._reader = None

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """The sound server answers nobody inside the block."""
        assert self.server is not None
        self.server.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.server.send_signal(signal.SIGCONT)

    def heard(self) -> NDArray[np.int16]:
        """Everything heard so far, in the shape (frames, 2)."""
        with self._news:
            raw = b"".join(self._pieces)
        return np.frombuffer(raw, dtype="<i2").reshape(-1, 2)

    def until(
        self, enough: Callable[[NDArray[np.int16]], bool], deadline: float = DEADLINE
    ) -> NDArray[np.int16]:
        """Wait until `enough` of what was heard is true, and return it. Raises TimeoutError."""
        end = time.monotonic() + deadline
        while not enough(heard := self.heard()):
            with self._news:
                if not self._news.wait(end - time.monotonic()):
                    raise TimeoutError(f"{len(heard)} frames heard, and not what was waited for")
        return heard

    def sound(self) -> NDArray[np.int16]:
        """What was heard without the silence before and after."""
        heard = self.heard()
        loud = np.flatnonzero(heard.any(axis=1))
        return heard[loud[0] : loud[-1] + 1] if len(loud) else heard[:0]

    def _listen(self, recorder: subprocess.Popen[bytes]) -> None:
        assert recorder.stdout is not None
        rest = b""
        while piece := os.read(recorder.stdout.fileno(), _BLOCK):
            # Whole frames only: another recorder may go on where this one was killed.
            rest += piece
            whole, rest = rest[: len(rest) // 4 * 4], rest[len(rest) // 4 * 4 :]
            with self._news:
                self._pieces.append(whole)
                self._news.notify_all()


@contextmanager
def private_pulse(rate: int = 44100) -> Iterator[Pulse]:
    """A running `Pulse`; skips the test, with the reason, where there can be none."""
    if reason := missing():
        pytest.skip(reason)
    with Pulse(rate) as pulse:
        yield pulse


def _until_accepting(path: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + DEADLINE
    pause = threading.Event()
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(path)
            except OSError as error:
                if server.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("the private PulseAudio did not start") from error
            else:
                return
        pause.wait(0.02)
