"""A program in a terminal of its own: keys go in, every byte that it writes is kept."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

DEADLINE = 30.0


class Pty:
    """Runs the command while entered, in a terminal of `size` (columns, rows)."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], size: tuple[int, int] = (120, 36)
    ) -> None:
        self._command, self._env = command, env
        self._master, self._slave = os.openpty()
        self._raw = bytearray()
        self.resize(size, tell=False)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, env=dict(self._env), start_new_session=True,
            stdin=self._slave, stdout=self._slave, stderr=self._slave,
        )  # fmt: skip
        os.close(self._slave)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        process = self._running
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(self._master)

    @property
    def stream(self) -> str:
        """Everything written so far; bytes that are no UTF-8 are lone surrogates in it."""
        return bytes(self._raw).decode("utf-8", "surrogateescape")

    @property
    def size(self) -> int:
        """How many bytes were written so far."""
        return len(self._raw)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._running.pid

    def type(self, keys: str) -> None:
        """Press keys, as the bytes that a terminal sends for them."""
        if not self.send(keys.encode()):
            raise TimeoutError("what was typed is not read")

    def send(self, data: bytes, deadline: float = DEADLINE) -> bool:
        """Send these bytes, reading what comes; False if the program does not take them."""
        end = time.monotonic() + deadline
        while data:
            _, free, _ = select.select([], [self._master], [], 0.0)
            if free:
                data = data[os.write(self._master, data[:1024]) :]
            if not self._read(0.0 if free else 0.02) or time.monotonic() > end:
                return False
        return True

    @property
    def ended(self) -> int | None:
        """The exit code of the program; None while it goes on."""
        return self._running.poll()

    def resize(self, size: tuple[int, int], *, tell: bool = True) -> None:
        """Make the terminal that wide and high."""
        columns, rows = size
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            self._running.send_signal(signal.SIGWINCH)  # it is not our child's controlling one

    def until(
        self, enough: Callable[[str], object], *, since: int = 0, deadline: float = DEADLINE
    ) -> bool:
        """Read on until what was written from byte `since` on is enough; False if it never is."""
        end = time.monotonic() + deadline
        while True:
            new = bytes(self._raw[since:]).decode("utf-8", "surrogateescape")
            if enough(new):
                return True
            if not self._read(min(0.5, end - time.monotonic())) or time.monotonic() > end:
                return False

    def settle(self, quiet: float = 0.3, deadline: float = DEADLINE) -> None:
        """Read on until nothing was written for `quiet` seconds: what was asked for is done."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            before = len(self._raw)
            if not self._read(quiet) or len(self._raw) == before:
                return

    def wait(self, deadline: float = DEADLINE) -> int | None:
        """Read to the end of the program; its exit code, None if it goes on."""
        end = time.monotonic() + deadline
        while self._read(min(0.5, end - time.monotonic())) and time.monotonic() < end:
            pass
        try:
            return self._running.wait(5)
        except subprocess.TimeoutExpired:
            return None

    def _read(self, patience: float) -> bool:
        """Take in what comes; False at the end of the program."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, patience))
        if not ready:
            return True
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # Linux: EIO once no one has the other end open
            return False
        self._raw += data
        return bool(data)
