"""`play` and the null test tell why a part could not be fetched, not what the deck made of it."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import pytest

from takedeck.simulator.service import Simulator
from takedeck.simulator.songs.catalogue import SONGS
from takedeck.simulator.weather import Spoiled
from tests.cli.rig import altered, takedeck
from tests.conftest import MakeJob
from tests.providers.server import Server, reply

PAGE = reply(200, b"<html>Sign in</html>", content_type="text/html")
ELSEWHERE = reply(302, location="http://127.0.0.1:1/")
ANSWERS = [(PAGE, "text instead of audio"), (ELSEWHERE, "redirect")]


def leads_to(url: str) -> Any:
    """What points every URL of a track at `url`."""

    def alter(body: dict[str, Any]) -> None:
        for holder in (body, body.get("track") or {}):
            if holder.get("playback_url"):
                holder["playback_url"] = f"{url}/master.mp3?exp=9999999999&sig=PLANTED"
            if stems := holder.get("stem_urls"):
                holder["stem_urls"] = {
                    name: f"{url}/{name}.mp3?exp=9999999999&sig=PLANTED" for name in stems
                }

    return alter


@pytest.mark.parametrize(("answer", "says"), ANSWERS)
@pytest.mark.parametrize("stem", [(), pytest.param(("--stem", "bass"), marks=pytest.mark.trial)])
def test_play_tells_the_fetch_s_own_reason(
    simulator: Simulator, make_job: MakeJob, tmp_path: Path,
    answer: bytes, says: str, stem: tuple[str, ...],
) -> None:  # fmt: skip
    target = tmp_path / "out.wav"
    with Server(answer) as storage, altered(simulator, leads_to(storage.url)) as url:
        done = takedeck(
            "play", make_job().id, *stem, "--output", f"wav:{target}",
            simulator=simulator, env={"TAKEDECK_BASE_URL": url},
        )  # fmt: skip
    assert (done.code, done.out) == (1, "")
    assert says in done.err
    assert stem[-1:] == () or stem[-1] in done.err
    assert "Run it again." in done.err
    assert "empty" not in done.err
    assert "PLANTED" not in done.err


@pytest.mark.parametrize(("answer", "says"), ANSWERS)
def test_the_null_test_tells_it_too(
    simulator: Simulator, make_job: MakeJob, answer: bytes, says: str
) -> None:
    with Server(answer) as storage, altered(simulator, leads_to(storage.url)) as url:
        done = takedeck(
            "track", make_job().track_id, "--null-test",
            simulator=simulator, env={"TAKEDECK_BASE_URL": url},
        )  # fmt: skip
    assert (done.code, done.out) == (1, "")
    assert says in done.err
    assert "empty" not in done.err


def test_a_track_without_a_master_says_so(simulator: Simulator, make_job: MakeJob) -> None:
    with altered(simulator, lambda body: body.pop("playback_url", None)) as url:
        done = takedeck(
            "play", make_job().track_id, simulator=simulator, env={"TAKEDECK_BASE_URL": url}
        )
    assert done.code == 1
    assert "no master" in done.err
    assert "run it again later" in done.err


def test_what_was_spoiled_once_is_fetched_anew_by_the_next_run(
    simulator: Simulator, make_job: MakeJob, tmp_path: Path
) -> None:
    plan, target = make_job(song="waltz"), tmp_path / "out.wav"
    simulator.weather.spoiled["master"] = Spoiled(bytes(50_000))
    play = ("play", plan.track_id, "--output", f"wav:{target}")
    first = takedeck(*play, simulator=simulator)
    assert (first.code, first.out) == (1, "")
    assert "Run it again." in first.err
    again = takedeck(*play, simulator=simulator)
    assert again.code == 0, again.err
    with wave.open(str(target)) as file:
        assert file.getnframes() == SONGS["waltz"].frames


def test_the_null_test_fetches_anew_too(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job(song="waltz")
    simulator.weather.spoiled["bass"] = Spoiled(bytes(50_000))
    test = ("track", plan.track_id, "--null-test")
    assert takedeck(*test, simulator=simulator).code == 1
    assert takedeck(*test, simulator=simulator).code == 0
