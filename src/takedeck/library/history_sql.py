"""The history's tables and all SQL statements."""

# ruff: noqa: S608 - the statements are made only of column names and texts of this file

from __future__ import annotations

from typing import Final

from takedeck.library.history_rows import JobRow, TrackRow

VERSION: Final = 3
APPLICATION: Final = 0x7464_686A
"""SQLite's `application_id` in takedeck's files."""

TABLES: Final = (
    "CREATE TABLE owners (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE jobs (
        number INTEGER PRIMARY KEY, owner INTEGER NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL,
        progress INTEGER, engine TEXT NOT NULL, mode TEXT NOT NULL, created INTEGER NOT NULL,
        track_id TEXT, error TEXT, refusal TEXT, trouble TEXT, took REAL, facts TEXT,
        UNIQUE (owner, id))""",
    "CREATE INDEX newest ON jobs (owner, created DESC, number)",
    "CREATE INDEX finished ON jobs (owner, created DESC) WHERE took IS NOT NULL",
    """CREATE TABLE tracks (
        job INTEGER NOT NULL, place INTEGER NOT NULL, id TEXT NOT NULL, title TEXT,
        engine TEXT NOT NULL, mode TEXT NOT NULL, instrumental INTEGER, duration REAL,
        mime_type TEXT, licence TEXT, created INTEGER NOT NULL, facts TEXT, stems TEXT,
        PRIMARY KEY (job, place)) WITHOUT ROWID""",
    """CREATE TABLE settings (
        owner INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (owner, name)) WITHOUT ROWID""",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)

NEWER: Final = {
    1: (
        "ALTER TABLE jobs ADD COLUMN facts TEXT",
        "ALTER TABLE tracks ADD COLUMN facts TEXT",
        "PRAGMA user_version = 2",
    ),
    2: (
        "ALTER TABLE tracks ADD COLUMN stems TEXT",
        "PRAGMA user_version = 3",
    ),
}
"""The statements that upgrade each earlier version of the tables to the next, without loss."""

KNOW_OWNER: Final = "INSERT OR IGNORE INTO owners (name) VALUES (?)"

KNOWN_OWNER: Final = "SELECT number FROM owners WHERE name = ?"

ADOPT: Final = (
    "UPDATE OR IGNORE jobs SET owner = :owner WHERE owner = :former",
    "UPDATE OR IGNORE settings SET owner = :owner WHERE owner = :former",
    "DELETE FROM tracks WHERE job IN (SELECT number FROM jobs WHERE owner = :former)",
    "DELETE FROM jobs WHERE owner = :former",
    "DELETE FROM settings WHERE owner = :former",
    "DELETE FROM owners WHERE number = :former",
)
"""Moves everything from a former owner to an owner; what both have is deleted from the former."""

_OWNER: Final = "(SELECT number FROM owners WHERE name = ?)"
_JOINED: Final = ", ".join(
    [
        "j.number",
        *(f"j.{column}" for column in JobRow._fields),
        *(f"t.{column}" for column in TrackRow._fields),
    ]
)
"""The columns of a job joined with one of its tracks, as `history_rows.kept_of` reads them."""

PUT_JOB: Final = f"""
INSERT INTO jobs (owner, {", ".join(JobRow._fields)})
VALUES ({_OWNER}{", ?" * len(JobRow._fields)})
"""

CHANGE_JOB: Final = f"""
UPDATE jobs SET {", ".join(f"{column} = :{column}" for column in JobRow._fields if column != "id")}
WHERE number = :number
"""

DROP_TRACKS: Final = "DELETE FROM tracks WHERE job = ?"

PUT_TRACK: Final = f"""
INSERT INTO tracks (job, {", ".join(TrackRow._fields)})
VALUES (?{", ?" * len(TrackRow._fields)})
"""

AT_ONCE: Final = 200
"""The number of ids that `KNOWN` takes; constant, so that SQLite prepares it only once."""

KNOWN: Final = f"""
SELECT {_JOINED}
FROM jobs AS j LEFT JOIN tracks AS t ON t.job = j.number
WHERE j.owner = {_OWNER} AND j.id IN ({", ".join("?" * AT_ONCE)})
ORDER BY j.number, t.place
"""


def _page(older: str = "") -> str:
    return f"""
SELECT {_JOINED}
FROM (
    SELECT number, {", ".join(JobRow._fields)} FROM jobs
    WHERE owner = {_OWNER} {older}
    ORDER BY created DESC, number LIMIT ?
) AS j LEFT JOIN tracks AS t ON t.job = j.number
ORDER BY j.created DESC, j.number, t.place
"""


NEWEST: Final = _page()

OLDER: Final = "WITH last AS (SELECT number, created FROM jobs WHERE number = ?)" + _page(
    """AND created <= (SELECT created FROM last)
        AND (created < (SELECT created FROM last) OR number > (SELECT number FROM last))"""
)

NUMBER: Final = f"""
SELECT number FROM jobs
WHERE owner = {_OWNER} AND id = ?
"""

SET_ASIDE: Final = (
    "CREATE TABLE IF NOT EXISTS set_aside (owner TEXT NOT NULL, rows TEXT NOT NULL)",
    "INSERT INTO set_aside (owner, rows) VALUES (?, ?)",
    DROP_TRACKS,
    "DELETE FROM jobs WHERE number = ?",
)
"""Moves a job with invalid rows to a table of its own: its owner, and its rows as JSON."""

TOOK: Final = f"""
SELECT engine, mode, took FROM jobs
WHERE owner = {_OWNER} AND took IS NOT NULL
ORDER BY created DESC LIMIT ?
"""

REMEMBER: Final = f"""
REPLACE INTO settings (owner, name, value)
VALUES ({_OWNER}, ?, ?)
"""

RECALL: Final = f"""
SELECT value FROM settings
WHERE owner = {_OWNER} AND name = ?
"""

FORGET: Final = f"""
DELETE FROM settings
WHERE owner = {_OWNER} AND name = ?
"""
