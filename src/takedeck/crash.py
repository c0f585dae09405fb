"""What is told and kept of an error that nobody expected: never a local, a key or an address."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio
    import threading
    from types import FrameType

KEPT: Final = 10
"""So many reports stay in the folder; the oldest go."""

_LONGEST_CHAIN: Final = 8
_MOST_FRAMES: Final = 60
_TEXT_LIMIT: Final = 2_000
_OURS: Final = Path(__file__).parent
_LIBRARIES: Final = ("textual", "rich", "httpx", "pydantic", "miniaudio", "numpy")


def report(fault: BaseException, *, folder: Path | None = None) -> str:
    """Keep a report of the fault and return what the user is told, a few lines. Never raises.

    The report goes into `folder`, by default the user's state folder. There is none where the
    system lets us open no more files: nobody could mend that but the user.
    """
    if isinstance(fault, OSError) and fault.errno in (errno.EMFILE, errno.ENFILE):
        return (
            "takedeck stopped: the system lets it open no more files. Your jobs and audio are "
            "unharmed.\n  Allow it more, as with `ulimit -n 256`, and start it again."
        )
    name = type(fault).__name__
    lines = [f"takedeck stopped: an unexpected {name}. Your jobs and audio are unharmed."]
    try:
        path = keep(fault, folder=folder)
    except Exception as refused:  # noqa: BLE001 - whatever it is, the terminal is to be given back
        lines.append(f"  No report of it could be written{_why(refused)}.")
    else:
        lines.append(f"  A report without keys, URLs or values of variables is in\n  {path}")
        lines.append("  Look through it, and send it along when you tell of the fault.")
    return "\n".join(lines)


def keep(fault: BaseException, *, folder: Path | None = None) -> Path:
    """Write a report for the fault's owner only and return where. Raises OSError."""
    from datetime import UTC, datetime

    from takedeck.config import Folders, private_folder

    now = datetime.now(UTC)
    room = private_folder(folder or Folders.of_user().state)
    path = room / f"crash-{now:%Y%m%dT%H%M%S.%f}Z-{os.urandom(3).hex()}.txt"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(compose(fault, when=f"{now:%Y-%m-%d %H:%M:%S} UTC").encode(errors="replace"))
    for old in sorted(room.glob("crash-*.txt"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def compose(fault: BaseException, *, when: str = "") -> str:
    """The report: versions, then each error of the chain with its text, redacted, and its stack."""
    import platform

    from takedeck import __version__

    lines = [
        f"takedeck {__version__} stopped at an unexpected error{f', {when}' if when else ''}",
        f"Python {platform.python_version()} ({platform.python_implementation()})",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
    ]
    for how, each in _chain(fault):
        lines += ["", f"{how}{_type(each)}: {_text(each)}", *_stack(each)]
    return "\n".join(lines) + "\n"


def in_loop(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Keep a report of what failed in the loop unnoticed, where asyncio would print its text."""
    from takedeck.errors import TakedeckError

    fault = context.get("exception")
    # A socket that fails under its transport, or what was told otherwise: nobody's mistake.
    if isinstance(fault, Exception) and not isinstance(fault, (TakedeckError, OSError)):
        report(fault)


def install() -> None:
    """Have threads, finalizers and the interpreter's own end tell of a fault in our words."""
    import threading

    sys.excepthook = lambda _kind, fault, _trace: _say(fault)
    threading.excepthook = _in_thread
    sys.unraisablehook = _unraisable


def _in_thread(problem: threading.ExceptHookArgs) -> None:
    if problem.exc_value is not None:
        _say(problem.exc_value)


def _unraisable(problem: sys.UnraisableHookArgs) -> None:
    if isinstance(problem.exc_value, Exception):
        report(problem.exc_value)


def _say(fault: BaseException) -> None:
    if sys.stderr is not None and not isinstance(fault, KeyboardInterrupt):
        sys.stderr.write(report(fault) + "\n")


def _chain(fault: BaseException) -> Iterator[tuple[str, BaseException]]:
    """The fault, what it came from and what a group of them holds; each once."""
    seen: list[int] = []
    rest = [("", fault)]
    while rest and len(seen) < _LONGEST_CHAIN:
        how, this = rest.pop(0)
        if id(this) in seen:
            continue
        seen.append(id(this))
        yield how, this
        if isinstance(this, BaseExceptionGroup):
            rest += [("one of the group: ", each) for each in this.exceptions]
        if this.__cause__ is not None:
            rest.append(("caused by ", this.__cause__))
        elif this.__context__ is not None and not this.__suppress_context__:
            rest.append(("while handling ", this.__context__))


def _type(fault: BaseException) -> str:
    kind = type(fault)
    room = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return room + kind.__qualname__


def _text(fault: BaseException) -> str:
    from takedeck.redaction import redacted
    from takedeck.text import safe_block

    try:
        text = str(fault)
    except Exception as worse:  # noqa: BLE001 - a text that cannot be made must not hide the fault
        return f"(its text raises {type(worse).__name__})"
    # Twice: what is not printable may have stood in the midst of a key.
    return redacted(safe_block(redacted(text), _TEXT_LIMIT)) or "(no text)"


def _stack(fault: BaseException) -> list[str]:
    """Each frame as file:line in function, newest last; of our own code with its source line."""
    import linecache
    import traceback

    frames = list(traceback.walk_tb(fault.__traceback__))
    left_out = len(frames) - _MOST_FRAMES
    half = _MOST_FRAMES // 2
    if left_out > 0:
        frames = frames[:half] + frames[-half:]
    lines = []
    for number, (frame, line) in enumerate(frames):
        if left_out > 0 and number == half:
            lines.append(f"  … {left_out} frames left out")
        code = frame.f_code
        lines.append(f"  {_file(frame)}:{line} in {code.co_qualname}")
        if Path(code.co_filename).is_relative_to(_OURS):
            lines.append(f"    {linecache.getline(code.co_filename, line).strip()}")
    return lines


def _file(frame: FrameType) -> str:
    """The file from its package on: where someone's home is concerns nobody."""
    path = Path(frame.f_code.co_filename)
    for base in (_OURS.parent, *map(Path, sys.path)):
        if base.is_absolute() and path.is_relative_to(base):
            return path.relative_to(base).as_posix()
    return path.name


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "?"


def _why(refused: Exception) -> str:
    if not isinstance(refused, OSError):
        return f": {type(refused).__name__}"
    return f"{f' to {refused.filename}' if refused.filename else ''}: {refused.strerror}"
