"""What a failed command advises is something that can be done at a prompt."""

from __future__ import annotations

import signal

import pytest

from takedeck import errors
from takedeck.cli.shared import report
from takedeck.simulator import errors as answers
from takedeck.simulator.service import Simulator
from tests.cli.rig import environment, finish, start, takedeck
from tests.conftest import MakeJob


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (errors.RateLimited("x", status=429, retry_after=6.2), "Wait 7 s, then run it again."),
        (errors.RateLimited("x", status=429), "Wait a little, then run it again."),
        (errors.ServerFault("x", status=503), "Wait a little, then run it again."),
        (errors.Timeout("x"), "Wait a little, then run it again."),
        (errors.NetworkError("x"), "Check the network, then run it again."),
        (errors.MediaError("x"), "Run it again."),
        (errors.UrlRefused("x"), "Run it again."),
        (errors.DeckError("x"), "Run it again."),
        (errors.DiskFull("x"), errors.DiskFull.advice),
        (errors.KeyExpired("x", status=401), errors.KeyExpired.advice),
        (errors.MediaError("x", next_step="Its own."), "Its own."),
        (errors.RateLimited("x", status=429, retry_after=6, next_step="Its own."), "Its own."),
    ],
)
def test_advice_is_the_error_s_own_or_fits_a_command(
    error: errors.TakedeckError, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(error) == error.exit_code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"takedeck: {error.said}\n  {advice}\n"


def test_a_limit_says_how_long_to_wait(simulator: Simulator) -> None:
    simulator.faults.append(answers.rate_limited(7))
    limited = takedeck("jobs", simulator=simulator)
    assert limited.code == 1
    assert "Wait 7 s, then run it again." in limited.err


def test_a_watch_says_that_it_goes_on(simulator: Simulator, make_job: MakeJob) -> None:
    process = start("job", make_job("queued").id, "--watch", env=environment(simulator))
    assert process.stderr is not None
    assert "queued" in process.stderr.readline()
    simulator.faults.append(answers.rate_limited(7))
    assert "Too many requests" in process.stderr.readline()
    assert process.stderr.readline() == "  Asking again in about 7 s.\n"
    process.send_signal(signal.SIGINT)
    assert finish(process).code == 130
