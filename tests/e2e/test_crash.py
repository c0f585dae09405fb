"""An unexpected error anywhere: the terminal is given back, and a page says where the report is."""

from __future__ import annotations

import os
import secrets
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.rig import finish, start
from tests.e2e.broken import HALF_STARTED, PLACES
from tests.e2e.stream import ALTERNATE, Stream
from tests.e2e.terminal import processes
from tests.e2e.test_whole import wait_until

PLANTED = "ak_PLANTED0123456789"
KEYS = {"key": "?", "leave": "q"}
COMMANDS_ONLY = ("client", "audio", "data")
BEFORE_THE_SCREEN = ("import", "built", "style")

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the processes left are looked up in /proc"
)


@pytest.fixture
def env(home: Path) -> Iterator[dict[str, str]]:
    """An app's environment with a secret in it; at the end, no process that had it is left."""
    mark = f"run-{secrets.token_hex(8)}"
    yield dict(os.environ) | {
        "PLANTED": PLANTED, "E2E_MARK": mark, "TAKEDECK_OUTPUT": "null",
        "TAKEDECK_SIMULATOR": "--scenario quiet",
    }  # fmt: skip
    wait_until(lambda: not processes(mark))
    assert not processes(mark)


def broken(where: str, env: dict[str, str]) -> Stream:
    return Stream([sys.executable, "-m", "tests.e2e.broken", where, "--demo"], env)


def reports(home: Path) -> list[Path]:
    return list((home / "state" / "takedeck").glob("*"))


@pytest.mark.parametrize(
    "where", [*(place for place in PLACES if place not in COMMANDS_ONLY), HALF_STARTED]
)
def test_the_terminal_is_given_back_and_a_report_kept(
    where: str, env: dict[str, str], home: Path
) -> None:
    with broken(where, env) as app:
        if where in KEYS:
            app.shows("live")
            app.press(KEYS[where])
        assert app.finish() == 1
        assert app.not_given_back() == []
        assert (f"\x1b[?{ALTERNATE}h".encode() in app.sent) == (where not in BEFORE_THE_SCREEN)
        page, everything = app.after(), app.sent.decode(errors="replace")
    assert page.count("takedeck stopped: an unexpected ") == 1
    assert len(page.strip().splitlines()) == 4
    (report,) = reports(home)
    assert str(report) in page
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert stat.S_IMODE(report.parent.stat().st_mode) == 0o700
    assert PLANTED not in everything + report.read_text()
    assert "NOTE:" not in everything
    if where != "input":
        assert "PlantedError" in page
        assert "in fail" in report.read_text()


def test_without_a_state_folder_the_page_says_so(env: dict[str, str], home: Path) -> None:
    (home / "state").write_text("a file stands here")
    with broken("message", env) as app:
        assert app.finish() == 1
        assert app.not_given_back() == []
        page = app.after()
    assert "takedeck stopped: an unexpected PlantedError" in page
    assert "No report of it could be written" in page
    assert PLANTED not in page


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_gives_the_terminal_back_too(
    number: signal.Signals, code: int, env: dict[str, str], home: Path
) -> None:
    with Stream([sys.executable, "-m", "takedeck", "--demo"], env) as app:
        app.shows("live")
        app.process.send_signal(number)
        assert app.finish() == code
        assert app.not_given_back() == []
        assert app.after().strip() == ""
    assert reports(home) == []


def test_a_command_that_breaks_tells_where_its_report_is(home: Path) -> None:
    env = dict(os.environ) | {"PLANTED": PLANTED}
    done = finish(start("data", "jobs", "--demo", env=env, module="tests.e2e.broken"))
    assert done.code == 1
    assert done.out == ""
    (report,) = reports(home)
    assert done.err.splitlines() == [
        "takedeck stopped: an unexpected PlantedError. Your jobs and audio are unharmed.",
        "  A report without keys, URLs or values of variables is in",
        f"  {report}",
        "  Look through it, and send it along when you tell of the fault.",
    ]
    assert PLANTED not in report.read_text()
