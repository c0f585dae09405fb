"""A WAV output on a disk that becomes full: what was written stays, and it is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from takedeck.deck.faults import OutputError
from takedeck.deck.outputs.base import WavFile
from takedeck.deck.outputs.offline import OfflineWav
from takedeck.deck.outputs.paced import WavOutput
from tests.deck.rig import RATE, noise, read_wav
from tests.room import room_for


@pytest.mark.parametrize("room", [0, 20])
def test_no_room_for_the_header_is_an_output_that_cannot_be_had(tmp_path: Path, room: int) -> None:
    with room_for(room), pytest.raises(OutputError, match="cannot be written"):
        WavFile(tmp_path / "a.wav", RATE)


def test_what_fitted_stays_readable(tmp_path: Path) -> None:
    blocks = [noise(4_000, seed=n) for n in range(9)]
    file = WavFile(tmp_path / "a.wav", RATE)
    with room_for(50_000):
        for block in blocks[:3]:
            file.write(block)
        with pytest.raises(OSError, match="large"):
            file.write(blocks[3])
        file.close()
    whole = np.concatenate(blocks[:3])
    assert (read_wav(tmp_path / "a.wav")[: len(whole)] == whole).all()


@pytest.mark.parametrize("kind", [WavOutput, OfflineWav])
def test_an_output_whose_disk_is_full_does_not_begin_its_file_anew(
    tmp_path: Path, kind: type[WavOutput | OfflineWav]
) -> None:
    path = tmp_path / "a.wav"
    output = kind(path)
    output.open(RATE, noise)
    with room_for(400_000):
        output.start()
        assert output._thread is not None
        output._thread.join(20)
        assert output.lost
        output.close()
        size = path.stat().st_size
        with pytest.raises(OutputError, match="cut short: file too large"):
            output.open(RATE, noise)
    assert size == path.stat().st_size > 190_000
