"""The palette's commands: whatever has a key can also be found by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from textual.app import SystemCommand
from textual.screen import Screen

from takedeck.config import OUTPUTS
from takedeck.text import safe_line


def key_commands(screen: Screen[Any]) -> Iterator[SystemCommand]:
    """One command for each key of the screen that is not about the palette itself."""
    seen: set[str] = set()
    for node, binding, enabled, _ in screen.active_bindings.values():
        if not enabled or binding.system or not binding.id or binding.id in seen:
            continue
        if binding.id in ("palette", "quit"):
            continue
        seen.add(binding.id)
        key = screen.app.get_key_display(binding)
        run = partial(screen.app.run_action, binding.action, default_namespace=node)
        yield SystemCommand(binding.description, f"Key: {key}", run)


def output_commands(choose: Callable[[str], None]) -> Iterator[SystemCommand]:
    """One command for each kind of output."""
    for kind in OUTPUTS:
        yield SystemCommand(f"Output: {kind}", _OUTPUTS[kind], partial(choose, kind))


def profile_commands(
    names: Iterable[str], choose: Callable[[str], None]
) -> Iterator[SystemCommand]:
    """One command for each profile that is not shown."""
    for name in names:
        shown = safe_line(name, 40)
        yield SystemCommand(f"Profile: {shown}", "Show its jobs instead", partial(choose, name))


_OUTPUTS = {
    "auto": "The sound device; silence where there is none",
    "device": "The sound device",
    "simpleaudio": "The simpleaudio player, where it is installed and works",
    "null": "Silence, on the clock",
}
