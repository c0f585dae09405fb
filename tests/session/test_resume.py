"""Where someone left off is there again at the next start: paused, and without asking for audio."""

from __future__ import annotations

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedeck.config import Folders
from takedeck.library.history import History
from takedeck.model import Stem, Track
from takedeck.session.mixer import ChannelStrip, LoopRegion, MixerState
from takedeck.session.resume import Place, from_text, to_text
from takedeck.session.session import Session
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from tests.conftest import MakeJob
from tests.session.hearing import STEMS, audible, heard, opened, part
from tests.session.rig import Ear, joined, session_of, settings_of

PLACE = Place(
    "mgen_1",
    Track("mtrack_1", title="Übermut [/b]", duration=60.5, stems=(Stem("drums"), Stem("bass"))),
    12.3,
    MixerState(
        {"drums": ChannelStrip(muted=True, gain=-6.0)}, LoopRegion(1.0, 2.5, on=True), stems=True
    ),
)


def audio(simulator: Simulator) -> int:
    return sum(it.origin == "storage" for it in simulator.requests)


def test_a_place_reads_as_it_was_written() -> None:
    assert from_text(to_text(PLACE)) == PLACE


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(str))
def test_any_other_text_is_no_place(text: str) -> None:
    assert from_text(text) is None


@given(st.data())
def test_a_place_that_was_changed_is_a_place_or_none(data: st.DataObject) -> None:
    text = to_text(PLACE)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.text(max_size=3)) + text[at + 1 :]
    place = from_text(changed)
    assert place is None or to_text(place)


async def resumed(session: Session, ear: Ear) -> None:
    await ear.until(lambda: session.player.opened)
    assert session.player.opened is not None


@pytest.mark.parametrize("stems", [False, True])
async def test_the_open_track_its_second_and_its_mix_are_there_again(
    simulator: Simulator, make_job: MakeJob, *, stems: bool
) -> None:
    plan = make_job(title="Late Night Study")
    folder = Folders.of_user().audio(demo=False)
    async with joined(simulator) as (session, ear):
        player = session.player
        await opened(session, ear, plan.id)
        if stems:
            player.mute("bass")
            player.gain_by("lead", -6)
        player.volume_by(-0.3)
        player.toggle()
        await heard(session, ear, lambda s: s.transport == "paused")
        player.seek_to(20)
        player.loop_in()
        await heard(session, ear, lambda s: s.position == 20)
        parts = 1 + len(STEMS) if stems else 1
        await ear.until(lambda: len(list(folder.glob("*.audio"))) == parts)
    asked = audio(simulator)
    async with joined(simulator) as (session, ear):
        player = session.player
        await resumed(session, ear)
        state = await heard(session, ear, lambda s: s.transport == "paused")
        assert state.position == 20
        assert state.volume == 0.5
        assert player.mixer.loop.start == 20
        await heard(session, ear, lambda s: all(p.complete for p in s.parts))
        assert player.bands("master")
        player.toggle()
        state = await heard(session, ear, lambda s: s.transport == "playing")
        assert 20 <= state.position < 30
        if stems:
            assert audible(state) == set(STEMS) - {"bass"}
            assert part(state, "lead").gain_db == -6
        else:
            assert audible(state) == {"master"}
        assert audio(simulator) == asked


async def test_no_audio_is_fetched_before_the_first_key(
    simulator: Simulator, make_job: MakeJob, clock: ManualClock
) -> None:
    plan = make_job(title="Late Night Study")
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        session.player.mute("bass")
        session.player.gain_by("lead", -6)
        session.player.seek_to(20)
        await heard(session, ear, lambda s: s.position >= 20 and s.source == "stems")
        # A request that is dropped half-way may be answered, and counted, only later.
        await ear.until(lambda: session.player.opened and session.player.opened.buffered == 1.0)
    for path in Folders.of_user().audio(demo=False).glob("*.audio"):
        path.unlink()
    simulator.requests.clear()
    clock.advance(3_600)
    async with joined(simulator) as (session, ear):
        player = session.player
        await resumed(session, ear)
        assert player.opened is not None
        assert player.opened.track is not None
        assert player.opened.track.title == "Late Night Study"
        await ear.until(lambda: plan.id in session._store)
        shown = player.shown_state
        assert shown.transport == "paused"
        assert 20 <= shown.position < 30
        assert shown.volume == 0.8
        assert player.opened.resumed
        assert audible(shown) == set(STEMS) - {"bass"}
        assert part(shown, "lead").gain_db == -6
        assert player.deck_state.transport == "empty"
        assert not any("/tracks/" in it.path for it in simulator.requests)
        assert audio(simulator) == 0
        player.seek_by(-5)
        assert player.shown_state.position == shown.position - 5
        player.open(plan.id)
        state = await heard(session, ear, lambda s: s.transport == "playing")
        assert state.position >= shown.position - 5
        assert audible(state) == set(STEMS) - {"bass"}
        assert not player.opened.resumed
        assert ear.troubles == []


async def test_a_volume_in_the_config_counts_at_every_start(simulator: Simulator) -> None:
    async with joined(simulator) as (session, _):
        session.player.volume_by(-0.3)
    fixed = settings_of(simulator, volume=0.7, sources={"volume": "the config file"})
    async with session_of(fixed) as (session, _):
        assert session.player.mixer.volume == 0.7
    async with joined(simulator) as (session, _):
        assert session.player.mixer.volume == 0.7


async def test_nonsense_that_was_kept_is_passed_over(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    owner = settings_of(simulator).owner
    with closing(History.open(Folders.of_user().data)[0]) as history:
        for name, value in (("place", '{"job": 7}'), ("volume", "loud"), ("cursor", "[/]")):
            history.remember(owner, name, value)
    async with joined(simulator) as (session, ear):
        assert session.player.opened is None
        assert session.player.mixer.volume == 0.8
        await opened(session, ear, plan.id)


async def test_a_track_that_is_gone_is_told_at_the_first_key(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan, other = make_job(), make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
    for path in Folders.of_user().audio(demo=False).glob("*.audio"):
        path.unlink()
    simulator.jobs.remove(plan.id)
    async with joined(simulator) as (session, ear):
        await resumed(session, ear)
        session.player.toggle()
        await heard(session, ear, lambda s: s.parts and s.parts[0].fault)
        await opened(session, ear, other.id)
