"""`jobs`, `job` and `track`: data on stdout, words on stderr, and how each ends."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from takedeck.simulator import errors
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator
from tests.cli.rig import DEADLINE, environment, finish, start, takedeck
from tests.conftest import MakeJob

JOB_FIELDS = {
    "id", "status", "progress", "engine", "mode", "created_at", "result_track_id",
    "error_message", "refusal_reason", "playback_url", "track",
}  # fmt: skip


def plans(simulator: Simulator, status: str | None = None) -> list[Plan]:
    now = simulator.clock.now()
    return [it for it in simulator.jobs.at(now) if status in (None, it.status_at(now))]


def test_jobs_in_words(simulator: Simulator) -> None:
    done = takedeck(
        "jobs", "--status", "failed", "--limit", "4", "--offset", "1", simulator=simulator
    )
    assert (done.code, done.err) == (0, "")
    expected = plans(simulator, "failed")[1:5]
    lines = done.out.splitlines()
    assert len(lines) == 4
    for line, plan in zip(lines, expected, strict=True):
        assert line.startswith("failed ")
        assert plan.id in line
        assert str(plan.error_message)[:40] in line


def test_jobs_as_json(simulator: Simulator) -> None:
    done = takedeck("jobs", "--json", "--limit", "3", simulator=simulator)
    assert (done.code, done.err) == (0, "")
    assert set(done.json) == {"jobs", "limit", "offset"}
    assert (done.json["limit"], done.json["offset"]) == (3, 0)
    assert [set(job) for job in done.json["jobs"]] == [JOB_FIELDS] * 3
    assert [job["id"] for job in done.json["jobs"]] == [plan.id for plan in plans(simulator)[:3]]


def test_a_job_in_words_and_as_json(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job(title="Nacht\x1b]52;c;eHg=\x07 夜")
    words = takedeck("job", plan.id, simulator=simulator)
    assert (words.code, words.err) == (0, "")
    assert "status      succeeded" in words.out
    assert "Nacht]52;c;eHg= 夜" in words.out
    assert "\x1b" not in words.out
    data = takedeck("job", plan.id, "--json", simulator=simulator)
    assert set(data.json) == JOB_FIELDS
    assert data.json["playback_url"].endswith(".wav?…")
    assert data.json["track"]["playback_url"].endswith(".wav?…")
    assert "sig=" not in data.out
    assert data.json["track"]["title"] == plan.title


def test_a_track_its_urls_redacted_unless_asked_for(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job(song="bossa", title=None)
    words = takedeck("track", plan.track_id, simulator=simulator)
    assert "stems         drums, bass, chords, lead" in words.out
    assert "sig=" not in words.out
    data = takedeck("track", plan.track_id, "--json", simulator=simulator)
    assert set(data.json) == {
        "id", "title", "engine", "mode", "measured_duration_seconds", "instrumental",
        "licence_class", "created_at", "playback_url", "stem_urls",
    }  # fmt: skip
    assert list(data.json["stem_urls"]) == ["drums", "bass", "chords", "lead"]
    assert not re.search("sig|exp=", data.out)
    whole = takedeck("track", plan.track_id, "--json", "--show-urls", simulator=simulator)
    assert re.search(r"\?exp=\d+&sig=[0-9a-f]{64}$", whole.json["playback_url"])


def test_what_is_not_there_is_4_and_what_is_wrong_2(simulator: Simulator) -> None:
    gone = takedeck("job", "mgen_0123456789ab", simulator=simulator)
    assert (gone.code, gone.out) == (4, "")
    assert "Not found" in gone.err
    assert "trace id req_" in gone.err
    assert takedeck("track", "mtrack_0123456789ab", simulator=simulator).code == 4
    over = takedeck("jobs", "--limit", "101", simulator=simulator)
    assert (over.code, over.out) == (2, "")
    assert "limit" in over.err
    odd = takedeck("job", "../tracks", simulator=simulator)
    assert odd.code == 2
    assert "not an id" in odd.err


@pytest.mark.parametrize(
    "arguments",
    [("jobs", "--status", "lost"), ("jobs", "--limit", "many"), ("job",), ("sing",), ("--loud",)],
)
def test_wrong_usage_is_2_before_anything_is_asked(
    simulator: Simulator, arguments: tuple[str, ...]
) -> None:
    done = takedeck(*arguments, simulator=simulator)
    assert (done.code, done.out) == (2, "")
    assert done.err
    assert len(simulator.requests) == 0


def test_without_a_key_the_demo_is_named() -> None:
    done = takedeck("jobs")
    assert (done.code, done.out) == (2, "")
    assert "--demo" in done.err
    assert "FREDDY_API_KEY" in done.err


def test_a_key_without_an_organisation_names_the_variable() -> None:
    done = takedeck("jobs", env={"FREDDY_API_KEY": "ak_PLANTED"})
    assert (done.code, done.out) == (2, "")
    assert "TAKEDECK_ORGANIZATION" in done.err
    assert "PLANTED" not in done.err


def test_a_refused_key_is_3_and_not_repeated(simulator: Simulator) -> None:
    done = takedeck("jobs", simulator=simulator, env={"FREDDY_API_KEY": "ak_PLANTED"})
    assert (done.code, done.out) == (3, "")
    assert "The API rejected this key." in done.err
    assert "PLANTED" not in done.err
    other = takedeck("jobs", simulator=simulator, env={"TAKEDECK_ORGANIZATION": "org_other"})
    assert other.code == 3
    assert "TAKEDECK_ORGANIZATION" in other.err


def test_a_fault_that_may_pass_is_1(simulator: Simulator) -> None:
    simulator.faults.append(errors.rate_limited(7))
    limited = takedeck("jobs", simulator=simulator)
    assert (limited.code, limited.out) == (1, "")
    assert "Too many requests" in limited.err
    away = takedeck("jobs", simulator=simulator, env={"TAKEDECK_BASE_URL": "http://127.0.0.1:9"})
    assert (away.code, away.out) == (1, "")
    assert "could not be reached" in away.err


def test_watching_ends_with_the_job(
    simulator: Simulator, clock: ManualClock, make_job: MakeJob
) -> None:
    good = make_job(run_seconds=60)
    bad = make_job("failed", run_seconds=60, error_message="engine out of capacity")
    watching = [
        start("job", it.id, "--watch", "--json", env=environment(simulator)) for it in (good, bad)
    ]
    lines = [process.stderr.readline() for process in watching if process.stderr]
    assert lines == [f"{good.id}  running 0 %\n", f"{bad.id}  running 0 %\n"]
    clock.advance(61)
    done, failed = (finish(process) for process in watching)
    assert done.code == 0
    assert done.json["status"] == "succeeded"
    assert failed.code == 5
    assert failed.json["error_message"] == "engine out of capacity"


@pytest.mark.parametrize("outcome", ["refused", pytest.param("cancelled", marks=pytest.mark.trial)])
def test_watching_what_has_ended_badly_is_5(
    simulator: Simulator, make_job: MakeJob, outcome: str
) -> None:
    plan = make_job(outcome, refusal_reason="names an artist" if outcome == "refused" else None)
    done = takedeck("job", plan.id, "--watch", simulator=simulator)
    assert done.code == 5
    assert outcome in done.out
    assert takedeck("job", plan.id, simulator=simulator).code == 0


def test_ctrl_c_is_130(simulator: Simulator, make_job: MakeJob) -> None:
    process = start("job", make_job("queued").id, "--watch", env=environment(simulator))
    assert process.stderr is not None
    assert "queued" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert (done.code, done.out) == (130, "")
    assert "Traceback" not in done.err


def test_a_reader_that_goes_away_is_no_error(simulator: Simulator, make_job: MakeJob) -> None:
    for number in range(100):
        make_job("failed", error_message="x" * 3000, ago=number)
    with start("jobs", "--json", "--limit", "100", env=environment(simulator)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(DEADLINE) == 0


def test_without_a_terminal_the_app_does_not_open(simulator: Simulator) -> None:
    done = takedeck(simulator=simulator)
    assert (done.code, done.out) == (2, "")
    assert "needs a terminal" in done.err


def test_the_config_file_counts_and_is_told_of(simulator: Simulator, home: object) -> None:
    done = takedeck("--profile", "none", "jobs", simulator=simulator)
    assert done.code == 2
    assert "none are defined" in done.err


def test_the_demo_answers_and_leaves_nothing_running() -> None:
    done = takedeck("jobs", "--demo", "--json", "--limit", "2")
    assert done.code == 0
    assert len(done.json["jobs"]) == 2


def test_null_test_of_the_wav_song_is_exact(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
    simulator.jobs.add(plan)
    done = takedeck("track", plan.track_id, "--null-test", simulator=simulator)
    assert (done.code, done.out.strip()) == (0, "-200.0 dB")
    data = takedeck("track", plan.track_id, "--null-test", "--json", simulator=simulator)
    assert (data.code, data.json) == (0, {"null_test_db": -200.0})


def test_a_key_file_that_others_can_read_is_one_line(simulator: Simulator, home: Path) -> None:
    path = home / "key"
    path.write_text(simulator.api_key)
    path.chmod(0o644)
    config = home / "config.toml"
    config.write_text(f'key_file = "{path}"\norganization = "{simulator.organization}"')
    env = {"TAKEDECK_CONFIG": str(config), "FREDDY_API_KEY": ""}
    done = takedeck("jobs", "--limit", "1", simulator=simulator, env=env)
    assert done.code == 0
    assert len(done.out.splitlines()) == len(done.err.splitlines()) == 1
    assert f"chmod 600 {path}" in done.err
    assert simulator.api_key not in done.err + done.out


def test_a_key_as_the_organisation_goes_nowhere(simulator: Simulator) -> None:
    env = {"TAKEDECK_ORGANIZATION": simulator.api_key}
    for command in (("jobs",), ("play", "mgen_1"), ()):
        done = takedeck(*command, simulator=simulator, env=env)
        assert (done.code, done.out) == (2, "")
        assert "TAKEDECK_ORGANIZATION" in done.err
        assert simulator.api_key[:8] not in done.err
    assert not simulator.requests


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "garbage://x"),
        ("SSL_CERT_FILE", "/nowhere/at/all.pem"),
        *(
            pytest.param(name, value, marks=pytest.mark.trial)
            for name, value in (
                ("ALL_PROXY", "socks://127.0.0.1:1"),
                ("NO_PROXY", "[::1"),
                ("SSL_CERT_DIR", "/nowhere/at/all"),
            )
        ),
    ],
)
def test_what_the_environment_says_of_the_network_is_told(name: str, value: str) -> None:
    keys = {"FREDDY_API_KEY": "ak_1", "TAKEDECK_ORGANIZATION": "org_1"}
    url = {"TAKEDECK_BASE_URL": "https://nowhere.invalid"}
    done = takedeck("jobs", env=keys | url | {name: value})
    assert (done.code, done.out) == (2, "")
    assert name in done.err
    assert "report" not in done.err


def test_an_api_here_does_not_mind(simulator: Simulator) -> None:
    env = {"HTTPS_PROXY": "garbage://x", "NO_PROXY": "[::1", "SSL_CERT_FILE": "/nowhere"}
    assert takedeck("jobs", "--limit", "1", simulator=simulator, env=env).code == 0


@pytest.mark.parametrize("fault", [errors.invalid_api_key, errors.insufficient_permissions])
def test_watching_ends_at_once_when_the_key_is_refused(
    simulator: Simulator, make_job: MakeJob, fault: Callable[[], errors.ApiError]
) -> None:
    process = start("job", make_job("queued").id, "--watch", env=environment(simulator))
    assert process.stderr is not None
    assert "queued" in process.stderr.readline()
    simulator.faults.extend(fault() for _ in range(9))
    assert finish(process).code == 3
    assert len(simulator.faults) == 8
