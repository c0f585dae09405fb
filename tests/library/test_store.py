"""The store and its views: what an answer changes, and rows that stay true to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedeck.library.store import Change, Store, View
from takedeck.model import FAILED, QUEUED, RUNNING, STATUSES, SUCCEEDED, Job, Status, Stem, Track
from takedeck.text import Wire
from tests.conftest import START


def job(name: str, status: Status = QUEUED, age: float | None = 0, **fields: object) -> Job:
    created = None if age is None else START - timedelta(seconds=age)
    return replace(Job(name, status, created_at=created), **fields)  # type: ignore[arg-type]


def rows(view: View) -> list[str]:
    return [view.id_at(row) for row in range(len(view))]


answers = st.lists(
    st.lists(
        st.builds(
            job,
            st.sampled_from([f"mgen_{number}" for number in range(12)]),
            st.sampled_from([*STATUSES, Status("odd")]),
            st.sampled_from([0, 5, 5, 60, 3600, None]),
            progress=st.sampled_from([None, 0, 40, 100]),
        ),
        max_size=6,
    ),
    max_size=12,
)


@given(answers, st.sampled_from([None, *STATUSES]))
def test_a_view_kept_up_to_date_equals_one_built_anew(
    pages: list[list[Job]], status: Status | None
) -> None:
    store = Store()
    view = View(store, status)
    for page in pages:
        before = rows(view)
        moved, repaint = view.apply(store.apply(page))
        assert rows(view) == rows(View(store, status))
        assert moved == (before != rows(view))
        assert set(repaint) <= set(rows(view))
        for row, job_id in enumerate(rows(view)):
            assert view.row_of(job_id) == view.nearest(job_id) == row
            assert view.job_at(row) == store.get(job_id)
    hidden = {known.id for known in store} - set(rows(view))
    assert all(view.row_of(job_id) is None for job_id in hidden)


@given(answers)
def test_counts_are_those_of_the_jobs(pages: list[list[Job]]) -> None:
    store = Store()
    for page in pages:
        change = store.apply(page)
        assert len(set(change.added)) == len(change.added)
    for status in [*STATUSES, Status("odd")]:
        assert store.counts[status.word] == sum(known.status == status for known in store)
    assert len(store) == sum(store.counts.values())
    assert store.active() == [known for known in store if known.status.active]


def test_what_an_answer_changes_is_told() -> None:
    store = Store()
    assert store.apply([job("a"), job("b", RUNNING)]) == Change(added=("a", "b"))
    assert not store.apply([job("a"), job("b", RUNNING)])
    assert store.apply([job("a", RUNNING)]) == Change(updated=("a",))
    assert store.apply([job("b", FAILED)]) == Change(updated=("b",), settled=("b",))
    assert store.apply([job("b", FAILED, error_message="why")]) == Change(updated=("b",))


def test_absence_from_a_page_removes_nothing() -> None:
    store = Store()
    store.apply([job("a"), job("b")])
    store.apply([])
    assert len(store) == 2
    assert "a" in store
    assert "c" not in store


def test_newest_first_and_ties_as_the_server_had_them() -> None:
    store = Store()
    store.apply([job("b", age=5), job("a", age=5), job("old", age=99), job("never", age=None)])
    store.apply([job("new", age=0)])
    assert rows(View(store)) == ["new", "b", "a", "old", "never"]


def test_a_late_answer_takes_no_job_back() -> None:
    store = Store()
    store.apply([job("a", SUCCEEDED, progress=100), job("b", RUNNING, progress=40)])
    assert not store.apply([job("a", RUNNING, progress=90), job("b", RUNNING, progress=30)])
    assert store.get("a") == job("a", SUCCEEDED, progress=100)
    assert store.apply([job("b", RUNNING, progress=50)]).updated == ("b",)


def test_tracks_learned_from_a_single_fetch_stay() -> None:
    store = Store()
    track = Track("mtrack_a", title="A Take")
    store.apply([job("a", SUCCEEDED, tracks=(track,))])
    store.apply([job("a", SUCCEEDED)])
    known = store.get("a")
    assert known is not None
    assert known.tracks == (track,)


def test_stems_that_a_tracks_own_page_named_stay() -> None:
    store = Store()
    track = Track("mtrack_a", title="A Take", stems=(Stem("drums"), Stem("bass")))
    store.apply([job("a", SUCCEEDED, tracks=(track,))])
    store.apply([job("a", SUCCEEDED, tracks=(Track("mtrack_a", title="Renamed"),))])
    known = store.get("a")
    assert known is not None
    assert known.tracks == (replace(track, title="Renamed"),)


def test_a_filter_shows_its_jobs_only_and_lets_them_go() -> None:
    store = Store()
    store.apply([job("a", RUNNING), job("b", SUCCEEDED, age=5), job("c", RUNNING, age=9)])
    view = View(store, RUNNING)
    assert rows(view) == ["a", "c"]
    assert view.apply(store.apply([job("c", RUNNING, age=9, progress=7)])) == (False, ("c",))
    assert view.apply(store.apply([job("a", SUCCEEDED)])) == (True, ())
    assert rows(view) == ["c"]
    assert view.row_of("a") is None
    assert view.nearest("a") == 0
    assert view.row_of("stranger") is None
    with pytest.raises(IndexError):
        view.job_at(1)


def test_the_place_of_what_a_filter_hides_is_always_a_row_that_is_there() -> None:
    store = Store()
    store.apply([job("a", RUNNING), job("b", RUNNING, age=5), job("c", RUNNING, age=9)])
    view = View(store, RUNNING)
    view.apply(store.apply([job("c", SUCCEEDED, age=9)]))
    assert view.id_at(view.nearest("c")) == "b"
    assert view.id_at(view.nearest("stranger")) == "a"


def test_what_the_server_said_is_not_kept_in_memory() -> None:
    store, wire = Store(), Wire({"id": "mgen_1"})
    seen = Job("mgen_1", SUCCEEDED, tracks=(Track("t1", wire=wire),), wire=wire)
    for progress in (None, 100):
        store.apply([replace(seen, progress=progress)])
        (kept,) = store
        assert kept == replace(seen, progress=progress)
        assert kept.wire is None
        assert kept.tracks[0].wire is None
