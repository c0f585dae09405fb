"""What went wrong, in the words of the error, until it passes or is sent away."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from takedeck.errors import ApiError, TakedeckError


class Banner(Static):
    """Shows one error over the panes; hidden while there is none."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self.error: TakedeckError | None = None

    def tell(self, error: TakedeckError) -> None:
        """Show the error: what it is, what to do, and the trace id to quote."""
        self.error = error
        trace = error.trace_id if isinstance(error, ApiError) else None
        cells: list[Content | tuple[str, str]] = [
            (f"{error.title}: ", "bold"),
            (error.what, ""),
            (f" {error.next_step}", ""),
        ]
        if trace:
            cells.append((f"  trace id {trace}", "dim"))
        cells.append(("  esc", "bold"))
        self.update(Content.assemble(*cells))
        self.display = True

    def clear(self) -> None:
        """Take the message away."""
        self.error = None
        self.display = False
