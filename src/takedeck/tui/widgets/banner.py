"""The error banner, shown until the fault passes or the user dismisses it."""

from __future__ import annotations

import time

from textual.content import Content
from textual.widgets import Static

from takedeck.errors import (
    ApiError,
    NetworkError,
    NothingToPlay,
    RateLimited,
    ServerFault,
    TakedeckError,
)

_READ_IN = 5.0
"""Seconds for which a passing fault stays on show, even if the API answers sooner."""


class Banner(Static):
    """Shows one error above the panes; hidden while there is none."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self.error: TakedeckError | None = None
        self._told_at = 0.0

    @property
    def outlived(self) -> bool:
        """Whether it shows a passing fault, and has done so for long enough to be read."""
        passes = isinstance(self.error, NetworkError | RateLimited | ServerFault)
        return passes and time.monotonic() - self._told_at > _READ_IN

    def show_error(self, error: TakedeckError) -> None:
        """Show the error: what it is, what to do, and the trace id to quote."""
        self.error, self._told_at = error, time.monotonic()
        trace = error.trace_id if isinstance(error, ApiError) else None
        cells: list[Content | tuple[str, str]] = [
            (error.head, "bold"),
            (error.said.removeprefix(error.head), ""),
            (f" {error.next_step}", ""),
        ]
        if trace:
            cells.append((f"  trace id {trace}", "dim"))
        cells.append(("  esc", "bold"))
        self.update(Content.assemble(*cells))
        self.display = True

    def pass_by(self) -> None:
        """Remove an error about the job under the cursor, because the cursor has moved."""
        if isinstance(self.error, NothingToPlay):
            self.clear()

    def on_click(self) -> None:
        """Dismiss the message, as escape does."""
        self.clear()

    def clear(self) -> None:
        """Take the message away."""
        self.error = None
        self.display = False
