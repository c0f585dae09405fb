"""`play`: a track written whole to a file, its stems, and what cannot be played."""

from __future__ import annotations

import signal
import stat
import wave
from pathlib import Path
from typing import Any

import miniaudio
import numpy as np
import pytest
from numpy.typing import NDArray

from takedeck.config import Folders
from takedeck.simulator import encode
from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator
from takedeck.simulator.songs.catalogue import SONGS
from tests.cli.rig import Done, altered, environment, finish, start, takedeck
from tests.conftest import MakeJob

RATE = 44_100


def read(path: Path) -> NDArray[np.int16]:
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 2, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


def made(song_cache: Path, plan: Plan, part: str = "master") -> NDArray[np.int16]:
    """A part as the simulator made it, decoded by itself and whole."""
    song = SONGS[plan.song]
    path = song_cache / encode.file_name(song, part)
    decoded = miniaudio.decode_file(str(path), nchannels=2, sample_rate=RATE)
    return np.frombuffer(decoded.samples, np.int16).reshape(-1, 2)


def play(simulator: Simulator, target: Path, *arguments: str) -> Done:
    done = takedeck("play", *arguments, "--output", f"wav:{target}", simulator=simulator)
    assert (done.code, done.out) == (0, ""), done.err
    assert f"Written to {target}." in done.err
    return done


@pytest.mark.timeout(300)
def test_an_mp3_master_is_written_whole_and_as_it_is(
    simulator: Simulator, make_job: MakeJob, song_cache: Path, tmp_path: Path
) -> None:
    plan = make_job(song="waltz", title="Three Four")
    done = play(simulator, tmp_path / "out.wav", plan.id)
    assert "Three Four  1:07" in done.err
    cache = Folders.of_user().cache
    assert {stat.S_IMODE(each.stat().st_mode) for each in (cache, *cache.glob("*/"))} == {0o700}
    heard, expected = read(tmp_path / "out.wav"), made(song_cache, plan)
    assert len(heard) == SONGS["waltz"].frames
    assert np.array_equal(heard, expected)


def test_a_second_time_it_comes_from_the_cache_by_its_track_s_id(
    simulator: Simulator, make_job: MakeJob, song_cache: Path, tmp_path: Path
) -> None:
    plan = make_job()
    play(simulator, tmp_path / "one.wav", plan.track_id, "--start", "50.5")
    play(simulator, tmp_path / "two.wav", plan.id)
    expected = made(song_cache, plan)
    assert np.array_equal(read(tmp_path / "one.wav"), expected[round(50.5 * RATE) :])
    assert np.array_equal(read(tmp_path / "two.wav"), expected)
    fetched = [it for it in simulator.requests if it.origin == "storage" and it.method == "GET"]
    assert len(fetched) == 1


def test_stems_by_name_are_summed(
    simulator: Simulator, make_job: MakeJob, song_cache: Path, tmp_path: Path
) -> None:
    plan = make_job()
    play(simulator, tmp_path / "one.wav", plan.id, "--stem", "bass", "--start", "20")
    bass, lead = (made(song_cache, plan, "bass"), None)
    assert np.array_equal(read(tmp_path / "one.wav"), bass[20 * RATE :])
    play(simulator, tmp_path / "two.wav", plan.id, "--stem", "bass", "--stem", "lead")
    lead = made(song_cache, plan, "lead")
    heard = read(tmp_path / "two.wav").astype(np.int32)
    wanted = bass.astype(np.int32) + lead
    quiet = np.abs(wanted).max(axis=1) < 16_000
    assert quiet.mean() > 0.5
    assert np.abs(heard - wanted)[quiet].max() <= 1


def test_nothing_to_play_says_why(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
    missing = takedeck("play", plan.id, "--stem", "theremin", simulator=simulator)
    assert missing.code == 4
    assert "bass, chords, drums, lead" in missing.err
    failed = make_job("failed", error_message="engine out of capacity")
    over = takedeck("play", failed.id, simulator=simulator)
    assert over.code == 4
    assert "engine out of capacity" in over.err
    early = takedeck("play", make_job("queued").id, simulator=simulator)
    assert early.code == 1
    assert "--watch" in early.err
    assert takedeck("play", "mgen_0123456789ab", simulator=simulator).code == 4
    assert takedeck("play", "mtrack_0123456789ab", simulator=simulator).code == 4


def test_a_file_that_is_there_is_not_touched_where_nothing_can_be_played(
    simulator: Simulator, make_job: MakeJob, tmp_path: Path
) -> None:
    target = tmp_path / "out.wav"
    target.write_bytes(b"an earlier take")
    done = takedeck("play", make_job("failed").id, "--output", f"wav:{target}", simulator=simulator)
    assert done.code == 4
    assert target.read_bytes() == b"an earlier take"


def test_wrong_usage_is_2(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
    odd = takedeck("play", plan.id, "--output", "loud", simulator=simulator)
    assert odd.code == 2
    assert "loud" in odd.err
    assert takedeck("play", plan.id, "--start", "-1", simulator=simulator).code == 2


def test_it_plays_silently_to_the_end(simulator: Simulator, make_job: MakeJob) -> None:
    done = takedeck("play", make_job().id, "--start", "58.2", simulator=simulator)
    assert (done.code, done.out) == (0, "")


def untimed(plan: Plan, server: Simulator, base: Path) -> str:
    """What is said of it, where its page says no length and its bytes come slowly."""

    def alter(body: dict[str, Any]) -> None:
        for track in (body, body.get("track") or {}):
            for name in list(track):
                if "duration" in name:
                    track[name] = None

    with altered(server, alter) as url:
        done = takedeck(
            "play", plan.id, "--output", f"wav:{base / 'out.wav'}",
            simulator=server, env={"TAKEDECK_BASE_URL": url},
        )  # fmt: skip
    assert done.code == 0, done.err
    return done.err.splitlines()[0]


def test_the_length_is_the_track_s_or_is_not_said(
    simulator: Simulator, make_job: MakeJob, tmp_path: Path
) -> None:
    plan = make_job(song="waltz", title="Three Four")
    assert untimed(plan, simulator, tmp_path) in ("Three Four", "Three Four  1:07")


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        signal.SIGTERM,
        *(
            pytest.param(number, marks=pytest.mark.trial)
            for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1)
        ),
    ],
)
def test_a_signal_ends_it_with_its_code_and_leaves_no_part_of_a_file(
    simulator: Simulator, make_job: MakeJob, home: Path, number: signal.Signals
) -> None:
    process = start("play", make_job().id, env=environment(simulator))
    assert process.stderr is not None
    assert "A Take" in process.stderr.readline()
    process.send_signal(number)
    done = finish(process)
    assert (done.code, done.out) == (128 + number, "")
    assert "Traceback" not in done.err
    assert not list(home.rglob("*.part"))


def test_a_second_signal_that_comes_at_once_is_the_same_wish(
    simulator: Simulator, make_job: MakeJob, home: Path
) -> None:
    simulator.weather.rate = 20_000.0
    process = start("play", make_job().id, env=environment(simulator))
    assert process.stderr is not None
    assert "A Take" in process.stderr.readline()
    assert list(home.rglob("*.part"))
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    done = finish(process)
    assert (done.code, done.out, done.err) == (130, "", "")
    assert not list(home.rglob("*.part"))
