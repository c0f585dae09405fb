"""A private PulseAudio with a null sink: what a sound device would have played."""

from __future__ import annotations

import os
import shutil
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

DEADLINE = 10.0
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
        self._folder = Path(tempfile.mkdtemp(prefix="pulse-"))
        self._recorder: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._pieces: list[bytes] = []
        self._news = threading.Condition()

    def __enter__(self) -> Self:
        where = str(self._folder)
        path = f"{where}/pulse.sock"
        quiet = subprocess.DEVNULL
        home = dict.fromkeys(_HOMES, where)
        sink = f"sink_name=cap format=s16le rate={self.rate} channels=2 norewinds=1"
        self.server = subprocess.Popen(
            [
                "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
                "--realtime=no", "--high-priority=no", "-L", f"module-null-sink {sink}",
                "-L", f"module-native-protocol-unix socket={path} auth-anonymous=1",
            ],
            env=os.environ | home, stdin=quiet, stdout=quiet, stderr=quiet,
        )  # fmt: skip
        _until_accepting(path, self.server)
        alsa = self._folder / "alsa.conf"
        alsa.write_text("</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\n")
        self.env = {"PULSE_SERVER": f"unix:{path}", "ALSA_CONFIG_PATH": str(alsa)}
        self._recorder = subprocess.Popen(
            [
                "parec", "-d", "cap.monitor", "--raw", "--format=s16le", f"--rate={self.rate}",
                "--channels=2", "--latency-msec=20",
            ],
            env=os.environ | self.env, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._listen, name="parec", daemon=True)
        self._reader.start()
        self.until(lambda heard: len(heard) > 0)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for process in (self._recorder, self.server):
            if process is not None:
                process.kill()
                process.wait()
        if self._reader is not None:
            self._reader.join()
        if self._recorder is not None and self._recorder.stdout is not None:
            self._recorder.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def stop_server(self) -> None:
        """Kill the sound server, as a crash would."""
        assert self.server is not None
        self.server.kill()
        self.server.wait()

    def heard(self) -> NDArray[np.int16]:
        """Everything heard so far, in the shape (frames, 2)."""
        with self._news:
            raw = b"".join(self._pieces)
        return np.frombuffer(raw[: len(raw) // 4 * 4], dtype="<i2").reshape(-1, 2)

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

    def _listen(self) -> None:
        assert self._recorder is not None
        assert self._recorder.stdout is not None
        while piece := os.read(self._recorder.stdout.fileno(), _BLOCK):
            with self._news:
                self._pieces.append(piece)
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
