"""The playhead's states: each leads only to those that its table names, whatever is asked of it."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest

from takedeck.deck.decoding.decoder import Decoder
from takedeck.deck.decoding.growing_file import GrowingFile
from takedeck.deck.mixer import CHUNK, Mixer
from takedeck.deck.part import Part
from takedeck.deck.playhead import TRANSITIONS, Playhead, State
from takedeck.deck.state import PartSpec
from tests.deck.rig import Rig, counter, spec, write_wav

RATE = 8_000


def part(name: str, frames: int, *, complete: bool) -> Part:
    """A part with that many frames decoded so far, none of them silent."""
    made = Part(PartSpec(name, Path(name), "master" if name == "master" else "stem"), None)
    made.pcm.append(np.full((frames, 2), 1000, dtype=np.int16))
    made.pcm.close()
    made.complete = complete
    return made


class Watched(Playhead):
    """A playhead that writes down its states as they are set."""

    seen: list[State]

    def __setattr__(self, name: str, value: object) -> None:
        if name == "state":
            self.__dict__.setdefault("seen", []).append(value)
        super().__setattr__(name, value)


def test_no_state_leads_where_its_table_does_not() -> None:
    random = Random(20)
    mixer = Mixer()
    head = Watched(mixer)
    for _ in range(3_000):
        match random.choice([*range(12), 2, 2, 9, 10, 11, 11, 11]):
            case 0:
                head.load("k", random.random() < 0.5, random.choice([0.0, 0.0, 0.4]))
                if random.random() < 0.9:
                    whole = random.random() < 0.5
                    head.add([part("master", random.choice([0, 900, 4000]), complete=whole)])
                head.settle_rate(RATE)
            case 1:
                head.add([part("drums", 3000, complete=True)] if head.key else [])
            case 2:
                head.play()
            case 3:
                head.pause()
            case 4:
                head.stop()
            case 5:
                head.seek(random.choice([0.0, 0.1, 0.49, 0.4999, 3.0]))
            case 6:
                head.unload()
            case 7:
                for each in mixer.parts:
                    each.complete = True
            case 8:
                head.hold(100)
            case 9:
                mixer.select(random.choice(["master", "stems"]), head.over)
            case 10:
                head.pull(random.choice([64, 2000]))
            case 11:
                head.render(random.choice([1, 64, 700]))
    wrong = {
        (before, after)
        for before, after in pairwise(head.seen)
        if before != after and after not in TRANSITIONS[before]
    }
    assert not wrong
    assert set(head.seen) == set(TRANSITIONS)


def almost_at_its_end() -> Playhead:
    """A playhead that plays, less than a ramp before the end of its only part."""
    head = Playhead(Mixer())
    head.load("k", True, 0.0)
    head.add([part("master", 1000, complete=True)])
    head.settle_rate(RATE)
    head.render(980)
    assert (head.state, head.position) == ("playing", 980)
    return head


def test_paused_in_its_last_milliseconds_it_has_not_ended() -> None:
    head = almost_at_its_end()
    head.pause()
    head.render(CHUNK)
    assert head.state == "paused"


def test_a_seek_in_its_last_milliseconds_is_not_lost() -> None:
    head = almost_at_its_end()
    head.seek(0.01)
    assert head.render(2 * CHUNK)[CHUNK:].any()
    assert (head.state, head.end()) == ("playing", 1000)
    assert head.position < 500


def test_a_part_of_a_hundred_frames_a_second_is_waited_for_and_holds_nobody_up() -> None:
    head = Playhead(Mixer())
    head.load("k", True, 0.0)
    head.add([part("master", 100, complete=False)])
    head.settle_rate(100)
    assert not head.render(2 * CHUNK).any()
    assert head.transport() == "buffering"


def test_a_part_that_was_taken_off_the_deck_has_no_say_in_the_rate(
    rig: Rig, tmp_path: Path
) -> None:
    rig.load(spec(write_wav(tmp_path / "one.wav", counter(RATE))), play=False)
    former = rig.deck._mixer.parts[0]
    rig.deck.load("next", [PartSpec("g", tmp_path / "nothing yet", "stem")], False)
    assert rig.deck._settle_rate(former, RATE) == RATE
    assert not rig.deck._head.rated


def test_the_first_decoder_of_a_track_waits_for_the_rates_of_the_others(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("takedeck.deck.deck._RATE_WAIT", 60.0)
    low = spec(write_wav(tmp_path / "low.wav", counter(RATE), RATE))
    high = spec(write_wav(tmp_path / "high.wav", counter(RATE), 44_100))
    start, began = Decoder.start, threading.Event()

    def started(decoder: Decoder) -> None:
        start(decoder)
        part = decoder._part
        while part.spec.name == "low" and part.format is None:
            began.wait(0.001)

    monkeypatch.setattr(Decoder, "start", started)
    known = GrowingFile.__init__

    def whole(file: GrowingFile, path: Path) -> None:
        known(file, path)
        if path == low.path:
            file.set_available(path.stat().st_size, True, None)

    monkeypatch.setattr(GrowingFile, "__init__", whole)
    rig.deck.load("k", [low, high], False)
    assert not rig.deck._head.rated
    rig.deck.set_available("high", high.path.stat().st_size, complete=True)
    rig.until(lambda state: all(part.complete for part in state.parts))
    assert rig.deck.state().rate == 44_100
