"""Plans the jobs: a history, and jobs that run while the user watches.

Everything is computed from the seed, the start and the moment asked for; nothing runs in the
background.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from takedeck.simulator.jobs import Plan
from takedeck.simulator.songs.catalogue import SONGS
from takedeck.simulator.titles import FAILURES, LONG_TITLE, REFUSALS, TITLES

SCENARIOS = ("studio", "quiet", "empty", "busy")

_DAYS = 26
_PER_DAY = (3, 7)
_LAST_MINUTES = (4, 9, 17, 23, 31, 48, 74, 95)
_LANES = 10
_ENDS = ("succeeded",) * 15 + ("failed",) * 3 + ("refused",) * 2 + ("cancelled",)
_LICENCES = (
    ("personal_only",) * 5 + ("commercial_cleared",) * 4 + ("commercial_enterprise", "unclear")
)
_FOCUS = ("lofi", "ambient", "waltz")
_UNDER_WAY: Mapping[str, tuple[float, float, float, str]] = {
    "a": (-38.0, 6.0, 64.0, "succeeded"),
    "b": (-17.0, 5.0, 38.0, "succeeded"),
    "c": (-4.0, 11.0, 44.0, "succeeded"),
}
"""Jobs under way at the start: seconds from it, seconds queued, seconds running, outcome."""


def planned(scenario: str, seed: int, start: datetime) -> Callable[[datetime], list[Plan]]:
    """Return a function from a moment to all jobs created by then. Raises ValueError."""
    if scenario not in SCENARIOS:
        raise ValueError(f"unknown scenario {scenario!r}; one of {', '.join(SCENARIOS)}")
    if scenario == "empty":
        return lambda now: []
    fixed = list(_history(seed, start))
    if scenario == "quiet":
        return lambda now: fixed
    if scenario == "busy":
        lanes = [_Arrivals(_lane(seed, start, k)) for k in range(_LANES)]
        return lambda now: fixed + [plan for lane in lanes for plan in lane.until(now)]
    fixed += [_under_way(seed, start, name) for name in _UNDER_WAY]
    arrivals = _Arrivals(_arriving(seed, start))
    return lambda now: fixed + arrivals.until(now)


class _Arrivals:
    """An endless series of jobs in order of creation, generated only as far as needed."""

    def __init__(self, plans: Iterator[Plan]) -> None:
        self._rest = plans
        self._told = [next(plans)]

    def until(self, now: datetime) -> list[Plan]:
        while self._told[-1].created_at <= now:
            self._told.append(next(self._rest))
        return [plan for plan in self._told if plan.created_at <= now]


def _history(seed: int, start: datetime) -> Iterator[Plan]:
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in range(_DAYS, 0, -1):
        # Counted from midnight, so that a second start on the same day shows the same history.
        rng = Random(f"{seed}/day/{day}")
        moment = midnight - timedelta(days=day, minutes=-rng.randint(540, 1290))
        for number in range(rng.randint(*_PER_DAY)):
            yield _settled(f"{seed}/day/{day}/{number}", moment)
            moment += timedelta(seconds=rng.randint(50, 1500))
    for minutes in _LAST_MINUTES:
        moment = start - timedelta(minutes=minutes, seconds=minutes * 7 % 60)
        yield _settled(f"{seed}/today/{minutes}", moment)


def _settled(name: str, moment: datetime) -> Plan:
    return _plan(name, moment, Random(name))


def _under_way(seed: int, start: datetime, name: str) -> Plan:
    ago, queued, running, outcome = _UNDER_WAY[name]
    rng = Random(f"{seed}/ahead/{name}")
    plan = _plan(f"{seed}/ahead/{name}", start + timedelta(seconds=ago), rng, outcome)
    return replace(plan, queue_seconds=queued, run_seconds=running)


def _arriving(seed: int, start: datetime) -> Iterator[Plan]:
    rng = Random(f"{seed}/arriving")
    moment, number = start + timedelta(seconds=14), 0
    while True:
        # The third is refused and the fifth fails, so that a user soon sees both.
        name, outcome = f"{seed}/live/{number}", {2: "refused", 4: "failed"}.get(number % 9)
        yield _plan(name, moment, Random(name), outcome)
        moment += timedelta(seconds=rng.randint(30, 60))
        number += 1


def _lane(seed: int, start: datetime, lane: int) -> Iterator[Plan]:
    """Yield jobs that follow each other without a gap: one of them is always active."""
    moment, number = start - timedelta(seconds=3 + 4 * lane), 0
    while True:
        name = f"{seed}/lane/{lane}/{number}"
        rng = Random(name)
        outcome = rng.choice(("succeeded", "succeeded", "succeeded", "failed"))
        plan = replace(_plan(name, moment, rng, outcome), run_seconds=float(rng.randint(45, 80)))
        yield plan
        moment, number = plan.ends_at, number + 1


def _plan(name: str, moment: datetime, rng: Random, outcome: str | None = None) -> Plan:
    song = rng.choice(tuple(SONGS))
    outcome = outcome or rng.choice(_ENDS)
    queued, running = float(rng.randint(3, 14)), float(rng.randint(26, 74))
    end_progress = 100 if outcome == "succeeded" else rng.randint(6, 88)
    if outcome == "refused":
        running, end_progress = 0.0, 0
    if outcome == "cancelled" and rng.random() < 0.4:
        running, end_progress = 0.0, 0
    return Plan(
        id="mgen_" + hashlib.sha256(name.encode()).hexdigest()[:12],
        created_at=moment.replace(microsecond=0),
        song=song,
        outcome=outcome,
        title=_title(song, rng),
        engine=rng.choice(("studio", "studio", "studio-turbo", "atelier")),
        mode="focus" if song in _FOCUS and rng.random() < 0.8 else "creation",
        instrumental="voice" not in SONGS[song].stems,
        licence_class=rng.choice(_LICENCES),
        queue_seconds=queued,
        run_seconds=running,
        end_progress=end_progress,
        error_message=rng.choice(FAILURES) if outcome == "failed" else None,
        refusal_reason=rng.choice(REFUSALS) if outcome == "refused" else None,
        has_stems=rng.random() < 0.93,
    )


def _title(song: str, rng: Random) -> str | None:
    chance = rng.random()
    if chance < 0.05:
        return None
    if chance < 0.065:
        return LONG_TITLE
    title = rng.choice(TITLES[song])
    return f"{title} (take {rng.randint(2, 5)})" if chance > 0.8 else title
