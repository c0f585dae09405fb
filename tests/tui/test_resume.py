"""What was on screen is there again at the next start, in a demo too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from takedeck.cli.appearance import keep_theme, kept_theme
from takedeck.errors import TakedeckError
from takedeck.session.connect import connect
from takedeck.session.session import Session
from takedeck.times import clock
from takedeck.tui.app import TakedeckApp
from tests.tui.stage import Studio, app_on, folders, settings_of

WALTZ = "mgen_00a1"


async def test_cursor_track_second_volume_and_filter_are_there_again_in_a_demo(
    quiet: Studio, tmp_path: Path
) -> None:
    quiet.add(WALTZ, title="Small Waltz", engine="studio", mode="creation")
    starts = iter(range(9))

    async def demo() -> Session:
        # As each start of a demo has a new list, in a folder that goes with it.
        own = replace(folders(quiet.base), demo=tmp_path / f"demo-{next(starts)}")
        return await connect(settings_of(quiet.simulator), own)

    async with app_on(demo) as stage:
        await stage.connected()
        await stage.open(WALTZ)
        await stage.press("right", "right", "space", "minus")
        await stage.until(lambda: stage.deck.transport == "paused" and stage.deck.position >= 10)
        await stage.press("j", "j", "j", "]", "[")
        chosen = stage.jobs.cursor_job
        # A request that is dropped half-way may be answered, and counted, only later.
        await stage.shows("buffered 100 %")
        place = stage.session.player.place()
        await stage.press("q")
    assert chosen is not None
    assert place is not None
    quiet.simulator.requests.clear()
    async with app_on(demo) as stage:
        await stage.connected()
        await stage.until(lambda: (job := stage.jobs.cursor_job) and job.id == chosen.id)
        assert "Small Waltz" in stage.pane("#track")
        await stage.shows("paused", clock(round(place.position, 1)), "vol 75 %", "studio")
        assert not any(it.origin == "storage" for it in quiet.simulator.requests)
        await stage.press("space")
        await stage.until(stage.playing)
        assert stage.deck.position >= round(place.position, 1)


async def test_only_a_cursor_that_was_moved_is_kept(quiet: Studio) -> None:
    async with quiet.app() as stage:
        await stage.press("j", "g", "q")
    async with quiet.app() as stage:
        assert stage.session.kept_cursor() is None
        await stage.press("j")
        job = stage.jobs.cursor_job
        await stage.press("q")
    async with quiet.app() as stage:
        assert job is not None
        assert stage.session.kept_cursor() == job.id


async def test_a_key_counts_more_than_where_the_cursor_was(quiet: Studio) -> None:
    async with quiet.app() as stage:
        stage.jobs.await_job("mgen_00ff")
        await stage.press("j", "j")
        here = stage.jobs.cursor_job
        quiet.add("mgen_00ff")
        await stage.press("r")
        await stage.until(lambda: "mgen_00ff" in stage.session._store)
        await stage.settled()
        job = stage.jobs.cursor_job
        assert job is not None
        assert here is not None
        assert job.id == here.id


async def test_the_theme_is_there_again(quiet: Studio, tmp_path: Path) -> None:
    state = tmp_path / "state"
    app = TakedeckApp(
        quiet.connect, theme=kept_theme(state), keep_theme=lambda name: keep_theme(state, name)
    )
    async with app.run_test() as pilot:
        assert app.theme == "tape"
        app.theme = "nord"
        await pilot.pause()
        await app.close_session()
    assert kept_theme(state) == "nord"
    assert [path.name for path in state.iterdir()] == ["theme"]
    assert (state / "theme").stat().st_mode & 0o777 == 0o600
    assert TakedeckApp(quiet.connect, theme=kept_theme(state)).theme == "nord"


async def test_a_theme_that_is_none_is_ours(quiet: Studio, tmp_path: Path) -> None:
    for text in ("", "no-such-theme", "../../etc/passwd", "\xff" * 200):
        (tmp_path / "theme").write_text(text, encoding="utf-8")
        assert TakedeckApp(quiet.connect, theme=kept_theme(tmp_path)).theme == "tape"


async def test_a_theme_that_cannot_be_kept_is_said(quiet: Studio, tmp_path: Path) -> None:
    (tmp_path / "theme").mkdir()

    def keep(name: str) -> None:
        keep_theme(tmp_path, name)

    app = TakedeckApp(quiet.connect, keep_theme=keep)
    said: list[TakedeckError] = []
    async with app.run_test() as pilot:
        app._main.show_error = said.append  # type: ignore[method-assign]
        app.theme = "nord"
        await pilot.pause()
        await app.close_session()
    assert "the theme is not kept" in str(said[0])
