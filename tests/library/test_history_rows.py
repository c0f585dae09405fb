"""Rows that hold anything: those that cannot be read are set aside, all others are shown."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from takedeck.library.history import History, HistoryError
from takedeck.library.history_file import NAME
from takedeck.library.history_rows import JobRow, TrackRow
from takedeck.library.store import Store
from takedeck.model import RUNNING, SUCCEEDED, Job, Stem, Track

MINE = "aitronos org_a api.test"
START = datetime(2026, 7, 1, 12, tzinfo=UTC)
KEPT = [
    Job(f"mgen_{n}", SUCCEEDED, 100, "studio", created_at=START - timedelta(seconds=n),
        tracks=(Track(f"t{n}", title="Übermut", duration=60.5, stems=(Stem("bass"),)),),
        facts=(("prompt", "tide"),))
    for n in range(12)
]  # fmt: skip
COLUMNS = [("jobs", name) for name in JobRow._fields]
COLUMNS += [("tracks", name) for name in TrackRow._fields if name != "place"]
ENDS = (2**63 - 1, -(2**63), 10**18, -1, 0, 1e308, -1e308, float("inf"), 0.5)
anything = (
    st.sampled_from(ENDS) | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
    | st.text(max_size=9) | st.binary(max_size=9)
    | st.sampled_from(["[" * 90_000, '[["a", 1]]', '{"a": 1}', "[[", '[["\\ud800", "x"]]'])
    | st.just("9" * 5_000)
)  # fmt: skip


def spoil(db: sqlite3.Connection, spoiled: list[tuple[int, tuple[str, str], Any]]) -> None:
    for number, (table, column), value in spoiled:
        key, which = ("number", number) if table == "jobs" else ("job", number)
        db.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (value, which))  # noqa: S608


@given(
    st.lists(
        st.tuples(st.integers(1, len(KEPT)), st.sampled_from(COLUMNS), anything),
        max_size=6,
        unique_by=lambda each: each[:2],
    ),
    st.none() | st.integers(1, 5),
)
@example([(1, ("jobs", "facts"), "[" * 90_000)], None)
@example([(n, ("jobs", "created"), "soon") for n in range(1, 12)], 2)
@example([(1, ("jobs", "progress"), 0.5), (2, ("tracks", "duration"), float("inf"))], 1)
def test_whatever_rows_hold_the_others_are_there(
    spoiled: list[tuple[int, tuple[str, str], Any]], size: int | None
) -> None:
    history = History.in_memory()
    history.save(MINE, KEPT)
    db = history._db
    assert db is not None
    try:
        spoil(db, spoiled)
    except sqlite3.IntegrityError:  # two jobs of one id
        history.close()
        return

    loaded = page = history.load(MINE, size)
    while size and (page := history.load(MINE, size, after=page[-1].id if page else None)):
        if page[0] in loaded:
            break
        loaded = loaded + page

    touched = {number - 1 for number, _, _ in spoiled}
    whole = [job for number, job in enumerate(KEPT) if number not in touched]
    assert [job for job in loaded if job in whole] == whole
    assert len(loaded) + history.unread == len(KEPT)
    assert len(Store().apply(loaded).added) == len(loaded)
    for job in loaded:
        assert job.track is None or job.track.duration is None or job.track.duration >= 0
    history.durations(MINE)
    aside = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'set_aside'").fetchone()[0]
    assert aside == bool(history.unread)
    before = history.unread
    assert len(history.load(MINE)) == len(loaded)
    assert history.unread == before
    history.save(MINE, KEPT)
    assert {job.id for job in KEPT} <= {job.id for job in history.load(MINE)}
    history.close()


def test_a_text_that_is_none_spoils_its_own_row_only(tmp_path: Path) -> None:
    history, _ = History.open(tmp_path)
    history.save(MINE, KEPT)
    history.remember(MINE, "search", "rain")
    history.close()
    with closing(sqlite3.connect(tmp_path / NAME)) as db, db:
        db.execute("UPDATE tracks SET title = CAST(x'c3' AS TEXT) WHERE id = 't3'")
        db.execute("UPDATE settings SET value = CAST(x'ff' AS TEXT)")

    history, message = History.open(tmp_path)
    loaded = history.load(MINE)
    search = history.recall(MINE, "search")
    history.close()

    assert message is None
    assert loaded == [job for job in KEPT if job.id != "mgen_3"]
    assert search is None
    with closing(sqlite3.connect(tmp_path / NAME)) as db:
        ((owner, kept),) = db.execute("SELECT owner, rows FROM set_aside")
    assert owner == MINE
    assert json.loads(kept)[0][1] == "mgen_3"
    assert "c3" in json.loads(kept)[0]


def test_a_job_that_was_set_aside_comes_back_and_is_not_told_again(tmp_path: Path) -> None:
    history, _ = History.open(tmp_path)
    history.save(MINE, KEPT)
    history.close()
    with closing(sqlite3.connect(tmp_path / NAME)) as db, db:
        db.execute("UPDATE jobs SET created = 9000000000000000000, facts = '[' WHERE number < 4")

    history, _ = History.open(tmp_path)
    assert history.load(MINE) == KEPT[3:]
    assert history.unread == 3
    history.save(MINE, KEPT[:1])
    history.close()

    history, _ = History.open(tmp_path)
    assert history.load(MINE) == KEPT[:1] + KEPT[3:]
    assert history.unread == 0
    history.close()


def test_a_job_that_cannot_be_read_is_set_aside_by_saving_it_too(tmp_path: Path) -> None:
    history, _ = History.open(tmp_path)
    history.save(MINE, KEPT)
    db = history._db
    assert db is not None
    db.execute("UPDATE tracks SET stems = '[' WHERE id = 't2'")
    db.execute("UPDATE jobs SET facts = '[' WHERE id = 'mgen_4'")
    seen = [replace(KEPT[2], facts=()), Job("mgen_4", RUNNING, 40)]
    history.save(MINE, [*seen, replace(KEPT[6], tracks=())])

    kept = {job.id: job for job in history.load(MINE)}
    assert kept == {job.id: job for job in [*KEPT, *seen]}
    assert history.unread == 2
    rows = [json.loads(text) for (text,) in db.execute("SELECT rows FROM set_aside")]
    assert [each[0][1] for each in rows] == ["mgen_2", "mgen_4"]
    history.close()


def test_a_job_stays_where_it_is_when_there_is_no_room_to_set_it_aside(tmp_path: Path) -> None:
    history, _ = History.open(tmp_path)
    history.save(MINE, KEPT)
    db = history._db
    assert db is not None
    db.execute("UPDATE jobs SET status = x'00' WHERE id = 'mgen_2'")
    before = db.execute("SELECT * FROM jobs ORDER BY number").fetchall()
    db.execute("PRAGMA max_page_count = 1")
    with pytest.raises(HistoryError, match="disk is full"):
        history.save(MINE, KEPT)
    db.execute("PRAGMA max_page_count = 100000")
    assert db.execute("SELECT * FROM jobs ORDER BY number").fetchall() == before
    history.save(MINE, KEPT)
    assert {job.id: job for job in history.load(MINE)} == {job.id: job for job in KEPT}
    history.close()


def test_a_row_has_the_columns_of_its_table() -> None:
    history = History.in_memory()
    db = history._db
    assert db is not None
    for table, row, keys in (("jobs", JobRow, {"number", "owner"}), ("tracks", TrackRow, {"job"})):
        columns = {name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")}
        assert columns == {*row._fields, *keys}
    history.close()


def test_where_nothing_can_be_written_the_rest_is_shown_all_the_same(tmp_path: Path) -> None:
    history, _ = History.open(tmp_path)
    history.save(MINE, KEPT)
    db = history._db
    assert db is not None
    db.execute("UPDATE jobs SET status = x'00' WHERE number = 2")
    db.execute("PRAGMA query_only = ON")
    for _ in range(2):
        assert history.load(MINE) == KEPT[:1] + KEPT[2:]
        assert history.unread == 1
    history.close()


def test_another_takedeck_that_writes_keeps_nothing_from_being_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("takedeck.library.history_file.BUSY", 0.05)
    history, _ = History.open(tmp_path)
    history.save(MINE, KEPT)
    with closing(sqlite3.connect(tmp_path / NAME, isolation_level=None)) as other:
        other.execute("UPDATE jobs SET status = x'00' WHERE number = 2")
        other.execute("BEGIN IMMEDIATE")
        assert history.load(MINE) == KEPT[:1] + KEPT[2:]
        other.execute("ROLLBACK")
    assert history.load(MINE) == KEPT[:1] + KEPT[2:]
    history.save(MINE, KEPT)
    assert history.load(MINE) == KEPT
    history.close()
