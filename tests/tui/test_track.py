"""The opened track: its fields, its transport, its URLs that nobody gets to see."""

from __future__ import annotations

from takedeck.deck.state import DeckState, PartState
from takedeck.session.events import DeckChanged
from tests.tui.stage import Stage, Studio

WALTZ = "mgen_00a1"


def signed(stage: Stage) -> list[str]:
    """What must never be shown: each URL's path and signature."""
    opened = stage.session.player.opened
    assert opened is not None
    assert opened.track is not None
    urls = [stem.url for stem in opened.track.stems]
    urls += [opened.track.master] if opened.track.master else []
    assert urls
    secrets = [part for url in urls for part in url.reveal().split("?")]
    return secrets + [
        pair.split("=")[1] for url in urls for pair in url.reveal().split("?")[1].split("&")
    ]


async def paused_at(stage: Stage, seconds: float) -> None:
    await stage.until(
        lambda: stage.deck.transport == "paused" and abs(stage.deck.position - seconds) < 0.05
    )


async def place_after_space(stage: Stage) -> float:
    """Press space, and where it plays on from then.

    Every state is heard: a busy screen may be looked at when the song is well under way again.
    """
    told: list[DeckState] = []
    stage.session.listen(
        lambda event: told.append(event.state) if isinstance(event, DeckChanged) else None
    )
    await stage.press("space")
    playing = await stage.until(
        lambda: [each for each in told if each.transport == "playing" and each.position > 0]
    )
    return playing[0].position


async def test_opening_shows_every_field_and_plays(quiet: Studio) -> None:
    plan = quiet.add(
        WALTZ, title="Small Waltz", engine="atelier", mode="focus", licence_class="unclear"
    )
    async with quiet.app() as stage:
        first = await stage.open(WALTZ)
        assert len(quiet.asked(f"/tracks/{plan.track_id}")) == 1
        track = stage.pane("#track")
        for text in ("Small Waltz", plan.track_id, "instrumental", "atelier", "1:07"):
            assert text in track
        assert "licence unclear" in track
        assert "made" in track
        assert "silent" in track
        for part in ("master", "drums", "bass", "chords", "lead", "pad"):
            assert part in track
        await stage.until(lambda: "▶ 0:" in stage.pane("#transport"))
        await stage.until(lambda: stage.deck.position > first.position + 0.3)
        await stage.until(lambda: "0:01" in stage.pane("#transport"))
        await stage.until(lambda: "buffered 100 %" in stage.pane("#track"))
        assert "▶" in stage.rows[0]


async def test_sound_starts_before_the_download_ends(quiet: Studio) -> None:
    quiet.add(WALTZ)
    quiet.simulator.weather.rate = 100_000
    async with quiet.app() as stage:
        await stage.press("enter")
        shown = await stage.until(lambda: stage.playing() and stage.pane("#track"))
        assert "buffered" in shown
        assert "buffered 100 %" not in shown
        assert "·" in stage.pane("#lanes")


async def test_space_pauses_and_goes_on(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.press("space")
        await stage.until(stage.playing)
        await stage.press("space")
        held = await stage.until(lambda: stage.deck.transport == "paused" and stage.deck)
        await stage.until(lambda: "paused" in stage.pane("#transport"))
        await stage.press("space")
        await stage.until(lambda: stage.playing() and stage.deck.position > held.position + 0.1)


async def test_seeking(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.press("space")
        await stage.until(lambda: stage.deck.transport == "paused")
        await stage.press("home")
        await paused_at(stage, 0)
        for key, place in (
            ("right", 5), ("right", 10), ("left", 5), ("right_parenthesis", 35),
            ("left_parenthesis", 5), ("shift+right", 35), ("shift+left", 5), ("left", 0),
            ("left", 0),
        ):  # fmt: skip
            await stage.press(key)
            await paused_at(stage, place)
            clock = f"0:{place:02}"
            await stage.until(lambda clock=clock: clock in stage.pane("#transport"))


async def test_stop_goes_to_the_start_and_space_plays_again(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.press("right")
        await stage.until(lambda: stage.deck.position > 5)
        await stage.press("full_stop")
        await stage.until(lambda: stage.deck.transport == "stopped" and stage.deck.position == 0)
        await stage.until(lambda: "stopped" in stage.pane("#transport"))
        assert await place_after_space(stage) < 5


async def test_it_ends_at_its_end(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        deck = await stage.open(WALTZ)
        await stage.until(lambda: "buffered 100 %" in stage.pane("#track"))
        # Paused, so that the song does not come to its end before the keys do.
        await stage.press("space")
        await stage.until(lambda: stage.deck.transport == "paused")
        await stage.press("right_parenthesis", "right_parenthesis")
        await stage.until(lambda: stage.deck.position > 60)
        await stage.press("right")
        await stage.until(lambda: stage.deck.position > 65)
        await stage.press("space")
        await stage.until(lambda: stage.deck.transport == "ended")
        await stage.until(lambda: "ended" in stage.pane("#transport"))
        assert deck.duration is not None
        assert await place_after_space(stage) < 5


async def test_keys_faster_than_the_deck_answers_all_count(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.press("space")
        await stage.until(lambda: stage.deck.transport == "paused")
        await stage.press("home")
        await paused_at(stage, 0)
        player = stage.session.player
        for _ in range(4):
            player.seek_by(5)
            player.volume_by(0.05)
        await paused_at(stage, 20)
        await stage.until(lambda: stage.deck.volume == 1.0)
        for _ in range(3):
            player.mute("drums")
            player.solo("bass")
            player.gain_by("lead", -1)
        await stage.until(lambda: "lead" in by_name(stage) and by_name(stage)["lead"].gain_db == -3)
        assert by_name(stage)["drums"].muted
        assert by_name(stage)["bass"].soloed


def by_name(stage: Stage) -> dict[str, PartState]:
    return {part.name: part for part in stage.deck.parts}


async def test_volume(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.shows("vol 80 %")
        await stage.press("plus")
        await stage.shows("vol 85 %")
        await stage.press("minus")
        await stage.shows("vol 80 %")
        for percent in (85, 90, 95, 100):
            await stage.press("equals_sign")
            await stage.shows(f"vol {percent} %")
        await stage.press("plus")
        await stage.until(lambda: stage.deck.volume == 1.0)


async def test_r_mints_anew_and_the_sound_goes_on(quiet: Studio) -> None:
    plan = quiet.add(WALTZ)
    path = f"/tracks/{plan.track_id}"
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.shows("link fresh")
        assert len(quiet.asked(path)) == 1
        old = signed(stage)
        quiet.clock.advance(90)
        # Any answer tells the server's time; a filter asks for one at once.
        await stage.press("right_square_bracket")
        await stage.shows("link expired")
        assert stage.deck.transport == "playing"
        position = stage.deck.position
        await stage.press("r")
        await stage.shows("link fresh 5")
        assert len(quiet.asked(path)) == 2
        assert not set(signed(stage)) & {text for text in old if len(text) > 20 and "/" not in text}
        await stage.until(lambda: stage.playing() and stage.deck.position > position)
        assert stage.deck.underruns == 0


async def test_no_url_and_no_signature_is_ever_on_screen(quiet: Studio) -> None:
    quiet.add(WALTZ, title="Small Waltz")
    seen: list[str] = []
    async with quiet.app() as stage:

        def look() -> None:
            seen.extend((stage.text, stage.app.export_screenshot(), stage.app.clipboard))

        look()
        await stage.open(WALTZ)
        look()
        secrets = signed(stage)
        await stage.press("0", "y")
        await stage.until(lambda: stage.deck.source == "stems" and stage.playing())
        look()
        quiet.clock.advance(1)
        await stage.press("r")
        await stage.until(lambda: signed(stage) != secrets)
        look()
        quiet.change(WALTZ, has_stems=False)
        secrets += signed(stage)
        state = repr(stage.session.player.opened) + repr(stage.deck)
        assert not [text for text in secrets if len(text) > 8 and text in state]
    everything = "\n".join(seen)
    for secret in (*secrets, "sig=", "exp=", quiet.simulator.storage_url, quiet.simulator.api_key):
        assert secret not in everything


async def test_browsing_leaves_the_opened_track_alone(quiet: Studio) -> None:
    quiet.add(WALTZ, title="Small Waltz")
    async with quiet.app() as stage:
        deck = await stage.open(WALTZ)
        await stage.press("j", "j", "j", "G", "right_square_bracket")
        await stage.until(lambda: "queued" in stage.text)
        assert "Small Waltz" in stage.pane("#track")
        assert stage.deck.key == deck.key
        await stage.until(lambda: stage.playing() and stage.deck.position > deck.position + 0.3)
        await stage.press("space")
        await stage.until(lambda: stage.deck.transport == "paused")
        assert stage.deck.key == deck.key
        assert stage.deck.underruns == 0


async def test_opening_another_replaces_it(quiet: Studio) -> None:
    quiet.add("mgen_00b2", title="Other Song")
    quiet.add(WALTZ, title="Small Waltz")
    async with quiet.app() as stage:
        first = await stage.open(WALTZ)
        await stage.move_to("mgen_00b2")
        await stage.press("enter")
        await stage.until(lambda: stage.deck.key != first.key and stage.playing())
        await stage.until(lambda: "Other Song" in stage.pane("#track"))
        assert "Small Waltz" not in stage.pane("#track")


async def test_opening_many_at_once_ends_on_the_last(quiet: Studio) -> None:
    songs = [quiet.add(f"mgen_00b{number}").id for number in range(6)]
    async with quiet.app() as stage:
        for job_id in songs:
            await stage.move_to(job_id)
            await stage.press("enter")
        await stage.until(lambda: stage.playing() and stage.deck.key == track_of(songs[-1]))
        assert stage.session.player.opened is not None
        assert stage.session.player.opened.job_id == songs[-1]


def track_of(job_id: str) -> str:
    return f"mtrack_{job_id.removeprefix('mgen_')[::-1]}"


def kept(stage: Stage) -> bool:
    """Whether the master is in the cache."""
    opened = stage.session.player.opened
    return opened is not None and opened.downloads["master"].complete


async def test_the_second_time_it_comes_from_the_cache(quiet: Studio) -> None:
    quiet.add(WALTZ)
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.until(lambda: kept(stage))
    quiet.simulator.requests.clear()
    async with quiet.app() as stage:
        await stage.open(WALTZ)
        await stage.shows("buffered 100 %")
    origins = {request.origin for request in quiet.simulator.requests}
    assert origins == {"api"}
