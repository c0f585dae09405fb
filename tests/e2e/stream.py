"""A program in a pseudo-terminal: every byte it sent, and the state it left the terminal in."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

DEADLINE = 100.0
_MODE = re.compile(rb"\x1b\[\?(\d+)([hl])")
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|\r")
ALTERNATE, CURSOR, FOCUS, PASTE, WRAP = 1049, 25, 1004, 2004, 7
MOUSE = (1000, 1002, 1003, 1006, 1015)


class Stream:
    """Runs a command while entered, its standard input, output and errors a terminal's."""

    def __init__(
        self,
        command: list[str],
        env: Mapping[str, str],
        size: tuple[int, int] = (120, 36),
        cwd: Path | None = None,
    ) -> None:
        self.sent = b""
        self._command = command
        self._env = {**env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._size = size
        self._cwd = cwd
        self.code: int | None = None
        self._open = True

    def __enter__(self) -> Self:
        self._near, self._far = pty.openpty()
        columns, rows = self._size
        fcntl.ioctl(self._far, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._before = termios.tcgetattr(self._far)
        self.process = subprocess.Popen(
            self._command, stdin=self._far, stdout=self._far, stderr=self._far, env=self._env,
            cwd=self._cwd, start_new_session=True, preexec_fn=_take_terminal,  # noqa: PLW1509 - one ioctl
        )  # fmt: skip
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._open:
            os.close(self._near)
            os.close(self._far)

    def press(self, keys: str) -> None:
        """Send these bytes as if typed."""
        self.send(keys.encode())

    def send(self, data: bytes) -> None:
        """Send these bytes, and read while they are not taken."""
        while data:
            _, free, _ = select.select([], [self._near], [], 0.0)
            if free:
                data = data[os.write(self._near, data[:1024]) :]
            self._read(0.0 if free else 0.05)
            assert self.process.poll() is None, self.after()

    def until(self, enough: Callable[[], Any]) -> None:
        """Read until that is true. Raises AssertionError with what was sent last."""
        assert self.within(DEADLINE, enough), f"not in time; sent last: {self.sent[-2000:]!r}"

    def within(self, seconds: float, enough: Callable[[], Any]) -> bool:
        """Read until that is true; False if it is not in so many seconds."""
        end = time.monotonic() + seconds
        while not enough():
            if time.monotonic() > end:
                return False
            self._read(0.05)
        return True

    def shows(self, *texts: str) -> None:
        """Read until all of these have been sent, in one piece each."""
        self.until(lambda: all(text.encode() in self.sent for text in texts))

    def rest(self, quiet: float = 0.25) -> None:
        """Read until nothing more has come for so long (seconds), for 2 s at most."""
        end = time.monotonic() + 2.0
        while self._read(quiet) and time.monotonic() < end:
            pass

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed does."""
        os.close(self._far)
        os.close(self._near)
        self._open = False

    def finish(self) -> int:
        """Read to the program's end and return its exit code."""
        self.until(lambda: self.process.poll() is not None)
        while self._read(0.0):
            pass
        return self.process.returncode

    def words(self) -> str:
        """What was sent, without control sequences."""
        return _CONTROL.sub("", self.sent.decode(errors="replace"))

    def after(self) -> str:
        """What was sent once the alternate screen was left, without control sequences."""
        return _CONTROL.sub("", self.sent.rpartition(b"\x1b[?1049l")[2].decode(errors="replace"))

    def not_given_back(self) -> list[str]:
        """What of the terminal is not as it was before."""
        modes = {int(number): state == b"h" for number, state in _MODE.findall(self.sent)}
        left = [
            f"mode {mode} is on" for mode in (ALTERNATE, FOCUS, PASTE, *MOUSE) if modes.get(mode)
        ]
        left += [f"mode {mode} is off" for mode in (CURSOR, WRAP) if not modes.get(mode, True)]
        if self.sent.count(b"\x1b[>") > self.sent.count(b"\x1b[<u"):
            left.append("the keyboard protocol is on")
        if termios.tcgetattr(self._far) != self._before:
            left.append("the line settings differ")
        return left

    def _read(self, wait: float) -> bool:
        ready, _, _ = select.select([self._near], [], [], wait)
        if not ready:
            return False
        with contextlib.suppress(OSError):
            self.sent += (data := os.read(self._near, 65_536))
            return bool(data)
        return False


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
