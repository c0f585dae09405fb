"""Standard input, output and error that are closed, full, gone or endless."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from takedeck.simulator.service import Simulator
from tests.cli.rig import DEADLINE, Done, environment, start
from tests.conftest import MakeJob

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")

PRINT = ["--help", "jobs", "jobs --json", "job JOB", "track TRACK", "add JOB", "cache", "simulate"]
ALIKE = ["--version", "job JOB --json", "track TRACK --json", "track TRACK --null-test",
         "cache --json", "cache --clear", "simulate --help", "jobs --help"]  # fmt: skip
SILENT = ["play JOB --start 58.2"]


def run(words: str, simulator: Simulator | None = None) -> Done:
    """Run what a shell makes of the words; `takedeck` among them is ours."""
    line = words.replace("takedeck", f"{sys.executable} -m takedeck", 1)
    done = subprocess.run(
        ["sh", "-c", line], env=environment(simulator), capture_output=True, text=True,
        timeout=DEADLINE,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert "unexpected" not in done.stderr, done.stderr
    assert "ignored" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def asked(words: str, make_job: MakeJob) -> str:
    plan = make_job()
    return words.replace("JOB", plan.id).replace("TRACK", plan.track_id)


@needs_full
@pytest.mark.parametrize(
    ("words", "where"),
    [
        *((words, ">/dev/full") for words in PRINT),
        *(pytest.param(words, ">/dev/full", marks=pytest.mark.trial) for words in ALIKE),
        ("jobs", ">&-"),
        ("--help", "<&- >&-"),
    ],
)
def test_output_that_cannot_be_written_is_one_line_and_1(
    simulator: Simulator, make_job: MakeJob, words: str, where: str
) -> None:
    done = run(f"takedeck {asked(words, make_job)} {where}", simulator)
    assert done.code == 1, done.err
    first, *rest = done.err.splitlines()
    assert first.startswith("takedeck: Standard output: it cannot be written: ")
    assert rest == ["  Make room, or send it elsewhere."]


@needs_full
@pytest.mark.parametrize("where", [">/dev/full", "2>/dev/full", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", SILENT)
def test_what_prints_nothing_needs_no_output(
    simulator: Simulator, make_job: MakeJob, words: str, where: str
) -> None:
    assert run(f"takedeck {asked(words, make_job)} {where}", simulator).code == 0


@needs_full
@pytest.mark.parametrize(
    ("words", "where"),
    [
        *((words, where) for words in ("--help", "jobs") for where in ("<&-", "2>/dev/full")),
        *((words, "<&- 2>&-") for words in ("--help", "jobs")),
        pytest.param("track TRACK --null-test", "<&- 2>&-", marks=pytest.mark.trial),
    ],
)
def test_without_input_or_errors_all_is_as_it_was(
    simulator: Simulator, make_job: MakeJob, words: str, where: str
) -> None:
    done = run(f"takedeck {asked(words, make_job)} {where}", simulator)
    assert done.code == 0
    assert done.out


@needs_full
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("takedeck --demo <&-", 2, "needs a terminal"),
        ("takedeck --demo >&-", 2, "needs a terminal"),
        ("takedeck --demo >/dev/full", 2, "needs a terminal"),
        ("takedeck --demo <&- >&-", 2, "needs a terminal"),
        ("takedeck --demo 2>/dev/full", 2, ""),
        ("takedeck --demo 2>&-", 2, ""),
        ("takedeck nonsense 2>/dev/full", 2, ""),
        ("takedeck add - <&-", 2, "Standard input is closed"),
        ("takedeck add - </dev/null", 2, "no ids"),
        ("printf '\\377 \\351' | takedeck add -", 2, "not a job's id"),
        ("head -c 3000000 /dev/zero | takedeck add -", 2, "not a job's id"),
        ("takedeck jobs --demo </dev/null | head -1", 0, ""),
        ("takedeck cache --json | true", 0, ""),
        ("takedeck job \"$(printf '\\377')\"", 2, "id"),
        ("takedeck --profile \"$(printf '\\377')\" jobs", 2, "unknown profile"),
    ],
)
def test_each_ends_with_its_own_code_and_words(
    simulator: Simulator, words: str, code: int, says: str
) -> None:
    done = run(words, simulator)
    assert (done.code, says in done.err) == (code, True), done.err


@pytest.mark.parametrize("words", ["--help", "cache --json", "jobs", "job JOB"])
def test_a_reader_that_has_gone_is_no_error(
    simulator: Simulator, make_job: MakeJob, words: str
) -> None:
    with start(*asked(words, make_job).split(), env=environment(simulator)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(DEADLINE) == 0
