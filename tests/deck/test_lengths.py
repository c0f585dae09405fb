"""Files that are longer than anybody listens, and files of nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deck.rig import RATE, Rig, mp3, noise, spec, write_wav


def test_a_file_of_a_day_is_a_message_at_once(rig: Rig, tmp_path: Path) -> None:
    day = 24 * 3600 * 12_000 * 2
    raw = bytearray(write_wav(tmp_path / "a.wav", noise(RATE)[:, :1], rate=12_000).read_bytes())
    raw[40:44] = day.to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(raw)
    rig.load(spec(tmp_path / "a.wav"))
    part = rig.deck.state().parts[0]
    assert "claims 24 hours" in str(part.fault)
    assert part.decoded == 0


def test_a_file_without_end_is_stopped(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("takedeck.deck.decoding.decoder.LONGEST", 1)
    (tmp_path / "a.mp3").write_bytes(mp3(noise(3 * RATE)))
    rig.load(spec(tmp_path / "a.mp3"))
    part = rig.deck.state().parts[0]
    assert "goes on and on" in str(part.fault)
    assert part.decoded <= RATE


def test_a_file_of_no_frames_is_a_message(rig: Rig, tmp_path: Path) -> None:
    rig.load(spec(write_wav(tmp_path / "a.wav", noise(RATE)[:0])))
    assert rig.deck.state().parts[0].fault
