"""The rate limit: headers, the refusal and the refill."""

from __future__ import annotations

from pathlib import Path

from takedeck.simulator.clock import FrozenClock, ManualClock
from takedeck.simulator.service import Simulator
from tests.simulator.conftest import START, calling


def test_the_bucket_empties_and_fills_again(cache: Path) -> None:
    clock = ManualClock(START)
    sim = Simulator(cache=cache, clock=clock, scenario="empty", rate_limit=10)
    for caller in calling(sim, clock):
        left = [caller.get("/generations").headers["X-RateLimit-Remaining"] for _ in range(12)]
        assert left == ["10", "10", *map(str, range(9, -1, -1))]
        refused = caller.get("/generations")
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"
        assert refused.headers["Retry-After"] == "6"
        assert refused.headers["X-RateLimit-Limit"] == "10"
        assert int(refused.headers["X-RateLimit-Reset"]) == START.timestamp() + 72
        clock.advance(6)
        assert caller.get("/generations").status_code == 200
        assert caller.get("/generations").status_code == 429


def test_a_stopped_clock_does_not_run_dry(cache: Path) -> None:
    clock = FrozenClock(START)
    for caller in calling(Simulator(cache=cache, clock=clock, rate_limit=2), clock):
        answers = [caller.get("/generations") for _ in range(5)]
        assert {a.status_code for a in answers} == {200}
        assert len({a.content for a in answers}) == 1


def test_the_limit_can_be_switched_off(cache: Path) -> None:
    clock = ManualClock(START)
    for caller in calling(Simulator(cache=cache, clock=clock, rate_limit=None), clock):
        assert "X-RateLimit-Limit" not in caller.get("/generations").headers
