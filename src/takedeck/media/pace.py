"""Decides whether a download is too slow to go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from takedeck.errors import MediaError
from takedeck.http import TINY, in_tiny_pieces

WINDOW: Final = 60.0
"""Seconds over which the rate is measured."""

FLOOR: Final = 1024.0
"""The lowest rate in bytes/s: slower than 8 kbit/s no music can be played at all."""


class Pace:
    """Measures a download's rate, in windows of `window` seconds; paused time does not count.

    `got` raises `MediaError` if a window brought less than `floor` bytes/s, or if the body arrives
    in tiny pieces (see `http.in_tiny_pieces`).
    """

    def __init__(
        self,
        *,
        window: float = WINDOW,
        floor: float = FLOOR,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._window = window
        self._floor = floor
        self._monotonic = monotonic
        self._bytes = 0
        self._pieces = 0
        self._started = monotonic()
        self._paused_at = 0.0

    def got(self, count: int) -> None:
        """Count bytes that have arrived; 0 after a failed request. Raises `MediaError`."""
        self._bytes += count
        self._pieces += 1
        if in_tiny_pieces(self._pieces, self._bytes):
            raise MediaError(f"The storage sends it in pieces of less than {TINY} bytes.")
        elapsed = self._monotonic() - self._started
        if elapsed < self._window:
            return
        if self._bytes < self._floor * elapsed:
            kib = self._floor / 1024
            what = f"less than {kib:g} KiB/s" if self._bytes else "not one byte"
            raise MediaError(f"The storage sent {what} for {elapsed:.0f} s.")
        self._bytes, self._pieces, self._started = 0, 0, self._monotonic()

    def pause(self) -> None:
        """Stop the clock: from now on we are not waiting for the storage."""
        self._paused_at = self._monotonic()

    def resume(self) -> None:
        """Start the clock again."""
        self._started += self._monotonic() - self._paused_at
