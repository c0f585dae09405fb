"""The history: what is saved comes back, and each owner's apart."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takedeck.library import history_file
from takedeck.library.estimate import Estimate, Estimates
from takedeck.library.history import History, HistoryError
from takedeck.library.store import Store, View
from takedeck.model import FAILED, QUEUED, RUNNING, STATUSES, SUCCEEDED, Job, Status, Stem, Track
from takedeck.text import SignedUrl, Wire
from tests.conftest import START

MINE, OTHERS = "aitronos org_a api.test", "aitronos org_b api.test"
PLANTED = "s3cr3t-signature"

texts = st.none() | st.text(max_size=20)
times = st.none() | st.integers(-3, 3).map(lambda n: START + timedelta(seconds=n, microseconds=n))
facts = st.lists(st.tuples(st.sampled_from(["prompt", "moods"]), st.text(max_size=9)), max_size=2)
tracks = st.builds(
    Track,
    st.sampled_from(["t1", "t2"]),
    title=texts,
    engine=st.sampled_from(["", "studio"]),
    mode=st.sampled_from(["", "focus"]),
    instrumental=st.none() | st.booleans(),
    duration=st.none() | st.floats(0, 1e6),
    mime_type=texts,
    licence=texts,
    created_at=times,
    stems=st.lists(st.sampled_from([Stem("drums"), Stem("bass")]), unique=True).map(tuple),
    facts=facts.map(tuple),
)
jobs = st.builds(
    Job,
    st.sampled_from([f"mgen_{number}" for number in range(8)]),
    st.sampled_from([*STATUSES, Status("odd")]),
    progress=st.none() | st.integers(0, 100),
    engine=st.sampled_from(["", "studio"]),
    mode=st.sampled_from(["", "focus"]),
    created_at=times,
    result_track_id=st.none() | st.just("t1"),
    error_message=texts,
    refusal_reason=texts,
    tracks=st.lists(tracks, max_size=2).map(tuple),
    trouble=texts,
    facts=facts.map(tuple),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "takedeck"


@pytest.fixture
def history(folder: Path) -> Iterator[History]:
    opened, message = History.open(folder)
    assert message is None
    yield opened
    opened.close()


def take(name: str, seconds: float = 0.0, **fields: object) -> Job:
    """A job that succeeded, created so many seconds after the start."""
    job = Job(name, SUCCEEDED, created_at=START + timedelta(seconds=seconds), engine="studio")
    return replace(job, **fields)  # type: ignore[arg-type]


def ids(found: list[Job]) -> list[str]:
    return [job.id for job in found]


@settings(max_examples=40)
@given(st.lists(st.lists(jobs, max_size=5), max_size=6))
def test_the_history_of_what_the_store_saw_is_what_the_store_knows(pages: list[list[Job]]) -> None:
    store = Store()
    history = History.in_memory()
    for page in pages:
        change = store.apply(page)
        seen = change.added + change.updated
        history.save(MINE, [known for job_id in seen if (known := store.get(job_id))])
    assert {job.id: job for job in history.load(MINE)} == {job.id: job for job in store}
    history.close()


@settings(max_examples=60)
@given(st.lists(st.lists(jobs, max_size=5), max_size=6))
def test_the_history_of_what_was_seen_is_what_a_store_that_saw_it_knows(
    pages: list[list[Job]],
) -> None:
    store, history = Store(), History.in_memory()
    for page in pages:
        store.apply(page)
        history.save(MINE, page)
    assert {job.id: job for job in history.load(MINE)} == {job.id: job for job in store}
    history.close()


@settings(max_examples=40)
@given(st.lists(jobs, unique_by=lambda job: job.id), st.integers(1, 4))
def test_pages_are_the_whole_newest_first_as_the_list_shows_it(known: list[Job], size: int) -> None:
    history, store = History.in_memory(), Store()
    history.save(MINE, known)
    store.apply(known)
    view, loaded = View(store), history.load(MINE, size)
    while more := history.load(MINE, size, after=loaded[-1].id if loaded else None):
        if not loaded or more[0].id in ids(loaded):
            break
        loaded += more
    history.close()
    assert ids(loaded) == [view.id_at(row) for row in range(len(view))]


def test_it_is_there_at_the_next_start(folder: Path) -> None:
    track = Track("t", "Übermut", "studio", "focus", True, 119.25, "audio/mpeg", "personal_only")
    kept = [take("a", 3, tracks=(track, replace(track, id="u"))), take("b", 2, progress=100)]
    first, _ = History.open(folder)
    first.save(MINE, kept)
    first.remember(MINE, "filter", "failed")
    first.close()
    second, message = History.open(folder)
    assert message is None
    assert second.load(MINE) == kept
    assert second.recall(MINE, "filter") == "failed"
    second.close()


def test_only_its_owner_may_read_it(history: History, folder: Path) -> None:
    history.save(MINE, [take("a")])
    assert folder.stat().st_mode & 0o777 == 0o700
    found = list(folder.iterdir())
    assert len(found) == 3
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}


def test_each_owners_jobs_and_settings_are_apart(history: History) -> None:
    history.save(MINE, [take("a"), take("both")])
    history.save(OTHERS, [take("b"), take("both", engine="sketch")])
    history.remember(MINE, "search", "rain")
    assert ids(history.load(MINE)) == ["a", "both"]
    assert [job.engine for job in history.load(OTHERS)] == ["studio", "sketch"]
    assert history.load("nobody") == []
    assert history.load(MINE, after="b") == []
    assert history.recall(OTHERS, "search") is None


def test_what_has_ended_is_not_taken_back_by_a_takedeck_that_is_behind(
    history: History, folder: Path
) -> None:
    other, _ = History.open(folder)
    track = Track("t", title="Rain")
    history.save(MINE, [take("a", tracks=(track,)), Job("b", RUNNING, 60), Job("c", QUEUED)])
    other.save(MINE, [take("a", status=RUNNING, progress=40), Job("b", RUNNING, 50)])
    other.save(MINE, [take("a", error_message="late"), Job("c", FAILED)])
    found = {job.id: job for job in history.load(MINE)}
    other.close()
    assert found["a"] == take("a", error_message="late", tracks=(track,))
    assert found["b"].progress == 60
    assert found["c"].status == FAILED


def test_a_takedeck_that_knows_less_of_a_track_takes_nothing_from_it(
    history: History, folder: Path
) -> None:
    other, _ = History.open(folder)
    track = Track("t", title="Rain", stems=(Stem("drums"), Stem("bass")))
    history.save(MINE, [take("a", tracks=(track,)), take("b", tracks=(track,))])
    other.save(MINE, [take("a", tracks=(Track("t", title="Rain again"),))])
    other.save(MINE, [take("b", status=RUNNING, tracks=(Track("t"), Track("u")))])
    other.close()
    assert {job.id: job.tracks for job in history.load(MINE)} == {
        "a": (replace(track, title="Rain again"),),
        "b": (track,),
    }


def test_many_jobs_are_saved_over_as_many(history: History) -> None:
    first = [take(f"mgen_{n}", n, tracks=(Track(f"t{n}", title="Rain"),)) for n in range(1_500)]
    history.save(MINE, first)
    history.save(MINE, [replace(job, error_message="seen", tracks=()) for job in first])
    found = {job.id: job for job in history.load(MINE)}
    assert found == {job.id: replace(job, error_message="seen") for job in first}


def test_no_signature_reaches_the_disk(history: History, folder: Path) -> None:
    raw = f"https://s.test/a.mp3?sig={PLANTED}"
    url = SignedUrl(raw, START)
    wire = Wire({"playback_url": raw})
    track = Track("t", title=f"see {raw}", master=url, stems=(Stem("drums", url),), wire=wire)
    said = {"error_message": f"could not put {raw}", "refusal_reason": raw, "trouble": raw}
    history.save(MINE, [take("a", tracks=(track,), wire=wire, **said)])
    (job,) = history.load(MINE)
    assert job.error_message == "could not put https://s.test/a.mp3?…"
    assert job.track is not None
    assert job.track.master is None
    assert job.track.stems == (Stem("drums"),)
    assert not any(PLANTED.encode() in path.read_bytes() for path in folder.iterdir())
    history.close()
    assert not any(PLANTED.encode() in path.read_bytes() for path in folder.iterdir())
    assert any(b"s.test" in path.read_bytes() for path in folder.iterdir())


def test_how_long_jobs_took_the_latest_last(history: History) -> None:
    def made(after: float) -> tuple[Track, ...]:
        return (Track("t", created_at=START + timedelta(seconds=after)),)

    seen = {name: START + timedelta(seconds=90) for name in ("watched", "failed", "behind")}
    history.save(
        MINE,
        [
            take("new", 10, mode="focus", tracks=made(40)),
            take("old", 5, mode="focus", tracks=made(25)),
            take("watched"),
            take("failed", status=FAILED),
            take("unknown", 7),
            take("behind", 1, tracks=made(-5), mode="focus"),
        ],
        finished_at=seen,
    )
    history.save(MINE, [take("watched", error_message="seen again")])
    taken = history.durations(MINE)
    assert taken == {("studio", "focus"): [89.0, 20.0, 30.0], ("studio", ""): [90.0]}
    assert history.durations(MINE, 1) == {("studio", "focus"): [30.0]}
    assert history.durations(OTHERS) == {}
    assert Estimates(taken).of("studio", "focus") == Estimate(30, pytest.approx(77.2), 3)


def test_settings_are_changed_and_forgotten(history: History) -> None:
    assert history.recall(MINE, "search") is None
    history.remember(MINE, "search", "rain")
    history.remember(MINE, "search", "Übermut \ud800 \0")
    assert history.recall(MINE, "search") == "Übermut ? \0"
    history.remember(MINE, "search", None)
    assert history.recall(MINE, "search") is None


def test_once_closed_it_says_so(history: History) -> None:
    history.close()
    history.close()
    with pytest.raises(HistoryError, match="closed"):
        history.save(MINE, [take("a")])
    with pytest.raises(HistoryError, match="closed"):
        history.load(MINE)


def test_two_takedecks_and_many_threads_share_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Four that write all the time can keep a fifth waiting for longer than people are to wait.
    monkeypatch.setattr(history_file, "BUSY", 60.0)
    opened: list[History] = []
    faults: list[BaseException] = []
    begin = threading.Barrier(4)

    def run(number: int) -> None:
        try:
            begin.wait(10)
            history, message = History.open(folder)
            opened.append(history)
            assert message is None
            for turn in range(25):
                history.save(MINE, [take(f"mgen_{number}_{turn}"), take("shared", progress=turn)])
                assert "shared" in ids(history.load(MINE))
        except (AssertionError, HistoryError) as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults
    assert [len(history.load(MINE)) for history in opened] == [101] * 4
    for history in opened:
        history.close()


def test_a_takedeck_that_is_killed_leaves_it_whole(folder: Path) -> None:
    saving = f"""
import itertools, pathlib
from takedeck.library.history import History
from takedeck.model import SUCCEEDED, Job, Track
history, _ = History.open(pathlib.Path({str(folder)!r}))
for turn in itertools.count():
    names = [f"mgen_{{turn}}_{{number}}" for number in range(50)]
    history.save("me", [Job(name, SUCCEEDED, tracks=(Track("t" + name),)) for name in names])
    print(turn, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", saving], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(20)]
        process.kill()
        told += process.stdout.readlines()
    history, message = History.open(folder)
    found = history.load("me")
    history.close()
    assert message is None
    assert len(found) % 50 == 0
    assert len(found) >= 50 * len([line for line in told if line.endswith(b"\n")])
    assert all(job.track for job in found)


def test_times_are_kept_to_the_microsecond(history: History) -> None:
    moments = [START.replace(year=9999, microsecond=999_999), START.replace(year=1)]
    history.save(MINE, [take("a", created_at=moment) for moment in moments[:1]])
    history.save(MINE, [take("b", created_at=moments[1])])
    found: list[datetime | None] = [job.created_at for job in history.load(MINE)]
    assert found == moments


def test_a_status_between_that_no_page_names_takes_no_end_back() -> None:
    store, history = Store(), History.in_memory()
    for words in (["succeeded"], ["odd", "queued"], ["odd"]):
        change = store.apply([Job("mgen_0", Status(word)) for word in words])
        seen = change.added + change.updated
        history.save(MINE, [known for job_id in seen if (known := store.get(job_id))])

    (kept,) = history.load(MINE)
    history.close()
    known = store.get("mgen_0")
    assert known is not None
    assert known.status.word == kept.status.word == "succeeded"


def test_a_former_owners_jobs_get_the_new_name(tmp_path: Path) -> None:
    history, _ = History.open(tmp_path)
    history.save("old", [Job("a", SUCCEEDED, error_message="old"), Job("b", SUCCEEDED)])
    history.remember("old", "search", "words")
    history.adopt("new", "old")
    history.adopt("new", "old")
    assert {job.id for job in history.load("new")} == {"a", "b"}
    assert history.load("old") == []
    assert history.recall("new", "search") == "words"
    history.close()


def test_a_former_owners_jobs_join_those_that_are_there(tmp_path: Path) -> None:
    track = Track("t1", title="Kept")
    history, _ = History.open(tmp_path)
    history.save("new", [Job("a", SUCCEEDED, error_message="new")])
    history.remember("new", "status", "failed")
    history.save("old", [Job("a", SUCCEEDED), Job("b", SUCCEEDED, tracks=(track,))])
    history.remember("old", "status", "queued")
    history.remember("old", "search", "words")
    history.adopt("new", "old")
    by_id = {job.id: job for job in history.load("new")}
    assert by_id["a"].error_message == "new"
    assert by_id["b"].tracks == (track,)
    assert [history.recall("new", name) for name in ("status", "search")] == ["failed", "words"]
    assert history.load("old") == []
    history.adopt("newer", "never")
    assert history.load("newer") == []
    history.close()
