"""Reports unexpected errors to the user and to a file: without local variables, keys or URLs."""

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
"""Reports kept in the folder; older ones are removed."""

_LONGEST_CHAIN: Final = 8
_MOST_FRAMES: Final = 60
_TEXT_LIMIT: Final = 2_000
_OURS: Final = Path(__file__).parent
_LIBRARIES: Final = ("textual", "rich", "httpx", "pydantic", "miniaudio", "numpy")


def report(fault: BaseException, *, folder: Path | None = None) -> str:
    """Write a report of the fault, and return a few lines for the user. Never raises.

    The report goes into `folder`, by default the user's state folder. None is written if the
    process has run out of open files, because only the user can change that.
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
    except Exception as refused:  # noqa: BLE001 - whatever it is, the terminal must be restored
        lines.append(f"  No report of it could be written{_reason(refused)}.")
    else:
        lines.append(f"  A report without keys, URLs or values of variables is in\n  {path}")
        lines.append("  Look through it, and send it along when you tell of the fault.")
    return "\n".join(lines)


def keep(fault: BaseException, *, folder: Path | None = None) -> Path:
    """Write a report that only the user can read; returns its path. Raises `OSError`."""
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
    """The report: versions, then each error of the chain with its redacted text and its stack."""
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
    """asyncio's exception handler: write a report where asyncio would print the error's text."""
    from takedeck.errors import TakedeckError

    fault = context.get("exception")
    # Not a bug: a socket that fails under its transport, or an error reported elsewhere.
    if isinstance(fault, Exception) and not isinstance(fault, (TakedeckError, OSError)):
        report(fault)


def install() -> None:
    """Install the hooks that report exceptions of the main thread, threads and finalizers."""
    import threading

    sys.excepthook = lambda _kind, fault, _trace: _print_report(fault)
    threading.excepthook = _in_thread
    sys.unraisablehook = _unraisable


def _in_thread(problem: threading.ExceptHookArgs) -> None:
    if problem.exc_value is not None:
        _print_report(problem.exc_value)


def _unraisable(problem: sys.UnraisableHookArgs) -> None:
    if isinstance(problem.exc_value, Exception):
        report(problem.exc_value)


def _print_report(fault: BaseException) -> None:
    if sys.stderr is not None and not isinstance(fault, KeyboardInterrupt):
        sys.stderr.write(report(fault) + "\n")


def _chain(fault: BaseException) -> Iterator[tuple[str, BaseException]]:
    """The fault, its causes, and the members of exception groups; each once."""
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
    except Exception as worse:  # noqa: BLE001 - a failing __str__ must not hide the fault
        return f"(its text raises {type(worse).__name__})"
    # Twice: non-printable characters inside a key may have hidden it the first time.
    return redacted(safe_block(redacted(text), _TEXT_LIMIT)) or "(no text)"


def _stack(fault: BaseException) -> list[str]:
    """Each frame as file:line in function, newest last; for our own code with the source line."""
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
    """The file relative to its package: the path of the user's home is private."""
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


def _reason(refused: Exception) -> str:
    if not isinstance(refused, OSError):
        return f": {type(refused).__name__}"
    return f"{f' to {refused.filename}' if refused.filename else ''}: {refused.strerror}"
