"""The styles of rows and lanes, named by what they mean."""

from __future__ import annotations

import re
from typing import Final

from rich.style import Style
from textual.markup import parse_style
from textual.widget import Widget

_MEANS: Final = {
    "lit": "bold $primary",
    "name": "$foreground",
    "dim": "$dim",
    "faint": "$faint",
    "rail": "$border",
    "rail-dots": "$rail-dots",
    "fault": "$error",
    "head": "bold $head",
    "meter": "$success",
    "meter-hold": "$foreground",
    "mute-on": "bold $background on $error",
    "solo-on": "bold $background on $primary",
    "loop": "on $loop",
    "cursor": "on $cursor",
    "cursor-blurred": "on $cursor-blurred",
    "queued": "$dim",
    "running": "$warning",
    "succeeded": "$success",
    "failed": "$error",
    "refused": "$error",
    "cancelled": "$faint",
    "expired": "$faint",
    "other": "$secondary",
    **{
        f"{tone}-{band}": f"${tone}-{word}"
        for tone in ("played", "ahead", "muted")
        for band, word in enumerate(("low", "mid", "high"))
    },
}
_VARIABLE: Final = re.compile(r"\$([a-z-]+)")


class ThemeStyles:
    """Gives a widget the style for a meaning, computed once per theme.

    Not component classes: every one of those is matched against every rule at start-up.
    """

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._known: dict[str, Style] = {}
        self._theme = ""

    def __call__(self, meaning: str) -> Style:
        """The style for that meaning; unknown ones share one style."""
        app = self._widget.app
        if app.theme != self._theme:
            self._theme = app.theme
            self._known.clear()
        if (style := self._known.get(meaning)) is None:
            text = _MEANS.get(meaning, _MEANS["other"])
            # Not Textual's Style.parse: it takes the style sheet's variables, which are those of
            # the theme before until the sheet is computed again.
            variables = app.get_css_variables()
            named = {name: variables[name] for name in _VARIABLE.findall(text)}
            style = parse_style(text, named).rich_style
            self._known[meaning] = style
        return style
