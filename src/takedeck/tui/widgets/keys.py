"""The keys at the foot of the screen, drawn as one line; a click on one presses it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from takedeck.tui.commands import foot_more, foot_word
from takedeck.tui.theme_styles import ThemeStyles

if TYPE_CHECKING:
    from textual.binding import Binding
    from textual.screen import Screen

_GAP = "  "
_LAST = 2
"""The entries that are left out last: help and quit."""


class _Key(NamedTuple):
    key: str
    shown: str
    enabled: bool


class _Entry(NamedTuple):
    """One thing to do: the keys that do it, and its name."""

    keys: tuple[_Key, ...]
    name: str

    @property
    def width(self) -> int:
        return sum(len(key.shown) + 1 for key in self.keys) + len(self.name)


class KeysFooter(Widget, can_focus=False):
    """What can be pressed now, as the focused widget, the screen and the app bind it.

    One widget. Textual's own footer makes one for each key, again at every change of focus:
    that laid out the whole screen each time, and held up the first frame.
    """

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[_Entry, ...] = ()
        self._style = ThemeStyles(self)

    def on_mount(self) -> None:
        """Follow what is bound."""
        self.screen.bindings_updated_signal.subscribe(self, self._bound)

    def _bound(self, screen: Screen[object]) -> None:
        if not self.is_attached or screen is not self.screen:
            return
        entries = tuple(self._entries_of(screen))
        if entries != self._entries:
            self._entries = entries
            self.refresh()

    def _entries_of(self, screen: Screen[object]) -> Iterator[_Entry]:
        shown: dict[str, tuple[Binding, bool]] = {}
        for _, binding, enabled, _ in screen.active_bindings.values():
            if binding.show:
                shown.setdefault(binding.action, (binding, enabled))
        for group, bound in groupby(shown.values(), lambda each: each[0].group):
            keys = [
                (_Key(binding.key, self._text(binding), enabled), foot_word(binding))
                for binding, enabled in bound
            ]
            if group is not None:
                yield _Entry(tuple(key for key, _ in keys), group.description)
            else:
                yield from (_Entry((key,), name) for key, name in keys)

    def _text(self, binding: Binding) -> str:
        return self.app.get_key_display(binding) + foot_more(binding)

    def _fitting(self) -> list[_Entry]:
        """The entries for which there is room: those behind the first go first."""
        entries, room = list(self._entries), self.size.width - 1
        while entries and sum(entry.width + len(_GAP) for entry in entries) - len(_GAP) > room:
            entries.pop(1 if len(entries) > _LAST + 1 else 0)
        return entries

    def render_line(self, y: int) -> Strip:
        """Draw them all."""
        width, base = self.size.width, self.rich_style
        if y:
            return Strip.blank(width, base)
        cells = [Segment(" ")]
        for entry in self._fitting():
            for key in entry.keys:
                cells.append(Segment(key.shown, self._style("lit" if key.enabled else "faint")))
                cells.append(Segment(" "))
            cells.append(Segment(entry.name + _GAP, self._style("dim")))
        return Strip(cells).adjust_cell_length(width).apply_style(base)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press the key that was clicked; on a name, the first of its keys."""
        at = 1
        for entry in self._fitting():
            first = at
            for key in entry.keys:
                at += len(key.shown) + 1
                if first <= event.x < at:
                    self._press(key)
                    return
                first = at
            at += len(entry.name) + len(_GAP)
            if first <= event.x < at - len(_GAP):
                self._press(entry.keys[0])
                return

    def _press(self, key: _Key) -> None:
        if key.enabled:
            self.app.simulate_key(key.key)
        else:
            self.app.bell()
