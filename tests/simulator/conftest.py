"""Simulators on real sockets; encoded parts are shared by the whole test session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from takedeck.simulator.clock import ManualClock
from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator

START = datetime(2026, 6, 28, 10, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Caller:
    """A simulator, its clock and a client with its key."""

    sim: Simulator
    clock: ManualClock
    http: httpx.Client

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(f"/v1/music/{self.sim.organization}{path}", params=params)

    def jobs(self, **params: Any) -> list[dict[str, Any]]:
        return list(self.get("/generations", **params).raise_for_status().json()["jobs"])

    def add(self, song: str, **fields: Any) -> Plan:
        made = self.clock.now() - timedelta(minutes=1)
        number = len(self.sim.jobs.at(self.clock.now()))
        return self.sim.jobs.add(Plan(f"mgen_{number:012x}", made, song, **fields))

    def track(self, plan: Plan) -> dict[str, Any]:
        return dict(self.get(f"/tracks/{plan.track_id}").raise_for_status().json())


@pytest.fixture(scope="session")
def cache(song_cache: Path) -> Path:
    return song_cache


def calling(sim: Simulator, clock: ManualClock) -> Iterator[Caller]:
    with (
        sim,
        httpx.Client(base_url=sim.base_url, headers={"X-API-Key": sim.api_key}) as http,
    ):
        yield Caller(sim, clock, http)


@pytest.fixture(scope="session")
def shared(cache: Path) -> Iterator[Caller]:
    """A studio for tests that change nothing in it but add jobs, and leave its clock alone."""
    clock = ManualClock(START)
    yield from calling(Simulator(cache=cache, clock=clock, rate_limit=None), clock)


@pytest.fixture
def studio(cache: Path) -> Iterator[Caller]:
    clock = ManualClock(START)
    yield from calling(Simulator(cache=cache, clock=clock), clock)


@pytest.fixture
def empty(cache: Path) -> Iterator[Caller]:
    clock = ManualClock(START)
    yield from calling(Simulator(cache=cache, clock=clock, scenario="empty", ttl=60), clock)
