"""Where `play` sends the sound, and what of it can be refused before anything plays."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from takedeck.errors import DeckError

_WAV: Final = "wav:"


class OutputRefused(DeckError):
    """The output that was asked for cannot be had; nothing was played."""

    title = "The output cannot be used"
    advice = "Choose another --output: auto, null or wav:PATH."
    exit_code = 2


def is_file(output: str) -> bool:
    """Whether that output writes a file."""
    return output.startswith(_WAV)


def deck_kind(output: str) -> str:
    """The deck's name for it: a file is written as fast as it goes, not on the clock."""
    return f"wav-offline:{output.removeprefix(_WAV)}" if is_file(output) else output


def check(output: str) -> None:
    """Raise OutputRefused if the file of a wav:PATH cannot be written; nothing is touched."""
    if not is_file(output):
        return
    path = Path(output.removeprefix(_WAV))
    folder = path.parent
    if path.is_dir():
        raise OutputRefused(f"{path} is a folder.", next_step="Name a file in it after wav:.")
    if not folder.is_dir():
        raise OutputRefused(
            f"{path} cannot be written: there is no folder {folder}.",
            next_step="Make the folder, or correct the path after wav:.",
        )
    try:
        _try(path, folder)
    except OSError as error:
        raise OutputRefused(
            f"{path} cannot be written: {error.strerror}.",
            next_step="Choose another path after wav:.",
        ) from None


def _try(path: Path, folder: Path) -> None:
    """Write without a trace: permissions alone do not tell of a disk that is read-only."""
    if path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    else:
        tempfile.TemporaryFile(dir=folder).close()


def fallen(fault: str, output: str, *, heard: bool) -> DeckError:
    """What to raise when the deck plays silently instead; `heard`: after some sound."""
    reason = fault.removesuffix(": playing silently").rstrip(".") + "."
    if not heard:
        return OutputRefused(reason)
    if is_file(output):
        return DeckError(reason, next_step="Check that the disk has room, then run it again.")
    return DeckError(reason, next_step="Run it again, or choose another --output.")
