"""The keys that go from pane to pane, and back."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from takedeck.tui.screens.listing import ListKeys
from takedeck.tui.widgets.banner import Banner
from takedeck.tui.widgets.job_detail import JobDetail
from takedeck.tui.widgets.jobs import JobsPane
from takedeck.tui.widgets.lanes import Lanes

_PANES = (JobsPane, JobDetail, Lanes)
AT = ("-at-jobs", "-at-job", "-at-track")
"""The classes that say, where only one pane fits, which one is shown."""


class PaneKeys(ListKeys):
    """Which pane has the keys, and what esc and y mean there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h", "pane(-1)", "Left pane", id="pane.left", show=False),
        Binding("l", "pane(1)", "Right pane", id="pane.right", show=False),
        Binding("tab", "round(1)", "Next pane", id="pane.next", show=False),
        Binding("shift+tab", "round(-1)", "Previous pane", id="pane.previous", show=False),
        Binding("enter", "open_here", "Open", id="pane.open", show=False),
        Binding("escape", "back", "Back", id="back", show=False),
        Binding("y", "copy", "Copy", id="copy", show=False),
    ]

    def action_pane(self, step: int) -> None:
        """Give the keys to the next or the previous pane."""
        self._go_to(max(0, min(len(_PANES) - 1, self._pane + step)))

    def action_round(self, step: int) -> None:
        """Give the keys to the next or the previous pane, round and round."""
        self._go_to((self._pane + step) % len(_PANES))

    @property
    def _pane(self) -> int:
        return next((n for n, kind in enumerate(_PANES) if isinstance(self.focused, kind)), 0)

    def go_to_list(self) -> None:
        """Give the keys to the list, and show it where only one pane fits."""
        self._go_to(0)

    def _go_to(self, pane: int) -> None:
        for number, name in enumerate(AT):
            self.set_class(number == pane, name)
        # At once, not with the next frame: a key that follows quickly is meant for that pane.
        if {"-tiny", "-low"} & self.classes:
            self.app.stylesheet.update(self)
        self.set_focus(self.query_one(_PANES[pane]))

    def action_open_here(self) -> None:
        """Open the job under the list's cursor, from a pane that has nothing else to open."""
        if not (isinstance(self.focused, Lanes) and self.focused.lanes):
            self.query_one(JobsPane).action_open()

    async def action_back(self) -> None:
        """Send the message away; failing that, go back to the list, and to all of it."""
        banner = self.query_one(Banner)
        if banner.error is not None:
            banner.clear()
        elif self.focused is not self.query_one(JobsPane):
            self.go_to_list()
        else:
            await self.clear_list()

    def action_copy(self) -> None:
        """Copy what the message or the job says: the error whole, else the job's id."""
        banner, job = self.query_one(Banner), self.query_one(JobDetail).job
        if banner.error is not None:
            text, what = str(banner.error), "the message"
        elif job is not None and self.focused is self.query_one(JobDetail) and job.reason:
            text, what = job.reason, "the reason"
        elif job is not None:
            text, what = job.id, "the job's id"
        else:
            return
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {what}.", markup=False, timeout=2)
