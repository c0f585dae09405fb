"""`play`: outputs and starts that cannot be had are refused before anything is heard or written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from takedeck.simulator.service import Simulator
from tests.cli.rig import Done, takedeck
from tests.conftest import MakeJob


def refused(done: Done, *words: str) -> None:
    assert (done.code, done.out) == (2, ""), done.err
    for word in words:
        assert word in done.err
    assert "playing silently" not in done.err


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("missing/out.wav", "there is no folder"),
        ("file/out.wav", "there is no folder"),
        ("", "is a folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_asked(
    simulator: Simulator, make_job: MakeJob, tmp_path: Path, path: str, says: str
) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / path
    done = takedeck("play", make_job().id, "--output", f"wav:{target}", simulator=simulator)
    refused(done, str(target), says, "after wav:")
    assert len(simulator.requests) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_folder_that_takes_no_files_is_refused(simulator: Simulator, make_job: MakeJob) -> None:
    done = takedeck("play", make_job().id, "--output", "wav:/proc/out.wav", simulator=simulator)
    refused(done, "/proc/out.wav cannot be written")
    assert len(simulator.requests) == 0


def test_a_file_that_was_there_is_kept_until_there_is_another(
    simulator: Simulator, tmp_path: Path
) -> None:
    target = tmp_path / "out.wav"
    target.write_bytes(b"old")
    gone = ("play", "mgen_0123456789ab", "--output", f"wav:{target}")
    assert takedeck(*gone, simulator=simulator).code == 4
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_simpleaudio_that_cannot_be_used_is_not_replaced_by_silence(
    simulator: Simulator, make_job: MakeJob, tmp_path: Path
) -> None:
    (tmp_path / "simpleaudio.py").write_text("raise ImportError")
    done = takedeck(
        "play", make_job().id, "--output", "simpleaudio",
        simulator=simulator, env={"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    refused(done, "simpleaudio is not installed" if sys.version_info < (3, 12) else "3.12")


def test_a_device_that_is_not_there_is_refused_and_auto_falls_to_silence(
    simulator: Simulator, make_job: MakeJob
) -> None:
    nowhere = {"PULSE_SERVER": "unix:/nonexistent", "ALSA_CONFIG_PATH": "/nonexistent"}
    plan = make_job()
    device = takedeck("play", plan.id, "--output", "device", simulator=simulator, env=nowhere)
    refused(device, "no sound device", "wav:PATH")
    auto = takedeck(
        "play", plan.id, "--output", "auto", "--start", "58.2", simulator=simulator, env=nowhere
    )
    assert auto.code == 0
    assert "no sound device: playing silently" in auto.err


@pytest.mark.parametrize(
    "start",
    ["nan", "-1", *(pytest.param(each, marks=pytest.mark.trial)
                    for each in ("inf", "-inf", "1e300", "soon"))],
)  # fmt: skip
def test_a_start_that_is_no_second_is_refused(
    simulator: Simulator, make_job: MakeJob, start: str
) -> None:
    done = takedeck("play", make_job().id, "--start", start, simulator=simulator)
    refused(done, "--start")
    assert len(simulator.requests) == 0


@pytest.mark.parametrize("song", ["bossa", pytest.param("waltz", marks=pytest.mark.trial)])
def test_a_start_past_the_end_is_refused_and_no_file_made(
    simulator: Simulator, make_job: MakeJob, tmp_path: Path, song: str
) -> None:
    target = tmp_path / "out.wav"
    arguments = ("play", make_job(song=song).id, "--start", "300", "--output")
    refused(takedeck(*arguments, f"wav:{target}", simulator=simulator), "past the end", "300")
    assert not target.exists()
    refused(takedeck(*arguments, "null", simulator=simulator), "past the end")


def test_a_start_past_the_end_of_a_stem_is_refused(
    simulator: Simulator, make_job: MakeJob, tmp_path: Path
) -> None:
    target = tmp_path / "out.wav"
    plan = make_job()
    done = takedeck(
        "play", plan.id, "--stem", "bass", "--start", "300", "--output", f"wav:{target}",
        simulator=simulator,
    )  # fmt: skip
    refused(done, "past the end")
    assert not target.exists()
