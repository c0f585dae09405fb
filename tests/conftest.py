"""Fixtures for every room: a clean environment, and the simulator on real sockets."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from hypothesis import HealthCheck, settings

from takedeck import text
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator
from tests.beside import BESIDE

START = datetime(2026, 7, 1, 12, tzinfo=UTC)
"""When the simulator's clock begins, unless a test says otherwise."""

_FOLDERS = ("CONFIG", "CACHE", "STATE", "DATA")
_KEYS = ("FREDDY_API_KEY", "USEAPI_TOKEN", "NO_COLOR")

MakeJob = Callable[..., Plan]

# The same examples in every run, and as long as they take: what a test needs of chance and time is
# given to it. The trials go on with other seeds.
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what CI runs beside the trials."""
    for item in items:
        path, _, name = item.nodeid.partition("::")
        if name in BESIDE.get(path, ()):
            item.add_marker(pytest.mark.trial)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home for this test alone; no key and no setting of whoever runs it."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in _FOLDERS:
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    for name in list(os.environ):
        network = name.lower().endswith("_proxy") or name.startswith("SSL_CERT_")
        if name in _KEYS or name.startswith("TAKEDECK_") or network:
            monkeypatch.delenv(name)
    return folder


@pytest.fixture(autouse=True)
def own_secrets() -> Iterator[None]:
    """What a test used as a key is nothing to redact for the tests after it."""
    before = text.known_secrets()
    yield
    text._SECRETS.intersection_update(before)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let the processes that tests start hear signals as they would from a shell.

    Whoever starts the tests in the background, as with nohup, has them ignore some, and a process
    inherits that: one that is to be interrupted would go on for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def song_cache() -> Path:
    """Where every simulator keeps its songs; named by their content, so kept between runs."""
    return platformdirs.user_cache_path("takedeck-tests") / "songs"


@pytest.fixture
def clock() -> ManualClock:
    """The simulator's clock, moved by hand."""
    return ManualClock(START)


@pytest.fixture
def simulator(song_cache: Path, clock: ManualClock) -> Iterator[Simulator]:
    """A simulator that answers as often as it is asked."""
    with Simulator(cache=song_cache, clock=clock, rate_limit=None) as running:
        yield running


@pytest.fixture
def make_job(simulator: Simulator) -> MakeJob:
    """Put a job into the simulator: `ago` seconds old, its fields those of `Plan`."""
    numbers = itertools.count(1)

    def make(outcome: str = "succeeded", *, ago: float = 0.0, **fields: Any) -> Plan:
        created = simulator.clock.now() - timedelta(seconds=ago)
        chosen: dict[str, Any] = {"song": "bossa", "title": "A Take"} | fields
        job_id = chosen.pop("id", f"mgen_{next(numbers):012x}")
        return simulator.jobs.add(Plan(job_id, created, outcome=outcome, **chosen))

    return make
