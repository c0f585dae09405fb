"""The log file: off by default, small, readable by its owner only, and without secrets."""

from __future__ import annotations

import logging
import logging.handlers
import os
import platform
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from takedeck import __version__
from takedeck.redaction import redacted

NAME: Final = "takedeck.log"
_LARGEST: Final = 1 << 20
_KEPT: Final = 2
_LONGEST: Final = 2_000
"""Characters of one line at most."""

ROOT: Final = logging.getLogger("takedeck")
# Our records must not reach a terminal that shows the screen, and httpx's, which hold signed URLs,
# must not reach our file.
ROOT.propagate = False
ROOT.addHandler(logging.NullHandler())


class _OwnersFile(logging.handlers.RotatingFileHandler):
    """A log file that only its owner can read, from its creation on."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.fchmod(descriptor, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")


class _Redacting(logging.Formatter):
    """Formats each record as one line without keys, signatures and the paths of URLs."""

    def format(self, record: logging.LogRecord) -> str:
        line = redacted(super().format(record), _LONGEST)
        return line.replace("\r", "\\r").replace("\n", "\\n").replace("\x1b", "\\e")


def start(folder: Path) -> Path | None:
    """Start logging into that folder; returns the file, or None if it cannot be written."""
    if any(isinstance(handler, _OwnersFile) for handler in ROOT.handlers):
        return folder / NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _OwnersFile(folder / NAME, maxBytes=_LARGEST, backupCount=_KEPT)
    except OSError:
        return None
    handler.setFormatter(_Redacting("%(asctime)s.%(msecs)03d %(name)s: %(message)s", "%H:%M:%S"))
    ROOT.addHandler(handler)
    ROOT.setLevel(logging.DEBUG)
    ROOT.info(
        "takedeck %s, Python %s, %s, process %d",
        __version__, platform.python_version(), sys.platform, os.getpid(),
    )  # fmt: skip
    return folder / NAME


def stop() -> None:
    """Stop logging and close the file."""
    for handler in [each for each in ROOT.handlers if isinstance(each, _OwnersFile)]:
        ROOT.removeHandler(handler)
        handler.close()
    ROOT.setLevel(logging.NOTSET)
