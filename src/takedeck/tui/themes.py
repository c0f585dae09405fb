"""The colours: three themes of our own, and what our screens need of any theme, worked out of it.

Every colour on screen comes from the theme. What a theme gives is moved towards black or white
where text in it could not be read on what lies behind it: 4.5 to 1 is what WCAG 2.1 asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from textual.color import Color
from textual.theme import Theme

READABLE: Final = 4.5
"""The least contrast of text with its ground (WCAG 2.1, level AA)."""

_AIM: Final = 4.7
"""A little more: colours are rounded on their way to the terminal."""
_TEXT: Final = ("primary", "secondary", "success", "warning", "error")
_STEPS: Final = 24

_ANSI: Final = {
    "dim": "ansi_default", "faint": "ansi_default", "cursor": "ansi_bright_black",
    "cursor-blurred": "ansi_default", "loop": "ansi_bright_black", "rail-dots": "ansi_default",
    "head": "ansi_default",
    "played-low": "ansi_yellow", "played-mid": "ansi_bright_yellow", "played-high": "ansi_white",
    "ahead-low": "ansi_blue", "ahead-mid": "ansi_cyan", "ahead-high": "ansi_bright_cyan",
    "muted-low": "ansi_bright_black", "muted-mid": "ansi_bright_black",
    "muted-high": "ansi_bright_black",
}  # fmt: skip
"""For a theme of the terminal's own sixteen colours, which nobody knows here."""


def complete(variables: Mapping[str, str], *, colors: bool = True) -> dict[str, str]:
    """A theme's variables with ours, and with its text colours made readable.

    Without `colors` what is ahead of the playhead differs from what was played in brightness.
    """
    if "ansi" in variables["background"]:
        return {**variables, **_ANSI}
    named = {name: Color.parse(variables[name]) for name in ("background", "surface", *_TEXT)}
    background, surface, primary = named["background"], named["surface"], named["primary"]
    ink = _readable(Color.parse(variables["foreground"]), (background, surface))
    cursor = surface.blend(primary, 0.22)
    blurred = surface.blend(ink, 0.09)
    grounds = (background, surface, cursor, blurred)
    text = {name: _readable(named[name], grounds) for name in _TEXT}
    dim = _readable(ink.blend(background, 0.45), grounds)
    made = {
        "foreground": _readable(ink, grounds),
        "dim": dim,
        "faint": dim,
        "cursor": cursor,
        "cursor-blurred": blurred,
        "loop": surface.blend(named["secondary"], 0.28),
        "rail-dots": ink.blend(surface, 0.65),
        "head": ink,
        **text,
    }
    ahead = text["secondary"] if colors else ink.blend(surface, 0.5)
    for tone, middle in (
        ("played", text["primary"] if colors else ink),
        ("ahead", ahead),
        ("muted", ink.blend(surface, 0.62)),
    ):
        made[f"{tone}-low"] = middle.blend(surface, 0.45)
        made[f"{tone}-mid"] = middle
        made[f"{tone}-high"] = middle.blend(ink, 0.3 if tone == "muted" or not colors else 0.6)
    return {**variables, **{name: color.hex6 for name, color in made.items()}}


def _readable(color: Color, grounds: Iterable[Color]) -> Color:
    """The colour, or the nearest to it on the way to black or white that can be read on these."""
    behind = list(grounds)
    for step in range(_STEPS + 1):
        for end in (Color(255, 255, 255), Color(0, 0, 0)):
            moved = color.blend(end, step / _STEPS) if step else color
            if all(contrast(moved, ground) >= _AIM for ground in behind):
                return moved
    return color


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, 1 to 21, by WCAG 2.1."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _ours(name: str, *, dark: bool, border: str, scrollbar: str, **colors: str) -> Theme:
    return Theme(
        name=name,
        dark=dark,
        accent=colors["primary"],
        variables={
            "border": border,
            "border-blurred": border,
            "scrollbar": scrollbar,
            "scrollbar-background": colors["surface"],
            "scrollbar-background-hover": colors["surface"],
            "scrollbar-background-active": colors["surface"],
            "scrollbar-corner-color": colors["surface"],
        },
        **colors,  # type: ignore[arg-type]
    )


TAPE: Final = _ours(
    "tape", dark=True, border="#2c333e", scrollbar="#2c333e",
    primary="#f0a35e", secondary="#6fb7e9", foreground="#d9dde3", background="#0e1013",
    surface="#14171c", panel="#1d222a", success="#7ccf9b", warning="#efc15b", error="#ee7370",
)  # fmt: skip
PAPER: Final = _ours(
    "paper", dark=False, border="#c9c2b6", scrollbar="#c9c2b6",
    primary="#a4510b", secondary="#1c6296", foreground="#25211b", background="#f3efe8",
    surface="#faf8f4", panel="#ebe6dc", success="#22663c", warning="#7d5600", error="#a82a2a",
)  # fmt: skip
CONTRAST: Final = _ours(
    "contrast", dark=True, border="#ffffff", scrollbar="#ffffff",
    primary="#ffb347", secondary="#7fd0ff", foreground="#ffffff", background="#000000",
    surface="#000000", panel="#1a1a1a", success="#7dff9e", warning="#ffe066", error="#ff9d9d",
)  # fmt: skip
OURS: Final = (TAPE, PAPER, CONTRAST)
