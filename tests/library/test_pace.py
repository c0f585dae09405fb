"""How often is asked, and how much may be: the schedule and the budget."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from takedeck.library.budget import Budget
from takedeck.library.schedule import AWAY, FAST, SLOWEST, SLOWEST_OUT, Schedule

JITTER = 1.12


class Time:
    """A monotonic clock in seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_fast_while_something_is_under_way_and_slower_while_not() -> None:
    schedule = Schedule(Random(1))
    waits = [schedule.after_answer(active=False, changed=False) for _ in range(30)]
    assert FAST / JITTER <= waits[0] <= FAST * JITTER
    assert waits[6] > waits[0] * 4
    assert SLOWEST / JITTER <= waits[-1] <= SLOWEST * JITTER
    assert schedule.after_answer(active=True, changed=False) <= FAST * JITTER
    for _ in range(9):
        schedule.after_answer(active=False, changed=False)
    assert schedule.after_answer(active=False, changed=True) <= FAST * JITTER


def test_a_fault_slows_down_and_what_the_server_asks_counts() -> None:
    schedule = Schedule(Random(1))
    waits = [schedule.after_fault(None) for _ in range(9)]
    assert waits[0] >= 2 * FAST / JITTER
    assert waits[-1] >= SLOWEST / JITTER
    assert Schedule(Random(1)).after_fault(30.0) == 30.0
    assert Schedule(Random(1)).after_fault(9_999.0) == SLOWEST


def test_a_network_that_is_out_is_asked_for_soon_again_unless_nobody_looks() -> None:
    schedule = Schedule(Random(1))
    waits = [schedule.after_fault(None, passing=True) for _ in range(9)]
    assert waits[0] >= 2 * FAST / JITTER
    assert all(SLOWEST_OUT / JITTER <= wait <= SLOWEST_OUT * JITTER for wait in waits[2:])
    assert schedule.after_fault(30.0, passing=True) == 30.0
    schedule.away = True
    assert max(schedule.after_fault(None, passing=True) for _ in range(9)) > SLOWEST / JITTER


@given(
    st.integers(),
    st.floats(0.01, 30),
    st.booleans(),
    st.lists(st.one_of(st.booleans(), st.floats(0, 1e6), st.none())),
)
def test_every_wait_is_within_bounds(
    seed: int, fastest: float, passing: bool, events: list[bool | float | None]
) -> None:
    schedule = Schedule(Random(seed), fastest)
    for event in events:
        if isinstance(event, bool):
            wait = schedule.after_answer(active=event, changed=False)
        else:
            wait = schedule.after_fault(event, passing=passing)
            assert wait >= min(SLOWEST, event or 0.0)
        assert fastest / JITTER <= wait <= SLOWEST * JITTER


def test_many_waits_are_not_in_step() -> None:
    schedule = Schedule(Random(1))
    assert len({schedule.after_answer(active=True, changed=True) for _ in range(20)}) == 20


def test_what_must_be_asked_leaves_nothing_for_what_is_nice() -> None:
    time = Time()
    budget = Budget(time, per_minute=60, burst=10)
    assert budget.can_spare(5)
    for _ in range(5):
        budget.spend()
    assert not budget.can_spare(5)
    assert budget.can_spare(4)
    time.now += 1
    assert budget.can_spare(5)


def test_the_bucket_never_holds_more_than_a_burst_nor_owes_more() -> None:
    time = Time()
    budget = Budget(time, per_minute=60, burst=10)
    time.now += 1e6
    for _ in range(9):
        budget.spend()
    assert budget.can_spare(0)
    budget.spend()
    assert not budget.can_spare(0)
    for _ in range(1000):
        budget.spend()
    time.now += 11
    assert budget.can_spare(0)


def test_a_debt_is_the_time_until_one_request_is_there_again() -> None:
    time = Time()
    budget = Budget(time, per_minute=30, burst=10)
    for left in range(10, 0, -1):
        assert budget.debt() == 0.0, left
        budget.spend()
    assert budget.debt() == 2.0
    budget.spend()
    budget.spend()
    assert budget.debt() == 6.0
    time.now += 5
    assert budget.debt() == 1.0
    time.now += 1
    assert budget.debt() == 0.0
    for _ in range(1000):
        budget.spend()
    assert budget.debt() == 22.0


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=60))
def test_over_any_time_no_more_is_spared_than_was_filled(
    moments: list[tuple[float, bool]],
) -> None:
    time = Time()
    budget = Budget(time, per_minute=60, burst=10)
    spent = 0
    for pause, must in moments:
        time.now += pause
        if must or budget.can_spare(2):
            budget.spend()
            spent += not must
    assert spent <= 10 + (time.now - 100.0)


def test_nobody_looking_slows_the_pace_and_a_look_restores_it() -> None:
    schedule = Schedule(Random(1))
    assert schedule.after_answer(active=True, changed=True) < 2.5
    schedule.away = True
    assert schedule.after_answer(active=True, changed=True) >= AWAY * 0.9
    schedule.away = False
    assert schedule.after_answer(active=True, changed=True) < 2.5
