"""Handles the signals that would kill the app, so that it quits cleanly, as with q."""

from __future__ import annotations

import atexit
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Final, Self

_ENDING: Final = frozenset(
    {
        "SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGVTALRM",
        "SIGPROF", "SIGXCPU", "SIGIO", "SIGPOLL", "SIGPWR", "SIGSTKFLT", "SIGBREAK",
    }
)  # fmt: skip
"""All signals that kill a process by default and can be caught, except those for its own faults."""
_REPEAT_WINDOW: Final = 1.0
"""Seconds in which another signal counts as the same one: a shell repeats the kernel's."""


class Ending:
    """Catches these signals while entered. The first asks to quit, a later one ends the process."""

    def __init__(self) -> None:
        self.code: int | None = None
        """The exit code to use, set by the first signal."""
        self._asked_at = 0.0
        self._before: dict[signal.Signals, Any] = {}
        self._leave: Callable[[int], None] | None = None
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        for each in signal.Signals:
            # Keep ignoring what our parent had us ignore, as nohup does.
            if each.name in _ENDING and signal.getsignal(each) is not signal.SIG_IGN:
                self._before[each] = signal.signal(each, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self.code is None:
            for each, before in self._before.items():
                signal.signal(each, before)
        else:
            # The process is about to exit with the first signal's code. As its last act the
            # interpreter restores the default handlers, so another signal would change the code.
            atexit.register(self._ignore_signals)

    def _ignore_signals(self) -> None:
        for each in self._before:
            signal.signal(each, signal.SIG_IGN)

    def asks(self, leave: Callable[[int], None]) -> None:
        """Call `leave` with the exit code on the first signal, between any two bytecodes."""
        self._leave = leave

    def at_worst(self, undo: Callable[[], None]) -> None:
        """Call `undo` before a second signal kills the process, which skips all other cleanup."""
        self._undo.append(undo)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.code is None:
            self.code, self._asked_at = 128 + number, time.monotonic()
            if self._leave is not None:
                self._leave(self.code)
        elif time.monotonic() - self._asked_at > _REPEAT_WINDOW:
            for undo in self._undo:
                with suppress(OSError):
                    undo()
            os._exit(self.code)
