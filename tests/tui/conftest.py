"""Fixtures of the app's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from tests.tui.stage import NOW, Studio


@pytest.fixture
def start(song_cache: Path, tmp_path: Path) -> Iterator[Callable[..., Studio]]:
    """Starts a simulator of a scenario; it is stopped after the test."""
    with ExitStack() as stack:

        def studio(scenario: str, *, rate_limit: int | None = None, ttl: float = 60.0) -> Studio:
            clock = ManualClock(NOW)
            simulator = Simulator(
                cache=song_cache, clock=clock, scenario=scenario, rate_limit=rate_limit, ttl=ttl
            )
            return Studio(stack.enter_context(simulator), clock, tmp_path / scenario)

        yield studio


@pytest.fixture
def quiet(start: Callable[..., Studio]) -> Studio:
    """Over a hundred jobs, all of them ended."""
    return start("quiet")
