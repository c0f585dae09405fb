"""The player on a simulator's tracks and the deck's real process, silent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from takedeck.config import Folders
from takedeck.deck.state import DeckState
from takedeck.session.events import NextTrack, Trouble
from takedeck.simulator import errors
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from tests.conftest import MakeJob
from tests.session.hearing import STEMS, audible, heard, opened, part, tracks
from tests.session.rig import joined, session_of, settings_of


async def test_open_play_pause_seek_stop(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job(title="Late Night Study")
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        player = session.player
        now = player.opened
        assert now is not None
        assert now.track is not None
        assert now.track.title == "Late Night Study"
        assert now.part_names == ("master", *STEMS)
        assert player.deck_state.source == "master"
        assert player.deck_state.volume == session.settings.volume
        fresh = player.fresh_for()
        assert fresh is not None
        assert 0 < fresh <= 60
        player.toggle()
        paused = await heard(session, ear, lambda state: state.transport == "paused")
        player.seek_to(30)
        await heard(session, ear, lambda state: state.position == 30)
        player.seek_by(-5)
        await heard(session, ear, lambda state: state.position == 25)
        player.seek_by(-1e6)
        await heard(session, ear, lambda state: state.position == 0)
        whole = await heard(session, ear, lambda state: part(state, "master").complete)
        player.seek_by(1e6)
        await heard(session, ear, lambda state: state.position == whole.duration)
        middle = (whole.duration or 0) / 2
        player.seek_share(0.5)
        await heard(session, ear, lambda state: abs(state.position - middle) < 0.001)
        player.toggle()
        await heard(session, ear, lambda state: state.transport == "playing")
        player.stop()
        stopped = await heard(session, ear, lambda state: state.transport == "stopped")
        assert stopped.position == 0 < paused.position
        player.volume_by(-0.3)
        await heard(session, ear, lambda state: state.volume == 0.5)
        assert player.opened is not None
        assert player.opened.buffered == 1.0
        assert len(player.bands("master")) == 3 * player.expected_bins("master")
        assert ear.troubles == []
    assert tracks(simulator) == 1


async def test_stems_solo_mute_and_gain(simulator: Simulator, make_job: MakeJob) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        player = session.player
        await opened(session, ear, plan.id)
        player.switch_source()
        state = await heard(session, ear, lambda s: s.source == "stems" and len(s.parts) == 5)
        assert audible(state) == set(STEMS)
        player.mute("bass")
        await heard(session, ear, lambda s: audible(s) == {"drums", "chords", "lead"})
        player.solo("drums")
        await heard(session, ear, lambda s: audible(s) == {"drums"})
        player.solo("lead")
        await heard(session, ear, lambda s: audible(s) == {"drums", "lead"})
        player.solo("drums")
        player.solo("lead")
        await heard(session, ear, lambda s: audible(s) == {"drums", "chords", "lead"})
        player.mute("bass")
        player.gain_by("bass", -3)
        await heard(session, ear, lambda s: part(s, "bass").gain_db == -3)
        player.gain_by("bass", -1000)
        await heard(session, ear, lambda s: part(s, "bass").gain_db == -60)
        player.switch_source()
        await heard(session, ear, lambda s: audible(s) == {"master"})
        player.switch_source()
        await heard(session, ear, lambda s: audible(s) == set(STEMS))
    assert tracks(simulator) == 1


async def test_a_track_without_stems_stays_on_its_master(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job(has_stems=False)
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        for command in (session.player.mute, session.player.solo):
            command("drums")
        session.player.switch_source()
        session.player.toggle()
        state = await heard(session, ear, lambda s: s.transport == "paused")
        assert state.source == "master"
        assert len(state.parts) == 1


async def test_what_cannot_be_heard_says_why_and_leaves_the_sound_alone(
    simulator: Simulator, make_job: MakeJob
) -> None:
    good = make_job()
    bad = [
        (make_job("queued").id, "This job is queued: there is no audio yet."),
        (make_job("running", queue_seconds=-1).id, "This job is running"),
        (make_job("failed", error_message="boom").id, "This job failed, so there is no audio."),
        (make_job("refused").id, "This job was refused"),
        ("mgen_000000stranger", "Not found"),
    ]
    async with joined(simulator) as (session, ear):
        await opened(session, ear, good.id)
        for number, (job_id, words) in enumerate(bad, start=1):
            session.player.open(job_id)
            await ear.until(lambda number=number: len(ear.of(Trouble)) == number)
            assert words in ear.troubles[-1]
            assert session.player.opened is not None
            assert session.player.opened.job_id == good.id
            assert session.player.deck_state.transport == "playing"


async def test_a_job_that_has_finished_since_is_looked_at_again(
    simulator: Simulator, make_job: MakeJob, clock: ManualClock
) -> None:
    plan = make_job(run_seconds=30)
    async with joined(simulator) as (session, ear):
        await ear.until(lambda: plan.id in session._store)
        clock.advance(31)
        await opened(session, ear, plan.id)


async def test_another_track_starts_at_its_beginning(
    simulator: Simulator, make_job: MakeJob
) -> None:
    one, two = make_job(), make_job(title=None)
    async with joined(simulator) as (session, ear):
        await opened(session, ear, one.id)
        session.player.seek_to(30)
        session.player.mute("drums")
        await heard(session, ear, lambda s: s.position > 30 and s.source == "stems")
        await opened(session, ear, two.id)
        state = session.player.deck_state
        assert state.key == two.track_id
        assert state.position < 30
        assert state.source == "master"


async def test_another_track_has_its_own_mute_solo_and_gain(
    simulator: Simulator, make_job: MakeJob
) -> None:
    one, two = make_job(), make_job(title=None)
    async with joined(simulator) as (session, ear):
        player = session.player
        await opened(session, ear, one.id)
        player.mute("drums")
        player.solo("bass")
        player.gain_by("lead", -6)
        await heard(
            session,
            ear,
            lambda s: (
                len(s.parts) == 5
                and audible(s) == {"bass"}
                and part(s, "drums").muted
                and part(s, "lead").gain_db == -6
            ),
        )
        await opened(session, ear, two.id)
        player.gain_by("chords", -1)
        state = await heard(
            session, ear, lambda s: len(s.parts) == 5 and part(s, "chords").gain_db == -1
        )
        assert audible(state) == set(STEMS)
        assert part(state, "lead").gain_db == 0
        # A key changes what is there, not what was there with the track before.
        player.mute("drums")
        await heard(session, ear, lambda s: audible(s) == set(STEMS) - {"drums"})


def unfinished() -> set[Path]:
    """The downloads on disk that are not whole, and the deck's own names of files."""
    return set((Folders.of_user().cache / "audio").glob("*.part"))


async def test_another_track_ends_the_downloads_of_the_one_before(
    simulator: Simulator, make_job: MakeJob
) -> None:
    one, two = make_job(), make_job(title=None)
    async with joined(simulator) as (session, ear):
        await opened(session, ear, one.id)
        await ear.until(lambda: (now := session.player.opened) and now.downloads["master"].complete)
        # From now on nothing arrives: its stems are begun and stay so.
        simulator.weather.rate = 0.001
        session.player.switch_source()
        await ear.until(lambda: sum(it.name[:5] != "deck-" for it in unfinished()) == len(STEMS))
        before = unfinished()
        simulator.weather.rate = None
        await opened(session, ear, two.id)
        await ear.until(lambda: not before & unfinished())
        await heard(session, ear, lambda s: s.transport == "playing")
        assert ear.troubles == []


async def test_opening_many_at_once_leaves_the_last(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plans = [make_job(has_stems=False) for _ in range(6)]
    async with joined(simulator) as (session, ear):
        for plan in plans:
            session.player.open(plan.id)
        await opened(session, ear, plans[-1].id)
        assert session.player.deck_state.key == plans[-1].track_id
        assert ear.troubles == []


async def test_what_sounds_goes_on_when_another_job_cannot_be_had(
    simulator: Simulator, make_job: MakeJob
) -> None:
    one, two = make_job(), make_job()
    async with joined(simulator) as (session, ear):
        player = session.player
        await opened(session, ear, one.id)
        player.mute("bass")
        player.gain_by("lead", -6)
        player.loop_in()
        await ear.until(lambda: two.id in session._store)
        await heard(session, ear, lambda s: s.source == "stems" and len(s.parts) == 5)
        await heard(session, ear, lambda s: all(p.complete for p in s.parts))
        peaks, loop = player.bands("master"), replace(player.mixer.loop)
        simulator.faults += [errors.insufficient_permissions()] * 9
        player.open(two.id)
        assert player.opening == two.id
        await ear.until(lambda: any("Not permitted" in trouble for trouble in ear.troubles))
        simulator.faults.clear()
        assert player.opening is None
        assert player.opened is not None
        assert player.opened.track is not None
        assert (player.opened.job_id, player.opened.track.id) == (one.id, one.track_id)
        assert player.bands("master") == peaks
        assert player.mixer.loop == loop
        state = player.deck_state
        assert state.transport == "playing"
        assert state.key == one.track_id
        assert part(state, "bass").muted
        # What the keys do next still counts on the same mix.
        player.mute("bass")
        await heard(session, ear, lambda s: not part(s, "bass").muted)
        assert part(player.deck_state, "lead").gain_db == -6


async def test_opening_the_open_job_plays_or_pauses(
    simulator: Simulator, make_job: MakeJob
) -> None:
    one, two = make_job(), make_job(has_stems=False)
    async with joined(simulator) as (session, ear):
        player = session.player
        await opened(session, ear, one.id)
        player.solo("drums")
        player.seek_to(12)
        await heard(session, ear, lambda s: s.position >= 12 and audible(s) == {"drums"})
        player.open(one.id)
        paused = await heard(session, ear, lambda s: s.transport == "paused")
        assert paused.position >= 12
        player.open(one.id)
        state = await heard(session, ear, lambda s: s.transport == "playing")
        assert state.position >= paused.position
        assert audible(state) == {"drums"}
        await opened(session, ear, two.id)
        await opened(session, ear, one.id)
        anew = player.deck_state
        assert anew.position < 12
        assert anew.source == "master"
    assert tracks(simulator) == 3


async def test_the_end_of_a_track_opens_the_next_of_the_list_without_a_screen(
    simulator: Simulator, make_job: MakeJob
) -> None:
    older = make_job(ago=20.0, title="Older")
    newest = make_job(title="Newest")
    settings = settings_of(simulator, autoplay=True)
    async with session_of(settings) as (session, ear):
        await ear.until(lambda: older.id in session._store)
        session.view(None, "")
        session.player.open(newest.id)
        await heard(session, ear, lambda state: any(each.complete for each in state.parts))
        session.player.seek_share(0.999)
        await ear.until(lambda: (opened := session.player.opened) and opened.job_id == older.id)
        assert NextTrack(newest.id, older.id) in ear.told


async def test_a_late_end_of_the_track_before_skips_no_track(
    simulator: Simulator, make_job: MakeJob
) -> None:
    make_job(ago=30.0, title="Oldest")
    older = make_job(ago=20.0, title="Older")
    newest = make_job(title="Newest")
    settings = settings_of(simulator, autoplay=True)
    async with session_of(settings) as (session, ear):
        await ear.until(lambda: older.id in session._store)
        session.view(None, "")
        player = session.player
        await opened(session, ear, newest.id)
        ended = replace(player.deck_state, transport="ended")
        await opened(session, ear, older.id)
        # As it was told while the other track was on its way to the deck.
        player._last_state = DeckState()
        player._on_deck(ended)
        assert not ear.of(NextTrack)
        assert player.opening is None
        assert player.shown_state.transport != "ended"


async def test_a_state_from_before_a_seek_is_not_taken_for_its_end(
    simulator: Simulator, make_job: MakeJob
) -> None:
    plan = make_job()
    async with joined(simulator) as (session, ear):
        await opened(session, ear, plan.id)
        player = session.player
        player.toggle()
        before = await heard(session, ear, lambda state: state.transport == "paused")
        player.seek_to(0.0)
        # As it was told while the seek was on its way, less than half a second from where it led.
        player._on_deck(replace(before, position=0.3))
        player.seek_by(5.0)
        await heard(session, ear, lambda state: state.position == 5.0)
