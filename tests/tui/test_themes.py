"""Colours: what is written can be read in every theme, and each of ours is there."""

from __future__ import annotations

import pytest
from textual.color import Color

from takedeck.tui.app import TakedeckApp
from takedeck.tui.themes import CONTRAST, OURS, READABLE, complete, contrast
from tests.tui.stage import Studio

TEXT = ("foreground", "dim", "faint", "primary", "secondary", "success", "warning", "error")
GROUNDS = ("background", "surface", "cursor", "cursor-blurred")


async def never() -> None:
    """A session that is never connected."""
    raise AssertionError


def all_themes() -> list[str]:
    """Ours and Textual's, without those of the terminal's own colours."""
    app = TakedeckApp(never)  # type: ignore[arg-type]
    return sorted(name for name in app.available_themes if not name.startswith("ansi"))


def variables(theme: str) -> dict[str, str]:
    app = TakedeckApp(never, theme=theme)  # type: ignore[arg-type]
    return app.get_css_variables()


@pytest.mark.parametrize("theme", all_themes())
def test_what_is_written_can_be_read(theme: str) -> None:
    colors = variables(theme)
    low = {
        (text, ground): round(found, 2)
        for text in TEXT
        for ground in GROUNDS
        if (found := contrast(Color.parse(colors[text]), Color.parse(colors[ground]))) < READABLE
    }
    assert not low


def test_a_colour_that_can_be_read_stays_as_the_theme_has_it() -> None:
    colors = variables("contrast")
    for name, own in (("primary", CONTRAST.primary), ("foreground", CONTRAST.foreground)):
        # Textual rounds them on their way.
        pairs = zip(Color.parse(colors[name]).rgb, Color.parse(own or "").rgb, strict=True)
        assert all(abs(shown - wanted) <= 1 for shown, wanted in pairs)


def test_what_cannot_be_read_is_moved() -> None:
    base = variables("tape") | {"error": "#201010", "foreground": "#222222"}
    moved = complete(base)
    surface = Color.parse(moved["surface"])
    assert contrast(Color.parse("#201010"), surface) < 2
    assert contrast(Color.parse(moved["error"]), surface) >= READABLE
    assert contrast(Color.parse(moved["foreground"]), surface) >= READABLE


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(Color.parse("#000"), Color.parse("#fff")) == pytest.approx(21.0)
    assert contrast(Color.parse("#777"), Color.parse("#fff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [*(ours.name for ours in OURS), "ansi-dark", "nord"])
async def test_every_theme_can_be_worn(quiet: Studio, theme: str) -> None:
    async with quiet.app() as stage:
        stage.app.theme = theme
        await stage.settled()
        await stage.press("enter")
        await stage.until(stage.playing)
        assert "live" in stage.text
