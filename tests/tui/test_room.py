"""However long and wide the titles are, every line fits and no number is cut, at every size."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from takedeck.tui.widgets.header import HeaderBar
from tests.tui.stage import Stage, Studio

WALTZ = "mgen_00a1"
SIZES = ((60, 16), (80, 24), (160, 50), (250, 70))
TITLES = {"long": "Overdrive " * 40, "wide": "窓辺の猫と夜の仕事" * 45, "emoji": "🌅🎹👩‍🎤" * 100}


def fits(stage: Stage) -> bool:
    """Whether every line is as wide as the screen."""
    return {cell_len(line) for line in stage.lines} == {stage.app.size.width}


@pytest.mark.parametrize("kind", TITLES)
async def test_every_number_is_seen_at_every_size(quiet: Studio, kind: str) -> None:
    quiet.add(WALTZ, title=TITLES[kind])
    async with quiet.app(size=SIZES[0]) as stage:
        await stage.open(WALTZ)
        await stage.press("0", "space")
        await stage.until(lambda: stage.deck.transport == "paused" and len(stage.deck.parts) == 6)
        await stage.shows("buffered 100 %")
        for size in SIZES:
            await stage.pilot.resize_terminal(*size)
            await stage.until(lambda size=size: tuple(stage.app.size) == size and fits(stage))
            row = next(row for row in stage.rows if "▶" in row)
            assert " 1:07 " in row, (size, row)
            assert row.split()[-1] in ("now", "s"), (size, row)
            words = stage.words("#transport")
            assert "paused 0:" in words, size
            assert re.search(r"1:07 vol [━─ ]*80 %$", words), (size, words)
            lanes = stage.pane("#lanes").split("\n")
            drums = next(line for line in lanes if "1 drums" in line)
            # Behind it stands the scroll bar, where the lanes do not all fit.
            assert re.search(r"M S +0( dB)?[ ▁-█]*$", drums), (size, drums)
            assert "buffered 100 %" in stage.words("#track-foot"), size
            assert "live" in stage.words(HeaderBar.__name__), size
            assert "1 of " in stage.text, size
