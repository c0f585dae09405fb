"""Histories as each version of the file had them, opened with today's code.

Each of data/version-N.sqlite3 was made by the takedeck that wrote version N, of `JOBS`. Before
VERSION goes up, today's own file belongs there too.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from takedeck.library.history import History
from takedeck.library.history_file import NAME
from takedeck.library.history_sql import VERSION
from takedeck.model import (
    CANCELLED,
    FAILED,
    QUEUED,
    REFUSED,
    RUNNING,
    SUCCEEDED,
    Job,
    Status,
    Stem,
    Track,
)

DATA = Path(__file__).parent / "data"
MINE, OTHERS = "aitronos org_made_up api.test", "aitronos org_other api.test"


def at(seconds: float) -> datetime:
    return datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=seconds)


SONG = Track(
    "mtrack_a", "潮騒の歌 – 夜", "studio", "focus", False, 119.25, "audio/mpeg",
    "commercial_cleared", at(590.5), stems=(Stem("drums"), Stem("bass"), Stem("vocals")),
    facts=(("moods", "calm, wide"),),
)  # fmt: skip
SECOND = Track(
    "mtrack_b", "바다의 노래", "studio", "focus", True, 61.0, "audio/flac", "personal_only", at(592)
)
JOBS = [
    Job("mgen_queued", QUEUED, None, "studio", "song", at(610)),
    Job("mgen_running", RUNNING, 40, "studio", "focus", at(600)),
    Job("mgen_two", SUCCEEDED, 100, "studio", "focus", at(500), "mtrack_a", tracks=(SONG, SECOND),
        facts=(("prompt", "the tide at night, 合唱"), ("version", "V7"))),
    Job("mgen_listed", SUCCEEDED, 100, "sketch", "", at(400), "mtrack_c"),
    Job("mgen_failed", FAILED, 70, "studio", "focus", at(300),
        error_message="The engine ran out of memory.\nIt may be tried again."),
    Job("mgen_refused", REFUSED, None, "studio", "song", at(200),
        refusal_reason="The words name a living artist."),
    Job("mgen_cancelled", CANCELLED, 10, "studio", "song", at(100)),
    Job("mgen_undated", Status("paused"), trouble="created_at could not be read"),
]  # fmt: skip


def as_known_to(version: int, job: Job) -> Job:
    """The job without what a file of that version has no column for."""
    tracks = job.tracks
    if version < 3:
        tracks = tuple(replace(track, stems=()) for track in tracks)
    if version < 2:
        job = replace(job, facts=())
        tracks = tuple(replace(track, facts=()) for track in tracks)
    return replace(job, tracks=tracks)


def tables(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, by its columns' names."""
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        names = [row["name"] for row in db.execute("SELECT name FROM sqlite_master")
                 if row["name"] in ("owners", "jobs", "tracks", "settings")]  # fmt: skip
        return {
            name: [dict(row) for row in db.execute(f"SELECT * FROM {name}")]  # noqa: S608
            for name in names
        }


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_what_an_earlier_version_kept_is_all_there_and_can_be_added_to(
    tmp_path: Path, version: int
) -> None:
    path = tmp_path / NAME
    shutil.copy(DATA / f"version-{version}.sqlite3", path)
    before = tables(path)
    assert version_of(path) == version
    assert len(before) == 4

    history, message = History.open(tmp_path)
    loaded = history.load(MINE)

    assert message is None
    assert loaded == [as_known_to(version, job) for job in JOBS]
    assert [job.id for job in history.load(OTHERS)] == ["mgen_two"]
    assert history.recall(MINE, "search") == "潮"
    assert history.recall(MINE, "status") == "failed"
    assert history.durations(MINE) == {("sketch", ""): [33.25], ("studio", "focus"): [90.5]}
    assert version_of(path) == VERSION
    for name, rows in tables(path).items():
        for row, old in zip(rows, before[name], strict=True):
            assert {column: row[column] for column in old} == old
            assert {row[column] for column in row.keys() - old.keys()} <= {None}

    new = replace(JOBS[2], id="mgen_new", created_at=at(700))
    ended = replace(JOBS[1], status=SUCCEEDED, progress=100, tracks=(SONG,))
    history.save(MINE, [new, ended, JOBS[2]])
    expected = [new, JOBS[0], ended, JOBS[2], *(as_known_to(version, job) for job in JOBS[3:])]
    assert history.load(MINE) == expected
    history.close()

    history, message = History.open(tmp_path)
    assert message is None
    assert history.load(MINE) == expected
    assert history.unread == 0
    history.close()
    assert not list(tmp_path.glob("*set-aside*"))
