"""The terminal's background by OSC 11, which decides between the dark and the light theme."""

from __future__ import annotations

import re
from typing import Final

QUERY: Final = "\x1b]11;?\x1b\\"
"""Asks for the background colour (xterm's control sequences, "Operating System Commands")."""
_HEX: Final = "[0-9a-fA-F]{1,4}"
_ANSWER: Final = re.compile(
    rf"\x1b\]11;rgba?:({_HEX})/({_HEX})/({_HEX})(?:/{_HEX})?(?:\x07|\x1b\\)"
)
_BEGUN: Final = re.compile(r"\x1b(?:\](?:1(?:1(?:;[a-zA-Z0-9:/]{0,26}\x1b?)?)?)?)?\Z")
_LIGHT: Final = 0.5
"""The brightness (0..1) from which a background counts as light."""


class BackgroundAnswer:
    """Takes the terminal's answer out of its input, where it would be read as keys."""

    def __init__(self) -> None:
        self._held = ""
        self.dark: bool | None = None
        """Whether the background is dark; None before the answer."""

    def take(self, text: str) -> str:
        """The input without the answer; what may be its beginning is held back."""
        text, self._held = self._held + text, ""
        if self.dark is not None:
            return text
        if (found := _ANSWER.search(text)) is not None:
            self.dark = _brightness(*found.groups()) < _LIGHT
            return text[: found.start()] + text[found.end() :]
        if (begun := _BEGUN.search(text)) is not None:
            self._held = text[begun.start() :]
            text = text[: begun.start()]
        return text

    def rest(self) -> str:
        """What is held back, if nothing has followed it: it was no answer."""
        text, self._held = self._held, ""
        return text


def _brightness(*channels: str) -> float:
    """How bright a colour looks (0..1), by the weights of Rec. 709."""
    red, green, blue = (int(each, 16) / int("f" * len(each), 16) for each in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
