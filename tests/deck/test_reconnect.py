"""A sound device that is lost is waited for, at the place where it was, and found again."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from takedeck.deck import outputs
from takedeck.deck.client import DeckClient
from takedeck.deck.faults import OutputError
from takedeck.deck.outputs.base import Output, Render
from takedeck.deck.state import DeckState, PartSpec
from tests.deck.rig import RAMP, RATE, Block, PullOutput, Rig, counter, rigged, spec, write_wav
from tests.deck.test_client import until
from tests.pulse import Pulse, private_pulse

SECONDS = 60


class Away(PullOutput):
    """An output of a device that may be away, or keep whoever asks for it waiting."""

    def __init__(self, device: Device) -> None:
        super().__init__()
        self._device = device
        self.closed = False

    def open(self, rate: int, render: Render) -> None:
        self._device.asked.release()
        assert self._device.answering.wait(20)
        if not self._device.there:
            raise OutputError("no sound device")
        super().open(rate, render)

    def close(self) -> None:
        super().close()
        self.closed = True


class Device:
    """Makes an output for each try; the last one that was opened is the one to pull."""

    def __init__(self) -> None:
        self.there = True
        self.answering = threading.Event()
        self.answering.set()
        self.asked = threading.Semaphore(0)
        self.made: list[Away] = []

    def make(self, kind: str) -> Output:
        if kind != "auto":
            return outputs.make(kind)
        self.made.append(Away(self))
        return self.made[-1]


@pytest.fixture
def device() -> Device:
    return Device()


@pytest.fixture
def there(device: Device, tmp_path: Path) -> Iterator[Rig]:
    """A deck that plays on a device, 1,000 frames into a counter."""
    with rigged(device.make, "auto") as rig:
        part = spec(write_wav(tmp_path / "a.wav", counter(SECONDS * RATE)))
        rig.deck.load("k", [part], True)
        rig.deck.set_available(part.name, part.path.stat().st_size, complete=True)
        rig.until(lambda s: s.parts[0].complete and device.made[-1].started)
        device.made[-1].pull(1000)
        yield rig
        device.answering.set()


def away(rig: Rig, device: Device) -> DeckState:
    """Take the device away from a deck that plays."""
    device.there = False
    device.made[-1].lost = True
    return rig.until(lambda s: s.transport == "waiting" and s.output_fault is not None)


def back(rig: Rig, device: Device) -> Block:
    """Wait until the device is used again; what it gets first."""
    rig.until(lambda _: device.made[-1].started)
    return device.made[-1].pull(1000)


def test_a_lost_device_is_waited_for_at_its_place(there: Rig, device: Device) -> None:
    state = away(there, device)
    assert state.output_fault == "the pull stopped answering: waiting for it"
    assert state.position == 1000 / RATE
    for _ in range(3):
        assert device.asked.acquire(timeout=10)
    assert there.deck.state().position == 1000 / RATE
    device.there = True
    heard = back(there, device)
    assert (heard[RAMP:] == counter(1000, 1000)[RAMP:]).all()
    state = there.until(lambda s: s.output_fault is None)
    assert state.transport == "playing"
    assert all(output.closed for output in device.made[:-1])


def test_what_the_device_had_and_nobody_heard_is_played_again(there: Rig, device: Device) -> None:
    device.made[-1].latency = 600 / RATE
    there.deck.volume(0.5)
    there.until(lambda s: s.volume == 0.5)
    device.there = False
    device.made[-1].lost = True
    state = there.until(lambda s: s.transport == "waiting")
    assert state.position == pytest.approx((1000 - 600) / RATE)


def test_space_tries_at_once_and_does_not_pause(there: Rig, device: Device) -> None:
    away(there, device)
    device.there = True
    there.deck.toggle()
    back(there, device)
    assert there.until(lambda s: s.output_fault is None).transport == "playing"


def test_pause_and_seek_count_while_it_is_away(there: Rig, device: Device) -> None:
    away(there, device)
    there.deck.seek(2.0)
    assert there.deck.state().position == 2.0
    there.deck.pause()
    assert there.deck.state().transport == "paused"
    device.there = True
    there.until(lambda s: s.output_fault is None)
    assert (there.deck.state().transport, there.deck.state().position) == ("paused", 2.0)
    there.deck.play()
    assert (back(there, device)[RAMP:] == counter(1000, 2 * RATE)[RAMP:]).all()


def test_a_device_that_hangs_holds_nobody_up(there: Rig, device: Device) -> None:
    before = threading.active_count()
    device.answering.clear()
    device.made[-1].lost = True
    there.until(lambda s: "waiting for it" in str(s.output_fault))
    for second in (1.0, 2.0, 3.0):
        there.deck.seek(second)
        there.until(lambda s, at=second: s.position == at)
    assert threading.active_count() <= before + 1
    device.answering.set()
    assert (back(there, device)[RAMP:] == counter(1000, 3 * RATE)[RAMP:]).all()


def test_one_that_never_asks_for_a_frame_is_given_up(device: Device, tmp_path: Path) -> None:
    class Dumb(Away):
        def start(self) -> None:
            super().start()
            self.lost = True

    made: list[Dumb] = []

    def make(kind: str) -> Output:
        if kind != "auto":
            return outputs.make(kind)
        made.append(Dumb(device))
        return made[-1]

    with rigged(make, "auto") as rig:
        part = spec(write_wav(tmp_path / "a.wav", counter(RATE // 4)))
        rig.deck.load("k", [part], True)
        rig.deck.set_available(part.name, part.path.stat().st_size, complete=True)
        rig.until(lambda s: "stopped answering: playing silently" in str(s.output_fault))
        rig.until(lambda s: s.transport == "ended")
    assert len(made) == 3


def test_without_a_device_at_the_start_it_plays_silently(device: Device, tmp_path: Path) -> None:
    device.there = False
    with rigged(device.make, "auto") as rig:
        state = rig.until(lambda s: s.output_fault is not None)
        assert state.output_fault == "no sound device: playing silently"
        part = spec(write_wav(tmp_path / "a.wav", counter(SECONDS * RATE)))
        rig.deck.load("k", [part], True)
        rig.deck.set_available(part.name, part.path.stat().st_size, complete=True)
        rig.until(lambda s: s.transport == "playing" and s.position > 0.1)
        device.there = True
        rig.deck.pause()
        rig.deck.toggle()
        rig.until(lambda s: s.output == "pull" and s.output_fault is None)
        rig.until(lambda _: device.made[-1].started)


def numbers(heard: Block) -> np.ndarray:
    """Which frames of the counter were heard, but for those in a ramp."""
    loud = heard[heard[:, 1] > 0].astype(np.int64)
    return loud[:, 0] + ((loud[:, 1] - 1) << 15)


async def sounding(pulse: Pulse, since: int) -> Block:
    """Wait for two ramps' worth of sound after the first `since` frames of what was heard."""
    heard = await asyncio.to_thread(
        pulse.until, lambda h: bool((h[since:, 1] > 0).sum() > 2 * RAMP)
    )
    return heard[since:]


async def scene(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[DeckClient, Pulse], Awaitable[None]],
) -> None:
    """A deck's own process that plays the counter through a private PulseAudio."""
    part = PartSpec("a", write_wav(tmp_path / "a.wav", counter(SECONDS * RATE)), "master")

    async def run(pulse: Pulse) -> None:
        deck = DeckClient()
        await deck.start("device")
        try:
            deck.load("key", [part], True)
            deck.set_available("a", part.path.stat().st_size, complete=True)
            await until(deck, lambda s: s.transport == "playing" and s.position > 0.2)
            await act(deck, pulse)
        finally:
            await deck.close()

    with private_pulse() as pulse:
        for name, value in pulse.env.items():
            monkeypatch.setenv(name, value)
        await run(pulse)


async def test_a_sound_server_that_is_started_again_is_heard_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(deck: DeckClient, pulse: Pulse) -> None:
        await asyncio.to_thread(pulse.stop_server)
        state = await until(deck, lambda s: s.output_fault is not None)
        assert "waiting for it" in str(state.output_fault)
        assert state.transport == "waiting"
        before = pulse.heard()
        await asyncio.to_thread(pulse.start_server)
        after = await sounding(pulse, len(before))
        # The ramp's first frames are too soft to be told apart.
        assert abs(numbers(after)[RAMP:].min() - numbers(before).max()) < RATE // 4
        state = await until(deck, lambda s: s.transport == "playing")
        assert state.output_fault is None

    await scene(tmp_path, monkeypatch, act)


async def test_a_sound_server_that_stalls_is_heard_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(deck: DeckClient, pulse: Pulse) -> None:
        with pulse.stalled():
            state = await until(deck, lambda s: s.output_fault is not None)
            assert state.transport == "waiting"
            deck.seek(20.0)
            await until(deck, lambda s: s.position == 20.0)
            since = len(pulse.heard())
        await asyncio.to_thread(
            pulse.until, lambda h: bool((numbers(h[since:]) > 20 * RATE + RAMP).any())
        )

    await scene(tmp_path, monkeypatch, act)


async def test_a_deck_that_was_stopped_says_so_and_plays_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(deck: DeckClient, pulse: Pulse) -> None:
        assert deck.pid is not None
        os.kill(deck.pid, signal.SIGSTOP)
        try:
            state = await until(deck, lambda s: s.transport == "waiting")
            assert "does not answer" in str(state.output_fault)
            deck.toggle()
        finally:
            os.kill(deck.pid, signal.SIGCONT)
        state = await until(deck, lambda s: s.transport == "playing" and s.output_fault is None)
        since, before = len(pulse.heard()), numbers(pulse.heard()).max()
        after = numbers(await sounding(pulse, since))[RAMP:]
        assert before - RATE // 4 < after.min() < before + RATE // 2

    await scene(tmp_path, monkeypatch, act)
