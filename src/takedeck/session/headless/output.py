"""The output of `play`, and the checks of it before anything plays."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from takedeck.errors import DeckError

_WAV: Final = "wav:"


class OutputRefused(DeckError):
    """The requested output cannot be used; nothing was played."""

    title = "The output cannot be used"
    advice = "Choose another --output: auto, null or wav:PATH."
    exit_code = 2


def is_file(output: str) -> bool:
    """Whether the output is a file (`wav:PATH`)."""
    return output.startswith(_WAV)


def deck_kind(output: str) -> str:
    """The deck's kind of output: a file is written as fast as possible, not in real time."""
    return f"wav-offline:{output.removeprefix(_WAV)}" if is_file(output) else output


def check(output: str) -> None:
    """Raise `OutputRefused` if the file of a wav:PATH cannot be written; leaves no trace."""
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
    """Try to open it for writing: permissions alone do not show a read-only disk."""
    if path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    else:
        tempfile.TemporaryFile(dir=folder).close()


def fallen(fault: str, output: str, *, heard: bool) -> DeckError:
    """The error for a deck that fell back to silence; `heard` says that it played before."""
    reason = fault.removesuffix(": playing silently").rstrip(".") + "."
    if not heard:
        return OutputRefused(reason)
    if is_file(output):
        return DeckError(reason, next_step="Check that the disk has room, then run it again.")
    return DeckError(reason, next_step="Run it again, or choose another --output.")
