"""What only ffmpeg decodes: as long as it likes, and never held whole."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from takedeck.deck.decoding.child import STEP
from takedeck.deck.decoding.ffmpeg import decode_foreign
from takedeck.deck.decoding.growing_file import GrowingFile
from takedeck.deck.faults import Closed
from tests.deck.rig import RATE, Rig, noise, spec, write_wav
from tests.deck.test_decoder import ffmpeg

SECONDS = 20


@pytest.fixture
def opus(tmp_path: Path) -> Path:
    source = write_wav(tmp_path / "s.wav", noise(SECONDS * RATE))
    return ffmpeg(source, tmp_path / "a.opus", "-c:a", "libopus", "-b:a", "24k")


def whole(path: Path) -> GrowingFile:
    source = GrowingFile(path)
    source.set_available(path.stat().st_size, complete=True)
    return source


def test_no_more_is_held_than_one_step(opus: Path) -> None:
    rate, claimed, steps = decode_foreign(whole(opus), "ogg")
    sizes = [len(step) for step in steps]
    assert (rate, claimed) == (48_000, None)
    assert abs(sum(sizes) - SECONDS * rate) < 0.06 * rate
    assert max(sizes) <= STEP


def test_one_that_goes_on_and_on_is_stopped(
    rig: Rig, opus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("takedeck.deck.decoding.decoder.LONGEST", 1)
    rig.load(spec(opus))
    part = rig.deck.state().parts[0]
    assert "goes on and on" in str(part.fault)
    assert part.decoded <= 48_000


def test_one_that_claims_a_day_is_refused_at_once(rig: Rig, tmp_path: Path) -> None:
    source = write_wav(tmp_path / "s.wav", noise(RATE))
    path = ffmpeg(source, tmp_path / "a.m4a", "-c:a", "aac")
    raw = bytearray(path.read_bytes())
    packets = int.from_bytes(raw[raw.index(b"stts") + 12 :][:4], "big")
    fields = (b"mvhd", 20, 1000), (b"elst", 12, 1000), (b"mdhd", 20, RATE), (b"stts", 16, RATE)
    for box, field, unit in fields:
        at = raw.index(box) + field
        value = 24 * 3600 * unit // (packets if box == b"stts" else 1)
        raw[at : at + 4] = value.to_bytes(4, "big")
    path.write_bytes(raw)
    rig.load(spec(path))
    part = rig.deck.state().parts[0]
    assert "claims 24 hours" in str(part.fault)
    assert part.decoded == 0


def test_an_unloaded_one_takes_its_processes_and_threads_along(opus: Path) -> None:
    source = whole(opus)
    _, _, steps = decode_foreign(source, "ogg")
    next(steps)
    source.close()
    with pytest.raises(Closed):
        source.wait(0)
    steps.close()
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    if children.exists():
        for pid in children.read_text().split():
            assert "ffmpeg" not in Path(f"/proc/{pid}/comm").read_text()
    assert not [thread for thread in threading.enumerate() if thread.name == "feed-apart"]
