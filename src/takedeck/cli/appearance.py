"""The last theme and the user's preferences, in files that are read before the first frame."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from takedeck.config import private_folder
from takedeck.errors import StateUnwritable
from takedeck.tui.preferences import Preferences, from_text

_THEME: Final = "theme"
_PREFERENCES: Final = "preferences.json"
_NAME: Final = re.compile(r"[a-z0-9-]{1,40}")
_LARGEST: Final = 4_000


def kept_theme(folder: Path) -> str | None:
    """The saved theme's name; None if there is none, or none that could be a name."""
    text = _read(folder / _THEME).strip()
    return text if _NAME.fullmatch(text) else None


def keep_theme(folder: Path, name: str) -> None:
    """Save the name for the next start. Raises StateUnwritable."""
    _write(folder / _THEME, name + "\n", "the theme")


def kept_preferences(folder: Path) -> Preferences:
    """The saved preferences; the defaults for what is missing or makes no sense."""
    return from_text(_read(folder / _PREFERENCES))


def keep_preferences(folder: Path, preferences: Preferences) -> None:
    """Save them for the next start. Raises StateUnwritable."""
    _write(folder / _PREFERENCES, preferences.to_text() + "\n", "the layout of the screen")


def _read(path: Path) -> str:
    try:
        # Not a FIFO, for one: opening it would wait for ever.
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def _write(path: Path, text: str, what: str) -> None:
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        private_folder(path.parent)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        new.replace(path)
    except OSError as fault:
        raise StateUnwritable(f"{what} is not kept: {fault.strerror}.") from None
