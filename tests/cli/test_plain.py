"""`takedeck --plain`: the jobs as lines, and each change as one more, until it is interrupted."""

from __future__ import annotations

import signal
from typing import IO

from takedeck.simulator import errors
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from tests.cli.rig import environment, finish, start, takedeck
from tests.conftest import MakeJob


def line_with(out: IO[str] | None, text: str) -> str:
    """The next line that has the text in it; pytest's own limit ends a wait for nothing."""
    assert out is not None
    while line := out.readline():
        if text in line:
            return line
    raise AssertionError(f"{text} was never printed")


def test_the_list_and_then_each_change_is_a_line(
    simulator: Simulator, clock: ManualClock, make_job: MakeJob
) -> None:
    make_job("failed", ago=50.0, error_message="the zither broke")
    running = make_job(ago=10.0, run_seconds=60.0)
    process = start("--plain", env=environment(simulator))
    try:
        listed = line_with(process.stdout, "zither")
        assert ", mgen_" in listed
        assert "failed, the zither broke" in listed
        assert line_with(process.stdout, running.id).rstrip().endswith(f"{running.id} running")
        clock.advance(300)
        assert "succeeded" in line_with(process.stdout, running.id)
    finally:
        process.send_signal(signal.SIGINT)
    done = finish(process)
    assert done.code == 130
    assert "Traceback" not in done.err
    assert "\x1b" not in done.out


def test_a_refused_key_ends_it(simulator: Simulator) -> None:
    simulator.faults.extend(errors.invalid_api_key() for _ in range(3))
    done = takedeck("--plain", simulator=simulator)
    assert done.code == 3
    assert "The API rejected this key" in done.err
