"""A sound server that goes while a track plays: said, tried by space, waited for by a command."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from takedeck.config import Folders
from takedeck.deck.state import DeckState
from takedeck.model import Track
from takedeck.session.connect import connect
from takedeck.session.headless.play import Request, play
from takedeck.simulator.service import Simulator
from tests.conftest import MakeJob
from tests.pulse import Pulse, private_pulse
from tests.session.hearing import heard, opened
from tests.session.rig import session_of, settings_of


@pytest.fixture
def pulse(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pulse]:
    with private_pulse() as running:
        for name, value in running.env.items():
            monkeypatch.setenv(name, value)
        yield running


async def test_space_tries_it_at_once_and_never_pauses(
    simulator: Simulator, make_job: MakeJob, pulse: Pulse
) -> None:
    plan = make_job()
    async with session_of(settings_of(simulator, output="device")) as (session, ear):
        player = session.player
        await opened(session, ear, plan.id)
        await asyncio.to_thread(pulse.stop_server)
        state = await heard(session, ear, lambda s: s.output_fault is not None)
        assert "waiting for it" in str(state.output_fault)
        assert player.shown_state.transport == "waiting"
        for _ in range(3):
            player.toggle()
        await asyncio.to_thread(pulse.start_server)
        state = await heard(session, ear, lambda s: s.transport != "waiting")
        assert (state.transport, state.output_fault) == ("playing", None)
        assert player._wants_sound


async def test_a_command_that_plays_waits_for_it(
    simulator: Simulator, make_job: MakeJob, pulse: Pulse
) -> None:
    plan, settings = make_job(), settings_of(simulator, output="device")
    said: list[DeckState] = []
    session = await connect(settings, Folders.of_user())
    gone, back = asyncio.Event(), asyncio.Event()

    def watch(_: Track, state: DeckState) -> None:
        said.append(state)
        if state.transport == "waiting" and state.output_fault:
            gone.set()
        if state.transport == "playing" and state.position > 0.1 and not state.output_fault:
            back.set()

    playing = asyncio.create_task(
        play(session._provider, settings, Folders.of_user(), Request(plan.id), watch)
    )
    try:
        async with asyncio.timeout(20):
            await back.wait()
            await asyncio.to_thread(pulse.stop_server)
            await gone.wait()
            back.clear()
            await asyncio.to_thread(pulse.start_server)
            await back.wait()
        assert not playing.done()
    finally:
        playing.cancel()
        await asyncio.wait([playing])
        await session.close()
