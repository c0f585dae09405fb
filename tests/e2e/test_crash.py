"""An unexpected error anywhere: the terminal is given back, and a page says where the report is."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.rig import finish, start
from tests.e2e.broken import HALF_STARTED, NEVER_ENDS, PLACES
from tests.e2e.stream import ALTERNATE, Stream
from tests.e2e.terminal import processes
from tests.e2e.test_whole import wait_until

PLANTED = "ak_PLANTED0123456789"
TAKEDECK = [sys.executable, "-m", "takedeck", "--demo"]
KEYS = {"key": "?", "leave": "q"}
COMMANDS_ONLY = ("client", "audio", "data")
LIKE_OTHERS = ("built", "mount", "app-mount", "adopt", "poll", "callback", "connect", "draw")
BEFORE_THE_SCREEN = ("import", "built", "style")

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the processes left are looked up in /proc"
)


@pytest.fixture
def env(home: Path) -> Iterator[dict[str, str]]:
    """An app's environment with a secret in it; at the end, no process that had it is left."""
    # What its child processes are given too, and no other run has.
    mark = str(home)
    yield dict(os.environ) | {
        "PLANTED": PLANTED, "TAKEDECK_OUTPUT": "null",
        "TAKEDECK_SIMULATOR": "--scenario quiet",
    }  # fmt: skip
    wait_until(lambda: not processes(mark))
    assert not processes(mark)


def broken(where: str, env: dict[str, str]) -> Stream:
    return Stream([sys.executable, "-m", "tests.e2e.broken", where, "--demo"], env)


def folders(temporary: Path) -> list[Path]:
    return list(temporary.glob("takedeck-demo-*"))


def reports(home: Path) -> list[Path]:
    return list((home / "state" / "takedeck").glob("*"))


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(place, marks=pytest.mark.trial if place in LIKE_OTHERS else ())
        for place in (*PLACES, HALF_STARTED)
        if place not in COMMANDS_ONLY
    ],
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


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        signal.SIGHUP,
        *(
            pytest.param(number, marks=pytest.mark.trial)
            for number in (
                signal.SIGQUIT,
                signal.SIGINT,
                signal.SIGUSR1,
                signal.SIGUSR2,
                signal.SIGALRM,
            )
        ),
    ],
)
def test_a_signal_gives_the_terminal_back_too(
    number: signal.Signals, env: dict[str, str], home: Path, tmp_path: Path
) -> None:
    with Stream(TAKEDECK, env | {"TMPDIR": str(tmp_path)}) as app:
        app.shows("live")
        assert folders(tmp_path)
        app.process.send_signal(number)
        assert app.finish() == 128 + number
        assert app.not_given_back() == []
        assert app.after().strip() == ""
    assert reports(home) == []
    assert folders(tmp_path) == []


def test_a_second_signal_ends_an_app_that_does_not_leave(
    env: dict[str, str], home: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.e2e.broken", NEVER_ENDS, "--demo"]
    with Stream(command, env | {"TMPDIR": str(tmp_path)}) as app:
        app.shows("live")
        for _ in range(5):
            app.process.send_signal(signal.SIGTERM)
            app.within(1.0, lambda: app.process.poll() is not None)
        assert app.finish() == 143
        assert app.not_given_back() == []
    assert reports(home) == []
    assert folders(tmp_path) == []


def test_a_terminal_that_goes_takes_the_app_along_without_a_report(
    env: dict[str, str], home: Path, tmp_path: Path
) -> None:
    with Stream(TAKEDECK, env | {"TMPDIR": str(tmp_path)}) as app:
        app.shows("live")
        app.hang_up()
        assert app.process.wait(60) == 129
    assert reports(home) == []
    assert folders(tmp_path) == []


def test_it_can_be_stopped_and_goes_on(env: dict[str, str]) -> None:
    with Stream(TAKEDECK, env) as app:
        app.shows("live")
        app.process.send_signal(signal.SIGTSTP)
        app.until(lambda: app.process.pid in stopped())
        app.rest()
        assert app.not_given_back() == []
        seen = len(app.sent)
        app.process.send_signal(signal.SIGCONT)
        app.until(lambda: b"Jobs" in app.sent[seen:])
        app.process.send_signal(signal.SIGTSTP)
        app.until(lambda: app.process.pid in stopped())
        app.process.send_signal(signal.SIGTERM)
        app.process.send_signal(signal.SIGCONT)
        assert app.finish() == 143
        assert app.not_given_back() == []


def stopped() -> list[int]:
    """The processes that are stopped."""
    found = []
    for stat_file in Path("/proc").glob("[0-9]*/stat"):
        try:
            state = stat_file.read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state == "T":
            found.append(int(stat_file.parent.name))
    return found


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
