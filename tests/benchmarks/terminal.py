"""A program in a pseudo-terminal: what it has drawn, and when."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

DEADLINE = 120.0


class Terminal:
    """Runs a command in a terminal of that size while entered; `started` is when, in seconds."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        size: tuple[int, int] = (120, 40),
        env: Mapping[str, str] = {},
    ) -> None:
        self._command = command
        self._size = size
        self._env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **env}
        self._drawn = bytearray()
        self._news = threading.Condition()
        self.started = 0.0

    def __enter__(self) -> Self:
        self._master, slave = pty.openpty()
        columns, rows = self._size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            self._command, stdin=slave, stdout=slave, stderr=slave, env=self._env,
            start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        os.close(self._master)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def written(self) -> int:
        """How many bytes it has written so far."""
        with self._news:
            return len(self._drawn)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def until(self, text: str, since: int = 0) -> float:
        """Wait until the text has been drawn; seconds since the start. Raises TimeoutError."""
        wanted, end = text.encode(), time.monotonic() + DEADLINE
        with self._news:
            while wanted not in self._drawn[since:]:
                if not self._news.wait(end - time.monotonic()):
                    raise TimeoutError(f"{text!r} was never drawn: {bytes(self._drawn[-400:])!r}")
            return time.perf_counter() - self.started

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._master, 65536)
            except OSError:
                return
            if not piece:
                return
            with self._news:
                self._drawn += piece
                self._news.notify_all()
