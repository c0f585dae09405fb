"""Files that the storage spoiled once: they leave the cache, and are fetched anew when wanted."""

from __future__ import annotations

import pytest

from takedeck.config import Folders
from takedeck.session.session import Session
from takedeck.simulator.service import Simulator
from takedeck.simulator.weather import Spoiled
from tests.conftest import MakeJob
from tests.session.hearing import audible, heard, opened, part
from tests.session.rig import Ear, joined

SPOILED = {
    "text": Spoiled(b"try later", mime_type="text/plain"),
    "zeros": Spoiled(bytes(100_000)),
    "noise": Spoiled(b"\xff\xfb\xb0" + bytes(range(256)) * 40),
}


SHORT = Spoiled(keep=300_000)
"""An MP3 whose head tells no length: what there is can be heard."""


def fetched(simulator: Simulator) -> int:
    """How many requests for audio there were."""
    return sum(it.origin == "storage" and it.method == "GET" for it in simulator.requests)


def cached() -> int:
    return len(list(Folders.of_user().audio(demo=False).glob("*.audio")))


async def faulted(session: Session, ear: Ear, name: str) -> None:
    await heard(session, ear, lambda s: any(p.name == name and p.fault for p in s.parts))


@pytest.mark.parametrize("kind", SPOILED)
async def test_what_cannot_be_decoded_is_fetched_anew_by_the_next_play(
    simulator: Simulator, make_job: MakeJob, kind: str
) -> None:
    plan = make_job(has_stems=False)
    simulator.weather.spoiled["master"] = SPOILED[kind]
    async with joined(simulator) as (session, ear):
        player = session.player
        player.open(plan.id)
        await faulted(session, ear, "master")
        await ear.until(lambda: player.opened and player.opened.downloads["master"].complete)
        await heard(session, ear, lambda s: not s.busy)
        assert fetched(simulator) == 1
        await ear.until(lambda: cached() == 0)
        player.toggle()
        state = await heard(session, ear, lambda s: s.transport == "playing" and s.position)
        assert part(state, "master").fault is None
        assert fetched(simulator) == 2
        await ear.until(lambda: cached() == 1)


async def test_r_fetches_what_was_spoiled_and_the_other_stems_stay(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    simulator.weather.spoiled["bass"] = SPOILED["text"]
    async with joined(simulator) as (session, ear):
        player = session.player
        await opened(session, ear, plan.id)
        player.mute("drums")
        await faulted(session, ear, "bass")
        await heard(session, ear, lambda s: sum(p.complete for p in s.parts) == 5)
        asked = fetched(simulator)
        player.mint_anew()
        state = await heard(
            session, ear, lambda s: s.source == "stems" and all(p.complete for p in s.parts)
        )
        await heard(session, ear, lambda s: not part(s, "bass").fault)
        await heard(session, ear, lambda s: audible(s) == {"bass", "chords", "lead"})
        assert part(state, "drums").muted
        assert fetched(simulator) == asked + 1


async def test_a_spoiled_file_of_an_earlier_start_is_fetched_anew_at_once(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job(has_stems=False)
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        await ear.until(lambda: cached() == 1)
    (path,) = Folders.of_user().audio(demo=False).glob("*.audio")
    path.write_bytes(bytes(path.stat().st_size))
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        state = session.player.deck_state
        assert part(state, "master").fault is None
    assert fetched(simulator) == 2


async def test_a_file_that_ends_early_is_heard_told_and_fetched_anew_later(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job(has_stems=False, song="ambient")
    simulator.weather.spoiled["master"] = SHORT
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        await ear.until(lambda: any("ends long before" in it for it in ear.troubles))
        short = await heard(session, ear, lambda s: part(s, "master").complete)
        assert part(short, "master").fault is None
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        twice = 2 * part(short, "master").decoded
        await heard(session, ear, lambda s: part(s, "master").decoded > twice)
        assert ear.troubles == []
    assert fetched(simulator) == 2


async def test_a_track_whose_length_was_told_wrong_is_fetched_anew_once(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job(has_stems=False, song="ambient")
    other = make_job(has_stems=False)
    async with joined(simulator) as (session, ear):
        simulator.weather.spoiled["master"] = SHORT
        await opened(session, ear, plan.id)
        await ear.until(lambda: any("ends long before" in it for it in ear.troubles))
        await opened(session, ear, other.id)
        await ear.until(lambda: cached() == 2)
        # The storage's file is as short as before.
        simulator.weather.spoiled["master"] = SHORT
        await opened(session, ear, plan.id)
        await ear.until(lambda: fetched(simulator) == 3)
        short = await heard(session, ear, lambda s: s.parts[0].attempt == 1 and s.parts[0].complete)
        assert not short.parts[0].damaged
        for _ in range(2):
            await opened(session, ear, other.id)
            await opened(session, ear, plan.id)
            await heard(session, ear, lambda s: part(s, "master").complete)
        assert fetched(simulator) == 3
        assert len(ear.troubles) == 1


async def test_a_short_file_is_still_heard_offline(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job(has_stems=False, song="ambient")
    simulator.weather.spoiled["master"] = SHORT
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: plan.id in session._store)
        session.fetch_job(plan.id)
        await ear.until(lambda: (job := session._store.get(plan.id)) and job.track)
        await opened(session, ear, plan.id)
        await ear.until(lambda: cached() == 1)
    simulator.stop()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        await heard(session, ear, lambda s: part(s, "master").complete)
        assert session.player.opened is not None
        assert session.player.opened.kept
        assert cached() == 1


async def test_a_file_that_ends_before_its_head_says_is_fetched_anew(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job(has_stems=False)
    simulator.weather.spoiled["master"] = SHORT
    async with joined(simulator) as (session, ear):
        player = session.player
        player.open(plan.id)
        await faulted(session, ear, "master")
        await heard(session, ear, lambda s: s.transport == "ended")
        player.open(plan.id)
        state = await heard(session, ear, lambda s: s.transport == "playing" and s.position)
        assert part(state, "master").fault is None
        assert (state.duration or 0) > 50
    assert fetched(simulator) == 2
