"""The commands on jobs of Mureka, against the simulator of its API."""

from __future__ import annotations

import wave
from datetime import timedelta
from pathlib import Path

import pytest

from takedeck.simulator.service import Simulator
from takedeck.simulator.songs.catalogue import SONGS
from takedeck.simulator.takes import KEPT, Take, job_id
from tests.cli.rig import Done, takedeck


def ask(simulator: Simulator, *arguments: str, token: str | None = None) -> Done:
    env = {
        "USEAPI_TOKEN": token or simulator.token,
        "TAKEDECK_MUREKA_BASE_URL": simulator.base_url,
        "TAKEDECK_OUTPUT": "null",
    }
    return takedeck(*arguments, env=env)


def add(simulator: Simulator, ago: float = 100.0, **fields: object) -> Take:
    created = simulator.clock.now() - timedelta(seconds=ago)
    taken = {"songs": ("house", "funk")} | fields
    return simulator.takes.add(Take(job_id(20260701), created, **taken))  # type: ignore[arg-type]


def test_a_job_with_all_its_tracks(simulator: Simulator) -> None:
    done = ask(simulator, "job", add(simulator, title="Two Ways").jobid)

    assert (done.code, done.err) == (0, "")
    for words in ("status      succeeded", "prompt      Upbeat", "title       Two Ways", "track 2"):
        assert words in done.out
    assert "version 2" in done.out
    assert "progress" not in done.out


def test_the_providers_own_object_with_its_urls_redacted(simulator: Simulator) -> None:
    plan = add(simulator)

    done = ask(simulator, "job", plan.jobid, "--json")

    assert (done.json["jobid"], done.json["status"]) == (plan.jobid, "completed")
    assert [song["mp3_url"][-6:] for song in done.json["response"]["songs"]] == [".mp3?…"] * 2
    assert "sig=" not in done.out


def test_a_failed_job_is_watched_to_its_end(simulator: Simulator) -> None:
    done = ask(simulator, "job", add(simulator, outcome="failed").jobid, "--watch")

    assert done.code == 5
    assert "Content policy violation (code 400)" in done.out


@pytest.mark.parametrize(
    ("number", "song"), [pytest.param("1", "house", marks=pytest.mark.trial), ("2", "funk")]
)
def test_which_of_a_jobs_tracks_is_played(
    simulator: Simulator, tmp_path: Path, number: str, song: str
) -> None:
    heard = tmp_path / "heard.wav"

    done = ask(
        simulator, "play", add(simulator).jobid, "--track", number, "--output", f"wav:{heard}"
    )

    assert done.code == 0, done.err
    with wave.open(str(heard)) as file:
        assert abs(file.getnframes() - SONGS[song].frames) < 2_000


def test_a_track_that_the_job_has_not_got(simulator: Simulator) -> None:
    done = ask(simulator, "play", add(simulator).jobid, "--track", "3")

    assert done.code == 4
    assert "no track 3" in done.err
    assert "It has 2" in done.err


@pytest.mark.parametrize(
    ("wanted", "code", "advice"),
    [
        ("nonsense", 2, "-bot:mureka"),
        (job_id(1, user="778"), 3, "another user"),
        (job_id(2), 4, "7 days"),
    ],
)
def test_what_the_api_refuses(simulator: Simulator, wanted: str, code: int, advice: str) -> None:
    done = ask(simulator, "job", wanted)

    assert done.code == code
    assert advice in done.err


def test_a_job_past_its_days_and_a_token_that_is_wrong(simulator: Simulator) -> None:
    old = add(simulator, ago=KEPT.total_seconds() + 60)

    assert ask(simulator, "job", old.jobid).code == 4
    refused = ask(simulator, "job", old.jobid, token="user:777-wrong")
    assert refused.code == 3
    assert "USEAPI_TOKEN" in refused.err
    assert "user:777-wrong" not in refused.err


def test_the_list_is_what_runs_and_says_so(simulator: Simulator) -> None:
    running = add(simulator, ago=5, run_seconds=60.0)

    done = ask(simulator, "jobs")

    assert running.jobid in done.out
    assert "only what runs now" in done.err
