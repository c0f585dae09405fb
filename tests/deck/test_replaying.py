"""An output that plays long blocks whole: what was never heard of one is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.deck.rig import RAMP, RATE, ReplayOutput, Rig, counter, rigged, spec, write_wav

Replay = tuple[Rig, ReplayOutput]


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[Replay]:
    """A deck on such an output, with ten seconds of the counter that play."""
    out = ReplayOutput()
    with rigged(lambda _: out, "replay") as rig:
        part = spec(write_wav(tmp_path / "count.wav", counter(10 * RATE)))
        rig.deck.load("k", [part], True)
        rig.deck.set_available(part.name, part.path.stat().st_size, complete=True)
        rig.until(lambda s: bool(s.parts) and s.parts[0].complete)
        rig.until(lambda s: out.rate == s.rate)
        yield rig, out


def test_it_goes_on_at_the_first_frame_that_was_not_heard(replay: Replay) -> None:
    rig, out = replay
    assert out.take(10 * RATE) == 10 * RATE
    heard = [out.hear(1000)]
    assert rig.deck.state().position == pytest.approx(1000 / RATE)
    rig.deck.pause()
    state = rig.deck.state()
    assert (state.transport, state.position) == ("paused", 1000 / RATE)
    assert out.take(10 * RATE) == 0
    rig.deck.play()
    for size in (777, 1, RATE):
        out.take(10 * RATE)
        heard.append(out.hear(size))
        rig.deck.volume(1.0)
    heard_whole = np.concatenate(heard)
    assert (heard_whole == counter(len(heard_whole))).all()
    assert rig.deck.state().position == len(heard_whole) / RATE


def test_a_command_before_anything_was_heard_moves_nothing(replay: Replay) -> None:
    rig, out = replay
    for _ in range(3):
        out.take(5 * RATE)
        rig.deck.mute("nothing of that name", True)
        assert rig.deck.state().position == 0.0
    out.take(5 * RATE)
    assert (out.hear(100) == counter(100)).all()


def test_a_seek_counts_from_what_was_heard_and_not_from_what_was_taken(replay: Replay) -> None:
    rig, out = replay
    out.take(10 * RATE)
    out.hear(2 * RATE)
    rig.deck.seek(rig.deck.state().position + 5.0)
    assert rig.deck.state().position == 7.0
    assert out.take(10 * RATE) == 3 * RATE
    assert (out.hear(100) == counter(100, 7 * RATE)).all()


def test_what_is_heard_last_of_a_loop_is_followed_by_its_start(replay: Replay) -> None:
    rig, out = replay
    rig.deck.loop(1.0, 3.0, True)
    assert out.take(10 * RATE) == 3 * RATE
    # The end of the loop goes over into what lies before its start.
    assert (out.hear(3 * RATE)[:-RAMP] == counter(3 * RATE - RAMP)).all()
    assert out.take(10 * RATE) == 2 * RATE
    assert (out.hear(100) == counter(100, RATE)).all()
    rig.deck.volume(1.0)
    assert rig.deck.state().position == pytest.approx(1.0 + 100 / RATE)
    assert out.take(10 * RATE) == 2 * RATE - 100


def test_the_end_is_told_once_all_of_it_was_taken(replay: Replay) -> None:
    rig, out = replay
    rig.deck.seek(9.0)
    assert out.take(10 * RATE) == RATE
    out.hear(RATE)
    assert out.take(10 * RATE) == 0
    state = rig.until(lambda s: s.transport == "ended")
    assert state.position == 10.0
