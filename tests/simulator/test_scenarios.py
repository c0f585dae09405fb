"""The jobs of each scenario, and how they live while one watches."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from unicodedata import east_asian_width

import pytest

from takedeck.simulator.jobs import STATUSES, Jobs, Plan
from takedeck.simulator.scenario import SCENARIOS, planned
from tests.simulator.conftest import START, Caller

ALIVE = {"queued", "running"}


def statuses(plans: list[Plan], seconds: float = 0) -> Counter[str]:
    return Counter(plan.status_at(START + timedelta(seconds=seconds)) for plan in plans)


@pytest.mark.parametrize("seed", range(1, 8))
def test_the_studio_has_jobs_of_every_kind(seed: int) -> None:
    plans = Jobs(planned("studio", seed, START)).at(START)
    assert len(plans) >= 120
    assert set(statuses(plans)) == set(STATUSES)
    assert {plan.mode for plan in plans} == {"creation", "focus"}
    assert len({plan.engine for plan in plans}) >= 3
    assert len({plan.licence_class for plan in plans}) == 4
    assert len({plan.song for plan in plans}) == 8
    assert plans[-1].created_at < START - timedelta(days=20)
    assert any(plan.title is None for plan in plans)
    assert any(not plan.has_stems for plan in plans)
    titles = "".join(plan.title or "" for plan in plans)
    assert any(east_asian_width(sign) == "W" for sign in titles)
    assert len({plan.title for plan in plans}) > 40


def test_jobs_live_and_end_while_one_watches(studio: Caller) -> None:
    seen: dict[str, list[tuple[str, int]]] = {}
    for _ in range(360):
        for job in studio.sim.jobs.at(studio.clock.now()):
            now = studio.clock.now()
            seen.setdefault(job.id, []).append((job.status_at(now), job.progress_at(now)))
        studio.clock.advance(1)
    lives = {
        name: list(dict.fromkeys(status for status, _ in states))
        for name, states in seen.items()
        if states[0][0] in ALIVE
    }
    ends = Counter(life[-1] for life in lives.values())
    assert {"succeeded", "failed", "refused"} <= set(ends)
    assert ["queued", "running", "succeeded"] in lives.values()
    assert ["queued", "running", "failed"] in lives.values()
    assert ["queued", "refused"] in lives.values()
    assert 7 <= len(lives) <= 16
    for name in lives:
        active = [progress for status, progress in seen[name] if status in ALIVE]
        assert active == sorted(active)
    moved = [len({p for s, p in seen[name] if s == "running"}) for name in lives]
    assert max(moved) > 15


def test_a_job_is_watched_over_the_wire(studio: Caller) -> None:
    job = studio.jobs(status="queued")[0]
    states = []
    for _ in range(45):
        answer = studio.get(f"/generations/{job['id']}").json()
        states.append((answer["status"], answer["track"] is not None))
        studio.clock.advance(4)
    assert list(dict.fromkeys(states)) == [
        ("queued", False), ("running", False), ("succeeded", True),
    ]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_same_moment_has_the_same_jobs(scenario: str) -> None:
    later = START + timedelta(seconds=500)
    told = Jobs(planned(scenario, 5, START))
    for second in range(0, 500, 7):
        told.at(START + timedelta(seconds=second))
    assert told.at(later) == Jobs(planned(scenario, 5, START)).at(later)


def test_quiet_never_moves_and_empty_has_none() -> None:
    quiet = Jobs(planned("quiet", 1, START))
    assert not ALIVE & set(statuses(quiet.at(START)))
    assert quiet.at(START) == quiet.at(START + timedelta(hours=5))
    assert Jobs(planned("empty", 1, START)).at(START + timedelta(hours=5)) == []


def test_ten_are_active_at_once_in_busy() -> None:
    jobs = Jobs(planned("busy", 1, START))
    for second in range(40, 600, 40):
        told = statuses(jobs.at(START + timedelta(seconds=second)), second)
        assert told["queued"] + told["running"] == 10


def test_the_same_ids_at_another_start() -> None:
    first = Jobs(planned("quiet", 1, START)).at(START)
    other = START + timedelta(days=3, hours=2)
    assert {plan.id for plan in Jobs(planned("quiet", 1, other)).at(other)} == {p.id for p in first}


def test_an_unknown_scenario_is_named() -> None:
    with pytest.raises(ValueError, match=r"'loud'.*studio, quiet, empty, busy"):
        planned("loud", 1, START)


def test_jobs_can_be_added_changed_and_taken_away(empty: Caller) -> None:
    plan = empty.add("lofi", outcome="running", end_progress=43, title="Mine")
    assert [(job["status"], job["progress"]) for job in empty.jobs()] == [("running", 43)]
    empty.sim.jobs.change(plan.id, empty.clock.now(), outcome="failed", error_message="No reason")
    assert empty.jobs()[0]["error_message"] == "No reason"
    empty.sim.jobs.remove(plan.id)
    assert empty.jobs() == []
    with pytest.raises(KeyError):
        empty.sim.jobs.change(plan.id, empty.clock.now(), title="x")
