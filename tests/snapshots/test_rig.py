"""The rig sees what it is for: a word, a colour, the width of a sign; and says which it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tests.snapshots.picture import Picture
from tests.snapshots.rig import Studio, look
from tests.snapshots.scenes import APPS, SCENES
from tests.snapshots.stored import RENEW, SCREENS, Album
from tests.tui.stage import Stage

LIT, DIM, PAPER = "bold #ff8700", "#a0a0a0", "on #1e1e1e"
HEAD = ("screen: made up",)


def strip(*cells: tuple[str, str]) -> Strip:
    return Strip([Segment(text, Style.parse(look)) for text, look in cells])


def picture(word: str = "night bus", ink: str = LIT) -> Picture:
    rest = " " * (20 - len(word))
    return Picture.of([strip((word, f"{ink} {PAPER}"), (rest, PAPER)), strip(("─" * 20, DIM))], 20)


@pytest.fixture
def album(tmp_path: Path) -> Album:
    """One picture, stored."""
    Album(tmp_path / "stored", tmp_path / "new", renew=True).check("one", HEAD, picture())
    return Album(tmp_path / "stored", tmp_path / "new")


def test_styles_are_runs_of_cells() -> None:
    assert picture().text == ("night bus           ", "─" * 20)
    assert picture().styles == (
        " 1 | 0-19 bold #ff8700 on #1e1e1e",
        " 2 | 0-19 #a0a0a0 on default",
    )


def test_a_wide_sign_is_two_cells() -> None:
    cells = [("窓辺", LIT), ("の猫🎹", DIM), ("é", f"{LIT} {PAPER}")]
    drawn = Picture.of([strip(*cells)], 11)
    assert drawn.text == ("窓辺の猫🎹é",)
    assert drawn.styles == (
        " 1 | 0-3 bold #ff8700 on default; 4-9 #a0a0a0 on default; 10-10 bold #ff8700 on #1e1e1e",
    )
    with pytest.raises(ValueError, match="line 1 is 11 cells wide, not 7"):
        Picture.of([strip(*cells)], 7)


def test_what_cannot_be_seen_makes_no_difference() -> None:
    whole = [strip(("a bus ", f"{LIT} {PAPER}"), ("now ", f"{DIM} {PAPER}"))]
    other = [
        strip(
            ("a", f"{LIT} {PAPER}"), (" ", PAPER), ("bu", f"{LIT} {PAPER}"), ("", DIM),
            ("s", f"{LIT} {PAPER}"), (" ", f"{DIM} {PAPER}"), ("now", f"{DIM} {PAPER}"),
            (" ", f"italic #123456 {PAPER}"),
        )
    ]  # fmt: skip
    assert Picture.of(whole, 10) == Picture.of(other, 10)


@pytest.mark.parametrize(
    "blank", [f"{DIM} on #000000", f"underline {DIM} {PAPER}", f"reverse {DIM} {PAPER}"]
)
def test_what_is_seen_of_a_blank_does(blank: str) -> None:
    def drawn(style: str) -> Picture:
        return Picture.of([strip(("bus", f"{LIT} {PAPER}"), (" ", style))], 4)

    assert drawn(blank).text == drawn(PAPER).text
    assert drawn(blank).styles != drawn(PAPER).styles


def test_the_same_picture_is_nothing_to_tell(album: Album) -> None:
    assert album.check("one", HEAD, picture()) is None


def test_a_changed_word_is_told_as_text(album: Album) -> None:
    told = album.check("one", HEAD, picture("night cab"))
    assert told is not None
    assert "-night bus           |\n+night cab           |" in told
    assert "the styles are the same." in told
    assert RENEW in told
    assert (album.scratch / "one.txt").read_text("utf-8").count("night cab") == 1
    assert str(album.scratch / "one.txt") in told


def test_a_changed_colour_is_told_as_style(album: Album) -> None:
    told = album.check("one", HEAD, picture(ink="bold #ff8800"))
    assert told is not None
    assert "the text is the same." in told
    assert "- 1 | 0-19 bold #ff8700 on #1e1e1e\n+ 1 | 0-19 bold #ff8800 on #1e1e1e" in told


def test_a_long_difference_is_cut(album: Album) -> None:
    long = Picture.of([strip((f"{n:20}", LIT)) for n in range(200)], 20)
    told = album.check("one", HEAD, long)
    assert told is not None
    assert "lines more" in told
    assert len(told.splitlines()) < 140


def test_one_that_is_missing_or_left_over_is_told_and_renewed(album: Album) -> None:
    told = album.check("two", HEAD, picture())
    assert told is not None
    assert "no stored picture of two" in told
    assert RENEW in told
    assert not album.file("two").exists()
    renewing = Album(album.folder, album.scratch, renew=True)
    assert renewing.check("two", HEAD, picture()) == "renewed two"
    assert album.check("two", HEAD, picture()) is None
    assert album.left_over(["two"]) == ["one.txt"]
    assert album.file("one").exists()
    assert renewing.left_over(["two"]) == ["one.txt"]
    assert not album.file("one").exists()
    assert album.left_over(["two"]) == []


async def test_a_word_and_a_colour_of_the_app_are_seen(
    timeless: pytest.MonkeyPatch, tmp_path: Path, song_cache: Path
) -> None:
    async with Studio(tmp_path, song_cache) as studio, APPS["empty"](studio) as stage:
        scene = next(scene for scene in SCENES if scene.on == "empty")
        name, at = next(iter(scene.names().items()))
        before = await look(stage, at.size, at.theme)
        stored = Album(SCREENS, tmp_path).file(name).read_text("utf-8")
        assert "\n".join(before.styles) in stored
        await _with_title(stage, "Gigs")
        word = await look(stage, at.size, at.theme)
        assert (before.styles, len(before.text)) == (word.styles, len(word.text))
        changed = [pair for pair in zip(before.text, word.text, strict=True) if pair[0] != pair[1]]
        assert len(changed) == 1
        assert changed[0][0].replace("Jobs", "Gigs") == changed[0][1]
        await _with_title(stage, "Jobs")
        stage.jobs.styles.border_title_color = "#010203"
        colour = await look(stage, at.size, at.theme)
        assert colour.text == before.text
        lines = zip(before.styles, colour.styles, strict=True)
        (old, new), *others = [pair for pair in lines if pair[0] != pair[1]]
        assert not others
        assert "#010203" in new
        assert "#010203" not in old


async def _with_title(stage: Stage, title: str) -> None:
    stage.jobs.border_title = title
    await stage.settled()
