"""Fixtures of the snapshots: one place and one environment for all, and the command to renew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.snapshots.rig import stop_the_clocks
from tests.snapshots.stored import SCREENS, Album


def pytest_addoption(parser: pytest.Parser) -> None:
    """Known where this folder is named to pytest, as in the command that renews."""
    parser.addoption(
        "--renew", action="store_true", help="store the screens as they are now; look at git diff"
    )


@pytest.fixture
def album(request: pytest.FixtureRequest, tmp_path: Path) -> Album:
    """The stored screens."""
    return Album(SCREENS, tmp_path, renew=request.config.getoption("--renew", default=False))


@pytest.fixture
def timeless(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """One time for all, that does not pass, in one zone; and one width for each sign."""
    stop_the_clocks(monkeypatch)
    for name in ("UNICODE_VERSION", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    with monkeypatch.context() as zone:
        zone.setenv("TZ", "UTC")
        time.tzset()
        yield monkeypatch
    time.tzset()
