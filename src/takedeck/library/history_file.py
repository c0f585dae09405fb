"""The history's file: opened or begun, and set aside where it is damaged or another's."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from takedeck.errors import TakedeckError
from takedeck.library.history_sql import APPLICATION, NEWER, TABLES, VERSION

NAME: Final = "history.sqlite3"
BUSY: Final = 3.0
_TURN: Final = 0.02
_WORDS: Final = {
    sqlite3.SQLITE_BUSY: "Another takedeck has kept it locked.",
    sqlite3.SQLITE_LOCKED: "Another takedeck has kept it locked.",
    sqlite3.SQLITE_FULL: "The disk is full.",
    sqlite3.SQLITE_READONLY: "It may not be written.",
    sqlite3.SQLITE_CANTOPEN: "It cannot be opened.",
    sqlite3.SQLITE_PERM: "It may not be opened.",
    sqlite3.SQLITE_IOERR: "The disk cannot be read or written.",
    sqlite3.SQLITE_NOMEM: "There is too little memory.",
}


FAULTS: Final = (sqlite3.Error, UnicodeDecodeError)
"""What a call to SQLite raises; the second where its own message quotes damaged text."""


class HistoryError(TakedeckError):
    """What is known of the jobs could not be read from the disk or kept on it."""

    title = "The history of jobs"
    advice = "The list on screen is not affected; free disk space or check the data folder."


class Unusable(Exception):
    """The file is no history that this takedeck can read; the text says why, for the user."""


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """A connection, and which file it is of, so that a replaced one is noticed."""

    connection: sqlite3.Connection
    inode: int


def explain(error: sqlite3.Error | UnicodeDecodeError) -> HistoryError | Unusable:
    """What SQLite's error means here: a fault of disk or lock, or a file that is not right.

    Our statements never change, so whatever else SQLite says is the file's fault.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and (words := _WORDS.get(code & 0xFF)):
        return HistoryError(words)
    return Unusable("was damaged")


def open_file(folder: Path, *, unless: int | None = None) -> tuple[HistoryFile, str | None]:
    """Open the folder's history or begin one; both are readable by their owner only.

    What cannot be used is renamed, never removed, and the second value tells so. `unless` is the
    inode of the one file that is known to be damaged though it looks right.
    Raises HistoryError when the folder cannot be made, written or locked.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        with _alone(folder):
            try:
                if unless is not None and _inode(folder / NAME) == unless:
                    raise Unusable("was damaged")
                return _opened(folder / NAME), None
            except Unusable as fault:
                aside = _set_aside(folder)
                message = f"The history file {fault} and is now {aside}; a new one was begun."
                return _opened(folder / NAME), message
    except OSError as error:
        raise HistoryError(f"The system says: {error.strerror}.") from None
    except Unusable as fault:
        raise HistoryError(f"A new file {fault}.") from None


def connect_memory() -> sqlite3.Connection:
    """A history that ends with the process."""
    connection = _connection(":memory:")
    _begin(connection)
    return connection


def copied(folder: Path) -> HistoryFile | None:
    """What can be read of a history that cannot be written, in memory; None where nothing can."""
    # Of a file in a folder that is read-only SQLite has to be told that nobody writes it.
    for how in ("mode=ro", "mode=ro&immutable=1"):
        memory = _connection(":memory:")
        try:
            source = sqlite3.connect(f"{(folder / NAME).absolute().as_uri()}?{how}", uri=True)
            with contextlib.closing(source):
                source.backup(memory)
            _check(memory)
        except (*FAULTS, Unusable):
            memory.close()
        else:
            return HistoryFile(memory, 0)
    return None


def _opened(path: Path) -> HistoryFile:
    # SQLite gives the files beside it the mode of this one.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)
    connection = _connection(str(path))
    try:
        _check(connection)
    except BaseException as error:
        connection.close()
        if isinstance(error, FAULTS):
            raise explain(error) from None
        raise
    return HistoryFile(connection, _inode(path))


def _connection(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    connection.text_factory = _text
    return connection


def _text(data: bytes) -> str | bytes:
    """Text as it is; one that is no UTF-8 as its bytes, which only its own row is spoiled by."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _check(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    maker, version, schema = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version", "schema_version")
    )
    if (maker, version, schema) == (0, 0, 0):
        connection.execute("PRAGMA journal_mode = WAL")
        _begin(connection)
    elif maker != APPLICATION:
        raise Unusable("was another program's file")
    elif version > VERSION:
        raise Unusable("was written by a newer takedeck")
    elif version < min(NEWER):
        raise Unusable("was damaged")
    else:
        _bring_up(connection, version)


def _begin(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in TABLES:
            connection.execute(statement)


def _bring_up(connection: sqlite3.Connection, version: int) -> None:
    for known in range(version, VERSION):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for statement in NEWER[known]:
                connection.execute(statement)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let no other takedeck open, begin or set aside meanwhile."""
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _lock(file)
        yield
    finally:
        os.close(file)


def _lock(file: int) -> None:
    until = time.monotonic() + BUSY
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise HistoryError("Another takedeck has kept its folder locked.") from None
            time.sleep(_TURN)
        else:
            return


def _set_aside(folder: Path) -> Path:
    stem, suffix = NAME.split(".")
    number = 1
    while (aside := folder / f"{stem}-set-aside-{number}.{suffix}").exists():
        number += 1
    # The main file last: SQLite would take a log that stays for the new file's own.
    for beside in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            os.replace(folder / (NAME + beside), str(aside) + beside)
    return aside


def _inode(path: Path) -> int:
    return path.stat().st_ino
