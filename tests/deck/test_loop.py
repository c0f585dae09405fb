"""The loop: exact to the frame in time, and without a click at its seam."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from takedeck.deck.mixer import Mixer
from takedeck.deck.part import Part
from takedeck.deck.pcm import BLOCK
from takedeck.deck.playhead import Playhead
from tests.deck.rig import (
    RAMP,
    RATE,
    Block,
    Rig,
    counter,
    largest_step,
    noise,
    spec,
    tone,
    write_wav,
)

LEVEL = 16_000
SECONDS = 3
LOOPS = {
    "inside": (RATE, 2 * RATE + 200),
    "from the start": (0, RATE + 200),
    "from close to the start": (100, RATE + 200),
    "to the end": (RATE, SECONDS * RATE),
    "to close to the end": (RATE + 77, SECONDS * RATE - 100),
    "all of it": (0, SECONDS * RATE),
    "nearly all of it": (100, SECONDS * RATE - 100),
    "two ramps": (RATE, RATE + 2 * RAMP),
    "less than two ramps": (RATE, RATE + 2 * RAMP - 3),
    "one ramp": (RATE, RATE + RAMP),
    "1 ms": (RATE, RATE + 44),
    "two frames": (RATE, RATE + 2),
    "one frame": (RATE, RATE + 1),
}


def playhead(tmp_path: Path, *parts: Block) -> Playhead:
    """A playhead that plays these, with no output and no thread."""
    head, made = Playhead(Mixer()), []
    head.load("k", True, 0.0)
    for number, frames in enumerate(parts):
        part = Part(spec(write_wav(tmp_path / f"{number}.wav", frames[:1])), tmp_path)
        part.pcm.append(frames)
        part.pcm.close()
        part.complete = True
        made.append(part)
    head.settle_rate(RATE)
    head.add(made)
    return head


def rendered(head: Playhead, frames: int) -> Block:
    """What an output on a clock gets, in uneven pieces."""
    pieces, sizes = [head.render(RAMP)], (1, 239, 240, 241, 1764, 3)
    while (left := frames + RAMP - sum(map(len, pieces))) > 0:
        pieces.append(head.render(min(left, sizes[len(pieces) % len(sizes)])))
    return np.concatenate(pieces)[RAMP:]


def replayed(head: Playhead, frames: int) -> Block:
    """What an output that replays gets, in the pieces that it gets."""
    pieces: list[Block] = []
    while (left := frames + RAMP - sum(map(len, pieces))) > 0:
        piece = head.pull(left, replayed=True)
        assert piece is not None
        assert len(piece)
        pieces.append(piece)
    return np.concatenate(pieces)[RAMP:]


def worst(start: int, end: int) -> tuple[Block, float]:
    """A wave at its bottom where the loop starts and at its top where it ends; its own steps."""
    turns = round(110 * (end - start) / RATE) + 0.5
    slope = 2 * np.pi * turns / (end - start)
    wave = LEVEL * np.sin(slope * (np.arange(SECONDS * RATE) - start) - np.pi / 2)
    return np.repeat(np.rint(wave).astype(np.int16)[:, None], 2, axis=1), LEVEL * slope


@pytest.mark.parametrize("how", [rendered, replayed])
@pytest.mark.parametrize("name", LOOPS)
def test_the_seam_does_not_click_and_comes_at_its_frame(
    tmp_path: Path, name: str, how: Callable[[Playhead, int], Block]
) -> None:
    start, end = LOOPS[name]
    period, fade = end - start, min(RAMP, (end - start) // 2)
    material, own = worst(start, end)
    head = playhead(tmp_path, material)
    head.set_loop(start / RATE, end / RATE, True)
    head.seek(start / RATE)
    heard = how(head, 5 * period + 3)
    # The first turn, and with it the first ramp, is passed over; all others are alike.
    whole = -(-RAMP // period) * period - RAMP
    turns = heard[whole : whole + (len(heard) - whole) // period * period]
    turns = turns.reshape(-1, period, 2)
    assert (turns == turns[0]).all()
    inside = turns[0][fade : period - fade]
    assert (inside == material[start + fade : end - fade]).all()
    # A blend of half the length is taken where there is no room for more.
    assert largest_step(heard) <= own + 2 * 2 * LEVEL / (fade + 1) + 2


def test_a_whole_part_that_is_a_loop_already_is_not_touched(tmp_path: Path) -> None:
    material = tone(RATE, 110.0, LEVEL)
    head = playhead(tmp_path, material)
    head.set_loop(0.0, 1.0, True)
    heard = rendered(head, 3 * RATE)
    assert (heard == np.tile(material, (4, 1))[RAMP : 3 * RATE + RAMP]).all()


def test_stems_go_over_together(tmp_path: Path) -> None:
    stems = [noise(2 * RATE, 2000, seed) for seed in (1, 2, 3)]
    start, end = RATE // 2, RATE + 99
    heard = []
    for parts in (stems, [np.sum(stems, axis=0, dtype=np.int16)]):
        head = playhead(tmp_path, *parts)
        head.set_loop(start / RATE, end / RATE, True)
        head.seek(start / RATE)
        heard.append(rendered(head, 3 * RATE).astype(int))
    assert np.abs(heard[0] - heard[1]).max() <= 1


def test_a_seam_across_two_blocks_of_memory(tmp_path: Path) -> None:
    head = playhead(
        tmp_path, np.concatenate((np.zeros((BLOCK - RATE, 2), np.int16), noise(2 * RATE)))
    )
    start, end = BLOCK + RAMP // 2, BLOCK + RATE // 2
    head.set_loop(start / RATE, end / RATE, True)
    head.seek(start / RATE)
    heard = rendered(head, 3 * (end - start))
    assert largest_step(heard) <= 2 * largest_step(noise(2 * RATE))


def test_turning_it_on_and_off_anywhere_does_not_click(rig: Rig, tmp_path: Path) -> None:
    level, rng = 10_000, np.random.default_rng(3)
    rig.load(spec(write_wav(tmp_path / "a.wav", tone(SECONDS * RATE, 110.0, level))))
    heard = []
    for _ in range(600):
        start = float(rng.uniform(0, 2))
        end = start + float(rng.uniform(0.05, 0.5))
        match rng.integers(4):
            case 0:
                rig.deck.seek(end - float(rng.uniform(0, 0.03)))
            case 1:
                rig.deck.loop(start, end, False)
            case _ if rig.deck.state().loop is None:
                here = rig.deck.state().position
                rig.deck.loop(max(0.0, here - 0.1), here + float(rng.uniform(0, 0.02)), True)
        heard.append(rig.pull(int(rng.integers(1, 900))))
        if rig.deck.state().position > 2.5:
            rig.deck.seek(0.0)
    own = level * 2 * np.pi * 110 / RATE
    assert largest_step(np.concatenate(heard)) <= own + 2 * level / (RAMP // 2) + level / RAMP + 2


def test_a_seek_out_of_a_short_loop(rig: Rig, tmp_path: Path) -> None:
    rig.load(spec(write_wav(tmp_path / "a.wav", counter(SECONDS * RATE))))
    rig.deck.loop(0.5, 0.5 + RAMP / RATE, True)
    rig.deck.seek(0.5)
    rig.pull(5 * RAMP)
    assert 0.5 <= rig.deck.state().position < 0.5 + RAMP / RATE
    rig.deck.seek(2.0)
    heard = rig.pull(2 * RAMP + 1000)
    assert (heard[-100:] == counter(100, round(rig.deck.state().position * RATE) - 100)).all()
    assert rig.deck.state().position > 2.0


def test_turned_off_it_plays_on(rig: Rig, tmp_path: Path) -> None:
    rig.load(spec(write_wav(tmp_path / "a.wav", counter(SECONDS * RATE))))
    rig.deck.loop(0.1, 0.2, True)
    rig.pull(RATE // 4)
    assert rig.deck.state().loop == (0.1, 0.2)
    at = round(rig.deck.state().position * RATE)
    rig.deck.loop(0.1, 0.2, False)
    assert (rig.pull(RATE // 4) == counter(RATE // 4, at)).all()
    assert rig.deck.state().loop is None


def test_one_past_the_end_goes_round_at_the_end(rig: Rig, tmp_path: Path) -> None:
    rig.load(spec(write_wav(tmp_path / "a.wav", counter(SECONDS * RATE))), start=2.9)
    rig.deck.loop(2.8, 99.0, True)
    rig.pull(RATE // 10)
    assert (rig.pull(1000) == counter(1000, round(2.8 * RATE))).all()


def test_one_past_the_end_is_replayed_too(tmp_path: Path) -> None:
    head = playhead(tmp_path, counter(RATE))
    head.set_loop(0.5, 99.0, True)
    head.seek(0.9)
    heard = replayed(head, RATE)
    assert (heard[RATE // 10 - RAMP :][:1000] == counter(1000, RATE // 2)).all()
