"""Whether bytes arrive fast enough to go on waiting for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from takedeck.errors import MediaError

WINDOW: Final = 60.0
FLOOR: Final = 1024.0
_CRUMB: Final = 64
_MOST_CRUMBS: Final = 4096


class Pace:
    """Raises MediaError once a window of `window` seconds brought under `floor` bytes a second.

    Slower than 8 kbit/s no music can be played at all. Time spent paused does not count. It also
    does when thousands of pieces were under 64 bytes on average: each costs as much as a large one,
    and a body of one-byte chunks would keep everything else waiting.
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
        """That many bytes have arrived; 0 when there was only a fault."""
        self._bytes += count
        self._pieces += 1
        if self._pieces > _MOST_CRUMBS and self._bytes < _CRUMB * self._pieces:
            raise MediaError(f"The storage sends it in crumbs of less than {_CRUMB} bytes.")
        elapsed = self._monotonic() - self._started
        if elapsed < self._window:
            return
        if self._bytes < self._floor * elapsed:
            kib = self._floor / 1024
            what = f"less than {kib:g} KiB/s" if self._bytes else "not one byte"
            raise MediaError(f"The storage sent {what} for {elapsed:.0f} s.")
        self._bytes, self._pieces, self._started = 0, 0, self._monotonic()

    def pause(self) -> None:
        """Waiting is now our own doing."""
        self._paused_at = self._monotonic()

    def resume(self) -> None:
        """It is the storage's again."""
        self._started += self._monotonic() - self._paused_at
