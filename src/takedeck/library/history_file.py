"""Opens or creates the history's file, and sets it aside if it is damaged or not ours."""

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

from takedeck.config import private_folder
from takedeck.errors import TakedeckError
from takedeck.library.history_sql import APPLICATION, NEWER, TABLES, VERSION

NAME: Final = "history.sqlite3"
BUSY: Final = 3.0
"""Seconds to wait for a lock."""

_RETRY_SECONDS: Final = 0.02
_TEXTS: Final = {
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
"""The errors of sqlite3; the second one if its own message quotes damaged text."""


class HistoryError(TakedeckError):
    """The history could not be read or written."""

    title = "The history of jobs"
    advice = "The list on screen is not affected; free disk space or check the data folder."


class Unusable(Exception):
    """This takedeck cannot read the file; the text says why, for the user."""


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """A connection and the inode of its file, to notice that the file was replaced."""

    connection: sqlite3.Connection
    inode: int


def explain(error: sqlite3.Error | UnicodeDecodeError) -> HistoryError | Unusable:
    """The error to raise: `HistoryError` for a fault of disk or lock, else `Unusable`.

    Our statements are constant, so any other error of SQLite is the file's fault.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and (words := _TEXTS.get(code & 0xFF)):
        return HistoryError(words)
    return Unusable("was damaged")


def open_file(folder: Path, *, unless: int | None = None) -> tuple[HistoryFile, str | None]:
    """Open the folder's history or create it; folder and file are readable by their owner only.

    An unusable file is renamed, never removed, and the second value is a message about it. `unless`
    is the inode of a file that is known to be damaged although it can be opened.
    Raises `HistoryError` if the folder cannot be made, written or locked.
    """
    try:
        private_folder(folder)
        with _locked(folder):
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
    """A new, empty history in memory."""
    connection = _connection(":memory:")
    _create_tables(connection)
    return connection


def copied(folder: Path) -> HistoryFile | None:
    """A copy in memory of a history that cannot be written; None if it cannot be read either."""
    # In a read-only folder SQLite cannot lock: `immutable` says that nobody writes the file.
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
    # SQLite gives its -wal and -shm files the mode of this one.
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
    """Decode text; return invalid UTF-8 as bytes, so that only its own row is invalid."""
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
        _create_tables(connection)
    elif maker != APPLICATION:
        raise Unusable("was another program's file")
    elif version > VERSION:
        raise Unusable("was written by a newer takedeck")
    elif version < min(NEWER):
        raise Unusable("was damaged")
    else:
        _upgrade(connection, version)


def _create_tables(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for statement in TABLES:
            connection.execute(statement)


def _upgrade(connection: sqlite3.Connection, version: int) -> None:
    for known in range(version, VERSION):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for statement in NEWER[known]:
                connection.execute(statement)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder, so that no other process opens, creates or sets aside the file."""
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
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _set_aside(folder: Path) -> Path:
    stem, suffix = NAME.split(".")
    number = 1
    while (aside := folder / f"{stem}-set-aside-{number}.{suffix}").exists():
        number += 1
    # The main file last: SQLite would take a log left behind for the new file's own.
    for beside in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            os.replace(folder / (NAME + beside), str(aside) + beside)
    return aside


def _inode(path: Path) -> int:
    return path.stat().st_ino
