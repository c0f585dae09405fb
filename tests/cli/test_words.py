"""What `job`, `track` and `play` print of a track's values, sane and absurd."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from takedeck.cli import words
from takedeck.simulator.service import Simulator
from takedeck.text import SignedUrl
from tests.cli.rig import altered, takedeck
from tests.conftest import MakeJob

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def test_a_track_s_type_and_how_long_its_url_is_fresh(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job(song="waltz")
    with altered(simulator, lambda body: body.update(mime_type="audio/mpeg")) as url:
        track = takedeck(
            "track", plan.track_id, simulator=simulator, env={"TAKEDECK_BASE_URL": url}
        )
    assert re.search(r"\nmaster        127\.0\.0\.1, fresh for [1-9][0-9]? s\n", track.out)
    assert "SignedUrl" not in track.out
    assert "mime type     audio/mpeg\n" in track.out
    job = takedeck("job", plan.id, simulator=simulator)
    assert "mime type   audio/mpeg\n" in job.out


@pytest.mark.parametrize(
    ("expires_at", "said"),
    [
        (NOW + timedelta(seconds=60), "h.example, fresh for 60 s"),
        (NOW, "h.example, expired"),
        (None, "h.example, no end given"),
    ],
)
def test_freshness_in_words(expires_at: datetime | None, said: str) -> None:
    url = SignedUrl("https://h.example/x?sig=PLANTED", NOW, expires_at)
    assert words.freshness(url, NOW) == said


@pytest.mark.parametrize("seconds", [604_801, pytest.param(1e307, marks=pytest.mark.trial)])
def test_an_absurd_duration_is_unknown_and_the_track_plays(
    simulator: Simulator, make_job: MakeJob, tmp_path: Path, seconds: float
) -> None:
    plan = make_job()
    real: list[float] = []

    def alter(body: dict[str, Any]) -> None:
        track = body.get("track", body)
        real.append(track["measured_duration_seconds"])
        track["measured_duration_seconds"] = seconds

    with altered(simulator, alter) as url:
        env = {"TAKEDECK_BASE_URL": url}
        track = takedeck("track", plan.track_id, simulator=simulator, env=env)
        job = takedeck("job", plan.id, simulator=simulator, env=env)
        play = takedeck(
            "play", plan.id, "--output", f"wav:{tmp_path / 'out.wav'}", simulator=simulator, env=env
        )
    assert "duration      -\n" in track.out
    assert "duration    -\n" in job.out
    assert play.code == 0, play.err
    assert re.search(r"A Take(  0:58)?\n", play.err)
