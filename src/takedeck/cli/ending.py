"""Signals that would end the app: it leaves as with q, and nothing of it stays."""

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
"""All that end a process by default and can be heard, but for what a fault of its own raises."""
_PATIENCE: Final = 1.0
"""Seconds; a second signal that comes sooner is the same wish: a shell repeats the kernel's."""


class Ending:
    """Hears those signals while entered. The first asks to leave, a later one ends the process."""

    def __init__(self) -> None:
        self.code: int | None = None
        """What the process has to end with, once a signal came."""
        self._asked_at = 0.0
        self._before: dict[signal.Signals, Any] = {}
        self._leave: Callable[[int], None] | None = None
        self._undo: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        for each in signal.Signals:
            # What whoever started us has had ignored, as nohup does, stays so.
            if each.name in _ENDING and signal.getsignal(each) is not signal.SIG_IGN:
                self._before[each] = signal.signal(each, self._heard)
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
            # The process is about to end, with that signal's code. The interpreter sets handlers
            # back as the last thing it does, and one more signal would end it with its own.
            atexit.register(self._deafen)

    def _deafen(self) -> None:
        for each in self._before:
            signal.signal(each, signal.SIG_IGN)

    def asks(self, leave: Callable[[int], None]) -> None:
        """Have `leave` called with the exit code when a signal comes, in between any two lines."""
        self._leave = leave

    def at_worst(self, undo: Callable[[], None]) -> None:
        """Have this done before the process is ended without its own way out."""
        self._undo.append(undo)

    def _heard(self, number: int, _: FrameType | None) -> None:
        if self.code is None:
            self.code, self._asked_at = 128 + number, time.monotonic()
            if self._leave is not None:
                self._leave(self.code)
        elif time.monotonic() - self._asked_at > _PATIENCE:
            for undo in self._undo:
                with suppress(OSError):
                    undo()
            os._exit(self.code)
