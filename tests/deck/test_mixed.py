"""Stems of mixed rates, channels and sample formats: at one level, on one clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.deck.rig import RATE, Rig, rigged, spec, tone, write_wav
from tests.deck.test_decoder import ffmpeg

SECONDS = 2
LEVEL = 8000
HERTZ = 440.0


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the heads of all files are read in time."""
    monkeypatch.setattr("takedeck.deck.deck._RATE_WAIT", 10.0)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "base.wav", tone(SECONDS * RATE, HERTZ, LEVEL))


@pytest.fixture
def another() -> Iterator[Rig]:
    with rigged() as rig:
        yield rig


def share(rig: Rig, name: str) -> tuple[float, float]:
    """How much of the tone is in a part, as it should be 1, and how much is anything else."""
    part = rig.deck._mixer.part(name)
    rate = rig.deck.state().rate
    assert part is not None
    assert part.fault is None
    whole = part.pcm.copy(rate // 2, rate).astype(float)
    want = LEVEL * np.sin(2 * np.pi * HERTZ * (np.arange(rate) + rate // 2) / rate)
    got = whole.T @ want / (want @ want)
    rest = whole - want[:, None] * got
    assert got[0] == pytest.approx(got[1], rel=0.01)
    return float(got[0]), float(np.sqrt((rest**2).mean()) / LEVEL)


WAVS = ("pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le")


@pytest.mark.parametrize(
    ("codec", "channels"),
    [
        *((codec, 2) for codec in ("pcm_u8", "pcm_s24le", "pcm_f32le", "flac")),
        ("flac", 1),
        ("flac", 6),
        *(pytest.param(codec, channels, marks=pytest.mark.trial)
          for codec in WAVS for channels in (1, 2, 6)),
    ],
)  # fmt: skip
def test_each_kind_sounds_beside_the_others(
    rig: Rig, base: Path, tmp_path: Path, codec: str, channels: int
) -> None:
    ending = "flac" if codec == "flac" else "wav"
    # The front speakers have all of it: a mono file has the left one of two that are alike.
    pan = {1: "mono|c0=c0", 2: "stereo|c0=c0|c1=c1", 6: "5.1|c0=c0|c1=c1"}[channels]
    parts = [
        spec(
            ffmpeg(
                base, tmp_path / f"{rate}.{ending}", "-af", f"pan={pan}", "-ar", f"{rate}",
                "-c:a", codec,
            )
        )
        for rate in (8_000, 22_050, 48_000, 96_000, 192_000)
    ]  # fmt: skip
    rig.load(*parts, spec(base))
    assert rig.deck.state().rate == 48_000
    for part in rig.deck.state().parts:
        level, rest = share(rig, part.name)
        assert level == pytest.approx(1.0, abs=0.02)
        assert rest < 0.02
        assert part.decoded == pytest.approx(SECONDS * 48_000, abs=48)


def test_the_lowest_rate_does_not_take_the_treble_of_the_others(base: Path, tmp_path: Path) -> None:
    low = write_wav(tmp_path / "low.wav", tone(SECONDS * 8000, HERTZ, LEVEL, 8000), 8000)
    for order in ((low, base), (base, low)):
        for _ in range(5):
            with rigged() as rig:
                rig.load(*map(spec, order))
                assert rig.deck.state().rate == RATE


def test_one_alone_keeps_its_rate(rig: Rig, another: Rig, tmp_path: Path) -> None:
    for deck, rate in ((rig, 8000), (another, 192_000)):
        path = write_wav(tmp_path / f"{rate}.wav", tone(rate, HERTZ, LEVEL, rate), rate)
        deck.load(spec(path))
        assert deck.deck.state().rate == rate


@pytest.mark.parametrize(
    ("ending", "codec"), [("m4a", "aac"), ("opus", "libopus"), ("ogg", "libvorbis")]
)
def test_a_mono_file_is_as_loud_as_it_is(
    rig: Rig, base: Path, tmp_path: Path, ending: str, codec: str
) -> None:
    path = ffmpeg(base, tmp_path / f"a.{ending}", "-af", "pan=mono|c0=c0", "-c:a", codec)
    rig.load(spec(path))
    level, _ = share(rig, "a")
    assert level == pytest.approx(1.0, abs=0.05)


def test_vorbis_with_six_channels_is_heard(rig: Rig, base: Path, tmp_path: Path) -> None:
    path = ffmpeg(base, tmp_path / "a.ogg", "-af", "pan=5.1|c0=c0|c1=c1", "-c:a", "libvorbis")
    rig.load(spec(path))
    assert share(rig, "a")[0] > 0.3
