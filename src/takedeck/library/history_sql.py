"""The history's tables and every statement that is run on them."""

from __future__ import annotations

from typing import Final

VERSION: Final = 3
APPLICATION: Final = 0x7464_686A
"""SQLite's `application_id` of a file that takedeck made."""

NEVER: Final = -(1 << 62)
"""The time of what has none; sorts as the oldest. Times are in microseconds since 1970, UTC."""

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
"""What makes the next version of the tables out of each earlier one; nothing in them is lost."""

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
"""What gives an owner all that is kept under a former name; of what both have, the former goes."""

PUT_JOB: Final = """
INSERT INTO jobs (owner, id, status, progress, engine, mode, created, track_id, error, refusal,
    trouble, took, facts)
VALUES ((SELECT number FROM owners WHERE name = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (owner, id) DO UPDATE SET
    status = excluded.status,
    progress = CASE
        WHEN jobs.status = excluded.status AND jobs.status IN ('queued', 'running')
        AND jobs.progress > excluded.progress THEN jobs.progress ELSE excluded.progress END,
    engine = excluded.engine,
    mode = excluded.mode,
    created = CASE jobs.created WHEN -(1 << 62) THEN excluded.created ELSE jobs.created END,
    track_id = excluded.track_id,
    error = excluded.error,
    refusal = excluded.refusal,
    trouble = excluded.trouble,
    took = coalesce(excluded.took, jobs.took),
    facts = coalesce(excluded.facts, jobs.facts)
WHERE NOT (jobs.status IN ('succeeded', 'failed', 'cancelled', 'refused', 'expired')
    AND excluded.status NOT IN ('succeeded', 'failed', 'cancelled', 'refused', 'expired'))
"""

DROP_TRACKS: Final = """
DELETE FROM tracks WHERE job = (
    SELECT number FROM jobs
    WHERE owner = (SELECT number FROM owners WHERE name = ?) AND id = ?)
"""

PUT_TRACK: Final = """
INSERT INTO tracks (job, place, id, title, engine, mode, instrumental, duration, mime_type,
    licence, created, facts, stems)
VALUES ((
    SELECT number FROM jobs
    WHERE owner = (SELECT number FROM owners WHERE name = ?) AND id = ?),
    ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

NEWEST: Final = """
SELECT j.*, t.id, t.title, t.engine, t.mode, t.instrumental, t.duration, t.mime_type, t.licence,
    t.created, t.facts, t.stems
FROM (
    SELECT number, id, status, progress, engine, mode, created, track_id, error, refusal, trouble,
        facts
    FROM jobs
    WHERE owner = (SELECT number FROM owners WHERE name = ?)
    ORDER BY created DESC, number LIMIT ?
) AS j LEFT JOIN tracks AS t ON t.job = j.number
ORDER BY j.created DESC, j.number, t.place
"""

OLDER: Final = """
WITH last AS (SELECT number, created FROM jobs WHERE number = ?)
SELECT j.*, t.id, t.title, t.engine, t.mode, t.instrumental, t.duration, t.mime_type, t.licence,
    t.created, t.facts, t.stems
FROM (
    SELECT number, id, status, progress, engine, mode, created, track_id, error, refusal, trouble,
        facts
    FROM jobs
    WHERE owner = (SELECT number FROM owners WHERE name = ?)
        AND created <= (SELECT created FROM last)
        AND (created < (SELECT created FROM last) OR number > (SELECT number FROM last))
    ORDER BY created DESC, number LIMIT ?
) AS j LEFT JOIN tracks AS t ON t.job = j.number
ORDER BY j.created DESC, j.number, t.place
"""

NUMBER: Final = """
SELECT number FROM jobs
WHERE owner = (SELECT number FROM owners WHERE name = ?) AND id = ?
"""

SET_ASIDE: Final = (
    "CREATE TABLE IF NOT EXISTS set_aside (owner TEXT NOT NULL, rows TEXT NOT NULL)",
    "INSERT INTO set_aside (owner, rows) VALUES (?, ?)",
    "DELETE FROM tracks WHERE job = ?",
    "DELETE FROM jobs WHERE number = ?",
)
"""Where a job goes that cannot be read: its owner, and its rows as JSON."""

TOOK: Final = """
SELECT engine, mode, took FROM jobs
WHERE owner = (SELECT number FROM owners WHERE name = ?) AND took IS NOT NULL
ORDER BY created DESC LIMIT ?
"""

REMEMBER: Final = """
REPLACE INTO settings (owner, name, value)
VALUES ((SELECT number FROM owners WHERE name = ?), ?, ?)
"""

RECALL: Final = """
SELECT value FROM settings
WHERE owner = (SELECT number FROM owners WHERE name = ?) AND name = ?
"""

FORGET: Final = """
DELETE FROM settings
WHERE owner = (SELECT number FROM owners WHERE name = ?) AND name = ?
"""
