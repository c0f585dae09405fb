"""Whether what is on the screen can do no harm."""

from __future__ import annotations

import unicodedata

from tests.tui.stage import Stage


def harmless(stage: Stage, forbidden: str = "app.quit") -> None:
    """Nothing on screen is a control, a bidi or a format character, and nothing acts on a click.

    No cell carries an action whose text holds `forbidden`, and every line is exactly as wide as
    the screen. Raises AssertionError, or what the app has failed with.
    """
    stage.check()
    strips = stage.app.screen._compositor.render_strips()
    width = stage.app.size.width
    for strip in strips:
        assert strip.cell_length == width, strip.text
        bad = [char for char in strip.text if not char.isprintable()]
        assert not bad, f"{bad} in {strip.text!r}"
        assert not [c for c in strip.text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co")]
        for segment in strip:
            assert segment.control is None
            style = segment.style
            if style is not None and style.link:
                raise AssertionError(f"a link to {style.link} on {segment.text!r}")
            actions = {v for k, v in (style.meta if style else {}).items() if k.startswith("@")}
            assert not [action for action in actions if forbidden in str(action)]
