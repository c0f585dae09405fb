"""The last chosen theme, in its own file because it is needed before the first frame."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from takedeck.config import private_folder
from takedeck.errors import StateUnwritable

_FILE: Final = "theme"
_NAME: Final = re.compile(r"[a-z0-9-]{1,40}")


def kept_theme(folder: Path) -> str | None:
    """The saved theme's name; None if there is none, or none that could be a name."""
    try:
        with (folder / _FILE).open("rb") as file:
            text = file.read(80).decode("ascii", "replace").strip()
    except OSError:
        return None
    return text if _NAME.fullmatch(text) else None


def keep_theme(folder: Path, name: str) -> None:
    """Save the name for the next start. Raises StateUnwritable."""
    path = folder / _FILE
    new = path.with_name(f"{_FILE}.{os.getpid()}")
    try:
        private_folder(folder)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(name + "\n")
        new.replace(path)
    except OSError as fault:
        raise StateUnwritable(f"the theme is not kept: {fault.strerror}.") from None
