"""A history whose file is damaged, newer, another's, locked, or on a disk that is full."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from takedeck.library import history_file
from takedeck.library.history import History, HistoryError
from takedeck.library.history_file import NAME
from takedeck.model import SUCCEEDED, Job, Track

MINE = "aitronos org_a api.test"
KEPT = [Job(f"mgen_{n}", SUCCEEDED, tracks=(Track(f"t{n}", title="Übermut"),)) for n in range(60)]
NEW = Job("mgen_new", SUCCEEDED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    history, message = History.open(tmp_path)
    history.save(MINE, KEPT)
    history.remember(MINE, "search", "rain")
    history.close()
    assert message is None
    return tmp_path


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def works(history: History) -> bool:
    history.save(MINE, [NEW])
    return NEW in history.load(MINE)


def spoil(change: Callable[[bytearray], None]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        data = bytearray(path.read_bytes())
        change(data)
        path.write_bytes(data)

    return apply


def shred(data: bytearray) -> None:
    data[:] = b"not a database at all" * 500


def cut(data: bytearray) -> None:
    del data[150:]


def garble(data: bytearray) -> None:
    data[:] = data.replace(b"CREATE TABLE jobs", b"CREATE TABL\x80 jobs")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (spoil(shred), "damaged"),
        (spoil(cut), "damaged"),
        (spoil(garble), "damaged"),
        (lambda path: run(path, "PRAGMA user_version = 99"), "newer takedeck"),
        (lambda path: run(path, "PRAGMA user_version = 0"), "damaged"),
        (lambda path: run(path, "PRAGMA application_id = 7"), "another program"),
        (lambda path: run(path, "PRAGMA application_id = 0"), "another program"),
    ],
    ids=["shredded", "cut", "garbled", "newer", "no version", "foreign", "unmarked"],
)
def test_a_file_that_cannot_be_used_is_set_aside(
    folder: Path, change: Callable[[Path], None], why: str
) -> None:
    change(folder / NAME)
    before = (folder / NAME).read_bytes()
    history, message = History.open(folder)
    aside = folder / "history-set-aside-1.sqlite3"
    assert message is not None
    assert why in message
    assert str(aside) in message
    assert aside.read_bytes() == before
    assert history.load(MINE) == []
    assert works(history)
    history.close()
    again, message = History.open(folder)
    assert message is None
    assert again.load(MINE) == [NEW]
    again.close()


def test_a_log_that_a_newer_takedeck_still_writes_goes_with_its_file(folder: Path) -> None:
    with closing(sqlite3.connect(folder / NAME)) as newer:
        newer.execute("PRAGMA user_version = 99")
        history, message = History.open(folder)
        assert message is not None
        assert "newer takedeck" in message
        assert (folder / "history-set-aside-1.sqlite3-wal").stat().st_size
        assert history.load(MINE) == []
        assert works(history)
        history.close()


@pytest.mark.parametrize("facts", ["[", "7", '["prompt"]', "[[1, 2, 3]]", "[null]"])
def test_facts_that_are_none_leave_only_their_job_out(folder: Path, facts: str) -> None:
    with closing(sqlite3.connect(folder / NAME)) as connection, connection:
        connection.execute("UPDATE jobs SET facts = ? WHERE id = 'mgen_3'", (facts,))
    history, message = History.open(folder)
    assert message is None
    assert history.load(MINE) == [job for job in KEPT if job.id != "mgen_3"]
    history.close()


def test_what_was_set_aside_before_stays(folder: Path) -> None:
    for number in (1, 2):
        (folder / NAME).write_bytes(b"%d" % number * 500)
        History.open(folder)[0].close()
    assert [(folder / f"history-set-aside-{n}.sqlite3").read_bytes()[:1] for n in (1, 2)] == [
        b"1",
        b"2",
    ]


@pytest.mark.parametrize("table", ["jobs", "tracks", "settings", "owners"])
def test_a_table_that_went_is_noticed_when_it_is_needed(folder: Path, table: str) -> None:
    run(folder / NAME, f"DROP TABLE {table}")
    history, message = History.open(folder)
    assert message is None
    with pytest.raises(HistoryError, match=r"damaged and is now .*history-set-aside-1\.sqlite3"):
        history.recall(MINE, "search") if table == "settings" else history.load(MINE)
    assert works(history)
    history.close()


def test_a_second_takedeck_goes_on_with_the_file_that_the_first_began(folder: Path) -> None:
    first, second = History.open(folder)[0], History.open(folder)[0]
    run(folder / NAME, "DROP TABLE tracks")
    for history in (first, second):
        with pytest.raises(HistoryError, match="damaged"):
            history.load(MINE)
    first.save(MINE, [NEW])
    assert second.load(MINE) == [NEW]
    assert len(list(folder.glob("*set-aside-?.sqlite3"))) == 1
    first.close()
    second.close()


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_crashes_nothing(folder: Path, seed: int) -> None:
    chance = random.Random(seed)

    def harm(data: bytearray) -> None:
        for _ in range(chance.choice([1, 5, 60])):
            start = chance.randrange(len(data))
            length = min(chance.choice([1, 16, 4096]), len(data) - start)
            data[start : start + length] = chance.randbytes(length)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]

    spoil(harm)(folder / NAME)
    history, _ = History.open(folder)
    faults = 0
    for call in (
        lambda: history.load(MINE),
        lambda: history.save(MINE, KEPT),
        lambda: history.durations(MINE),
        lambda: history.recall(MINE, "search"),
        lambda: history.remember(MINE, "search", "x"),
        lambda: works(history),
    ):
        try:
            call()
        except HistoryError:
            faults += 1
    assert faults <= 1
    assert works(history)
    history.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE jobs SET id = '../../etc' WHERE id = 'mgen_3'",
        "UPDATE jobs SET progress = 'half' WHERE id = 'mgen_3'",
        "UPDATE jobs SET created = 9000000000000000000 WHERE id = 'mgen_3'",
        "UPDATE jobs SET engine = x'00' WHERE id = 'mgen_3'",
        "UPDATE tracks SET duration = 'long' WHERE id = 't3'",
    ],
)
def test_a_row_that_is_no_job_is_left_out(folder: Path, change: str) -> None:
    run(folder / NAME, change)
    history, _ = History.open(folder)
    assert history.load(MINE) == [job for job in KEPT if job.id != "mgen_3"]
    history.close()


def test_a_lock_that_stays_is_told_and_nothing_is_saved(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_file, "BUSY", 0.05)
    history, _ = History.open(folder)
    with closing(sqlite3.connect(folder / NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HistoryError, match="Another takedeck"):
            history.save(MINE, [NEW])
        assert history.load(MINE) == KEPT
        other.execute("ROLLBACK")
    assert works(history)
    history.close()


def test_a_full_disk_is_told_and_nothing_is_saved(folder: Path) -> None:
    history, _ = History.open(folder)
    database = history._db
    assert database is not None
    database.execute("PRAGMA max_page_count = 1")
    many = [Job(f"more_{number}", SUCCEEDED, error_message="x" * 999) for number in range(99)]
    with pytest.raises(HistoryError, match="disk is full"):
        history.save(MINE, many)
    database.execute("PRAGMA max_page_count = 100000")
    assert history.load(MINE) == KEPT
    history.save(MINE, many)
    assert len(history.load(MINE)) == len(KEPT) + 99
    history.close()


def test_without_a_folder_it_lasts_as_long_as_the_process(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    history, message = History.open(tmp_path / "data")
    assert message is not None
    assert "File exists" in message
    assert works(history)
    history.close()


def test_a_folder_that_stays_locked_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_file, "BUSY", 0.05)
    with history_file._locked(folder):
        history, message = History.open(folder)
    assert message is not None
    assert "Another takedeck" in message
    assert history.load(MINE) == KEPT
    assert history.recall(MINE, "search") == "rain"
    assert works(history)
    history.close()
