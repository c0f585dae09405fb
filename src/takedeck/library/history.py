"""The history: known jobs and settings in SQLite, shared by several takedeck processes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from takedeck.library import history_rows as rows
from takedeck.library import history_sql as sql
from takedeck.library.estimate import Kind, took
from takedeck.library.history_file import (
    FAULTS,
    HistoryFile,
    Unusable,
    connect_memory,
    copied,
    explain,
    open_file,
)
from takedeck.library.history_file import (
    HistoryError as HistoryError,
)
from takedeck.library.merge import merged
from takedeck.model import Job

DURATIONS: Final = 2_000
"""Jobs whose durations are read."""


class History:
    """Jobs, titles, durations and small settings, separately for each `owner`.

    An owner is one string for provider, account and address. Every method may be called
    from any thread, and all but `close` block on the disk, up to 3 s while another process
    writes: call them in a worker thread, never in the event loop. A lock serialises them, so load
    very many jobs in chunks of a few thousand.

    Each raises `HistoryError` if the disk is full, locked or not writable; then nothing of that
    call is saved. If the file turns out to be damaged, it is set aside and a new one is created,
    and the error says so; the next call works. After `close`, each raises `HistoryError`.
    """

    def __init__(self, opened: HistoryFile | None, folder: Path | None) -> None:
        self._folder = folder
        self._inode = opened.inode if opened else 0
        self._db: sqlite3.Connection | None = opened.connection if opened else connect_memory()
        self._lock = threading.Lock()
        self._unread: set[tuple[str, int]] = set()

    @property
    def unread(self) -> int:
        """How many jobs could not be read so far; they were moved to the table `set_aside`."""
        return len(self._unread)

    @classmethod
    def open(cls, folder: Path) -> tuple[Self, str | None]:
        """Open the folder's history; also returns a message for the user, or None.

        Never raises because of what is on the disk. A file that is damaged, newer or not ours is
        set aside. If nothing can be written, the history is a copy in memory of what can be read.
        """
        try:
            opened, message = open_file(folder)
        except HistoryError as error:
            copy = copied(folder)
            shown = "What was kept is shown, but" if copy else "Until it can be written,"
            message = (
                f"The history cannot be written. {error.what} {shown} nothing new is kept: "
                "free disk space or check the data folder."
            )
            return cls(copy, None), message
        return cls(opened, folder), message

    @classmethod
    def in_memory(cls) -> Self:
        """A history in memory, lost with the process."""
        return cls(None, None)

    def load(self, owner: str, limit: int | None = None, *, after: str | None = None) -> list[Job]:
        """Jobs as last saved, newest first, ties as first saved; with titles, without URLs.

        `after` is the id of the last job of an earlier `load`: only older jobs are returned. A job
        whose rows are invalid is set aside and counted in `unread`; another takes its place.
        """
        with self._connection() as db, db:
            db.execute("BEGIN")
            last = None
            if after is not None:
                last = db.execute(sql.NUMBER, (owner, after)).fetchone()
                if last is None:
                    return []
            jobs, unread = _read(db, owner, limit, last[0] if last else None)
            try:
                self._set_aside(db, owner, unread)
            except sqlite3.OperationalError as error:
                # Locked, full or read-only: they are left out of the result, but stay in the file.
                if isinstance(explain(error), Unusable):
                    raise
        return jobs

    def _set_aside(self, db: sqlite3.Connection, owner: str, unread: rows.Unread) -> None:
        """Move these jobs to the table `set_aside`, so that the API's next answer replaces them."""
        self._unread |= {(owner, number) for number in unread}
        make, keep, *drop = sql.SET_ASIDE
        for number, as_it_is in unread.items():
            db.execute(make)
            db.execute(keep, (owner, as_it_is))
            for statement in drop:
                db.execute(statement, (number,))

    def save(
        self,
        owner: str,
        jobs: Iterable[Job],
        *,
        finished_at: Mapping[str, datetime] | None = None,
    ) -> None:
        """Save these jobs, all or none of them.

        Each is merged with the one in the file, by the same rule as in the store. `finished_at`
        maps ids to when a job was seen to end, in server time. A job whose rows are invalid is set
        aside as in `load`, and replaced by the new one.
        """
        ends = finished_at or {}
        seen = list(jobs)
        with self._transaction(owner) as db:
            kept = self._load_kept(db, owner, {job.id for job in seen})
            now: dict[str, tuple[Job, rows.Value]] = {
                job_id: (found.job, found.row.took) for job_id, found in kept.items()
            }
            for job in seen:
                seconds = took(job, ends.get(job.id))
                if job.id not in now:
                    now[job.id] = job, seconds
                    continue
                known, known_seconds = now[job.id]
                now[job.id] = merged(known, job), known_seconds if seconds is None else seconds
            for job, seconds in now.values():
                _write(db, owner, job, seconds, kept.get(job.id))

    def _load_kept(self, db: sqlite3.Connection, owner: str, ids: set[str]) -> dict[str, rows.Kept]:
        """These jobs as they are in the file, by id."""
        wanted: list[str | None] = [*sorted(ids)]
        wanted += [None] * (-len(wanted) % sql.AT_ONCE)
        kept: dict[str, rows.Kept] = {}
        for start in range(0, len(wanted), sql.AT_ONCE):
            each = wanted[start : start + sql.AT_ONCE]
            read, unread = rows.kept_of(db.execute(sql.KNOWN, (owner, *each)).fetchall())
            self._set_aside(db, owner, unread)
            kept |= {found.job.id: found for found in read}
        return kept

    def durations(self, owner: str, limit: int = DURATIONS) -> dict[Kind, list[float]]:
        """How long the latest succeeded jobs took, in seconds, by engine and mode; latest last."""
        with self._connection() as db:
            latest = db.execute(sql.TOOK, (owner, limit)).fetchall()
        taken: dict[Kind, list[float]] = {}
        for engine, mode, seconds in reversed(latest):
            if isinstance(seconds, float) and isinstance(engine, str) and isinstance(mode, str):
                taken.setdefault((engine, mode), []).append(seconds)
        return taken

    def remember(self, owner: str, name: str, value: str | None) -> None:
        """Save a small setting; None deletes it."""
        with self._transaction(owner) as db:
            if value is None:
                db.execute(sql.FORGET, (owner, name))
            else:
                # Text pasted into a search may hold a lone surrogate, which SQLite refuses.
                whole = value.encode("utf-8", "replace").decode("utf-8")
                db.execute(sql.REMEMBER, (owner, name, whole))

    def recall(self, owner: str, name: str) -> str | None:
        """The setting as last saved, or None."""
        with self._connection() as db:
            found = db.execute(sql.RECALL, (owner, name)).fetchone()
        return found[0] if found and isinstance(found[0], str) else None

    def adopt(self, owner: str, former: str) -> None:
        """Move everything saved under the owner's `former` name to `owner`, if there is anything.

        If both have the same job or setting, the owner's own is kept.
        """
        with self._connection() as db:
            if owner == former or db.execute(sql.KNOWN_OWNER, (former,)).fetchone() is None:
                return
        with self._transaction(owner) as db:
            numbers = {}
            for role, name in (("owner", owner), ("former", former)):
                # Another process may have done it meanwhile.
                found = db.execute(sql.KNOWN_OWNER, (name,)).fetchone()
                numbers[role] = found[0] if found else None
            for statement in sql.ADOPT:
                db.execute(statement, numbers)

    def close(self) -> None:
        """Close the file; calling it twice is harmless."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    @contextmanager
    def _transaction(self, owner: str) -> Iterator[sqlite3.Connection]:
        with self._connection() as db, db:
            db.execute("BEGIN IMMEDIATE")
            db.execute(sql.KNOW_OWNER, (owner,))
            yield db

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._db is None:
                raise HistoryError("It is closed.")
            try:
                yield self._db
            except FAULTS as error:
                fault = explain(error)
                raise (self._replace_file() if isinstance(fault, Unusable) else fault) from None

    def _replace_file(self) -> HistoryError:
        """Switch to a new file, or to the one with which another process has replaced ours."""
        if self._db is not None:
            self._db.close()
        message: str | None = None
        try:
            if self._folder is None:
                self._db = connect_memory()
            else:
                opened, message = open_file(self._folder, unless=self._inode)
                self._db, self._inode = opened.connection, opened.inode
        except HistoryError as error:
            self._db = connect_memory()
            return error
        return HistoryError(message or "The file was damaged and has been replaced.")


def _read(
    db: sqlite3.Connection, owner: str, limit: int | None, last: int | None
) -> tuple[list[Job], rows.Unread]:
    """Jobs after the number `last`; reads on until `limit` valid ones are found."""
    jobs: list[Job] = []
    unread: rows.Unread = {}
    while True:
        most = -1 if limit is None else limit - len(jobs)
        if last is None:
            found = db.execute(sql.NEWEST, (owner, most)).fetchall()
        else:
            found = db.execute(sql.OLDER, (last, owner, most)).fetchall()
        read, spoiled = rows.kept_of(found)
        # A damaged index may return the same rows again: stop when nothing new comes.
        more = spoiled.keys() - unread.keys()
        jobs += [kept.job for kept in read]
        unread |= spoiled
        if limit is None or not more:
            return jobs, unread
        last = found[-1][0]


def _write(
    db: sqlite3.Connection, owner: str, job: Job, seconds: rows.Value, kept: rows.Kept | None
) -> None:
    """Write the job's rows, unless they are in the file as they are."""
    row, tracks = rows.job_row(job, seconds), rows.track_rows(job)
    if kept is None:
        number = db.execute(sql.PUT_JOB, (owner, *row)).lastrowid
    else:
        number = kept.number
        if row != kept.row:
            db.execute(sql.CHANGE_JOB, {**row._asdict(), "number": number})
    if tracks != (kept.tracks if kept else ()):
        db.execute(sql.DROP_TRACKS, (number,))
        db.executemany(sql.PUT_TRACK, [(number, *track) for track in tracks])
