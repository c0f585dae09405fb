"""The colours: one dark theme of our own beside Textual's."""

from typing import Final

from textual.theme import Theme

OURS: Final = {
    "dim": "#8a94a3",
    "faint": "#565f6c",
    "cursor": "#4a3826",
    "cursor-blurred": "#232932",
}
OURS_LIGHT: Final = {
    "dim": "#5d6672",
    "faint": "#9aa2ad",
    "cursor": "#ecd9c4",
    "cursor-blurred": "#dfe3e8",
}
"""What the style sheet needs beyond Textual's own colours, for dark and for light themes."""

TAPE: Final = Theme(
    name="tape",
    primary="#f0a35e",
    secondary="#6fb7e9",
    accent="#f0a35e",
    foreground="#d9dde3",
    background="#0e1013",
    surface="#14171c",
    panel="#1d222a",
    success="#7ccf9b",
    warning="#efc15b",
    error="#ee7370",
    dark=True,
    variables={
        "border": "#2c333e",
        "border-blurred": "#2c333e",
        "footer-background": "#0e1013",
        "footer-item-background": "#0e1013",
        "footer-description-background": "#0e1013",
        "footer-key-background": "#0e1013",
        "footer-key-foreground": "#f0a35e",
        "footer-description-foreground": "#8a94a3",
        "scrollbar": "#2c333e",
        "scrollbar-background": "#14171c",
        "scrollbar-background-hover": "#14171c",
        "scrollbar-background-active": "#14171c",
        "scrollbar-corner-color": "#14171c",
    },
)
