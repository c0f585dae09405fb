"""How playing begins: the output runs only while there is something to hear, and starts fresh."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from takedeck.deck.mixer import Mixer
from takedeck.deck.outputs.device import DeviceOutput
from takedeck.deck.part import Part
from takedeck.deck.pcm import Pcm
from takedeck.deck.playhead import Playhead
from tests.deck.rig import RATE, Block, Rig, counter, spec, write_wav
from tests.pulse import private_pulse


def test_output_is_not_asked_before_every_part_is_there(rig: Rig, tmp_path: Path) -> None:
    parts = [spec(write_wav(tmp_path / f"{name}.wav", counter(RATE))) for name in "ab"]
    rig.deck.load("k", parts, True)
    rig.deck.set_available("a", parts[0].path.stat().st_size, complete=True)
    state = rig.until(lambda s: bool(s.parts) and s.parts[0].complete)
    assert (state.transport, rig.out.started) == ("loading", False)
    rig.deck.set_available("b", parts[1].path.stat().st_size, complete=True)
    rig.until(lambda _: rig.out.started)
    assert rig.pull(1000).any()


def test_seek_beyond_what_is_there_starts_the_output_once_it_is(rig: Rig, tmp_path: Path) -> None:
    part = spec(write_wav(tmp_path / "a.wav", counter(4 * RATE)))
    size = part.path.stat().st_size
    rig.deck.load("k", [part], True)
    rig.deck.seek(3.0)
    rig.deck.set_available("a", size // 2)
    rig.until(lambda s: bool(s.parts) and s.parts[0].decoded > RATE)
    rig.deck.seek(3.0)
    assert not rig.out.started
    rig.deck.set_available("a", size, complete=True)
    rig.until(lambda _: rig.out.started)
    assert (rig.pull(1000)[600:] == counter(400, 3 * RATE + 600)).all()


class Counted(Pcm):
    """Frames that write down every count they had."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "count":
            self.__dict__.setdefault("counts", []).append(value)
        super().__setattr__(name, value)


def test_room_that_was_prepared_holds_nothing(tmp_path: Path) -> None:
    pcm = Counted(tmp_path)
    pcm.prepare()
    # Not for a moment either: the mixer reads it from another thread.
    assert set(pcm.__dict__["counts"]) == {0}
    assert (pcm.count, len(pcm.read(0, 10))) == (0, 0)
    pcm.append(counter(1000))
    assert (pcm.read(0, 1000) == counter(1000)).all()
    pcm.close()


def test_device_that_starts_again_plays_nothing_it_was_given_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    level, asked = 5000, threading.Event()

    def render(frames: int) -> Block:
        asked.set()
        return np.full((frames, 2), level, dtype=np.int16)

    with private_pulse() as pulse:
        for name, value in pulse.env.items():
            monkeypatch.setenv(name, value)
        device = DeviceOutput()
        device.open(RATE, render)
        device.start()
        assert asked.wait(10)
        pulse.until(lambda heard: bool(heard.any()))
        device.stop()
        level = 3000
        heard = pulse.until(lambda heard: bool(heard.any()) and not heard[-4410:].any())
        device.start()
        pulse.until(lambda now: bool((now[len(heard) :] == 3000).any()))
        assert set(np.unique(pulse.heard()[len(heard) :])) <= {0, 3000}
        device.close()


def test_part_that_is_ready_waits_for_no_other_to_be_decoded(rig: Rig, tmp_path: Path) -> None:
    parts = [spec(write_wav(tmp_path / f"{name}.wav", counter(4 * RATE))) for name in "ab"]
    rig.deck.load("k", parts, True)
    rig.deck.set_available("a", parts[0].path.stat().st_size, complete=True)
    state = rig.until(lambda s: bool(s.parts) and s.parts[0].complete)
    assert [part.decoded for part in state.parts] == [4 * RATE, 0]


def test_it_is_ready_only_once_every_part_that_is_heard_is_there(tmp_path: Path) -> None:
    head = Playhead(Mixer())
    parts = [Part(spec(write_wav(tmp_path / f"{name}.wav", counter(9))), None) for name in "ab"]
    head.load("k", True, 0.0)
    head.add(parts)
    head.settle_rate(RATE)
    for part in parts:
        assert not head.ready
        part.pcm.append(counter(RATE))
    assert head.ready
    for part in parts:
        part.pcm.close()


def test_only_what_is_well_off_and_playing_leaves_the_processor_to_others(tmp_path: Path) -> None:
    head = Playhead(Mixer())
    parts = [Part(spec(write_wav(tmp_path / f"{name}.wav", counter(9))), None) for name in "ab"]
    head.load("k", True, 0.0)
    head.add(parts)
    parts[0].pcm.append(counter(RATE))
    assert [head.decoder_pause(part) for part in parts] == [2, 0]
    head.pause()
    assert [head.decoder_pause(part) for part in parts] == [0, 0]
    parts[0].pcm.close()
