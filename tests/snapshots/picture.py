"""A screen as two lists of lines that people can read: what stands in its cells, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, Self

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_DRAWN_ON_BLANKS = ("underline", "underline2", "reverse", "strike", "overline")
_ATTRIBUTES = ("bold", "dim", "italic", "blink", "blink2", *_DRAWN_ON_BLANKS)


class Run(NamedTuple):
    """Cells of one line, `first` to `last`, that are drawn alike."""

    first: int
    last: int
    attributes: tuple[str, ...]
    ink: str
    paper: str

    def __str__(self) -> str:
        look = " ".join((*self.attributes, *filter(None, [self.ink]), f"on {self.paper}"))
        return f"{self.first}-{self.last} {look}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A line of `text` for each line of the screen, and one of `styles` with its runs.

    What cannot be seen is left out: the colour of a letter where none stands, links, and into how
    many pieces a widget cut its line.
    """

    text: tuple[str, ...]
    styles: tuple[str, ...]

    @classmethod
    def of(cls, strips: Iterable[Strip], width: int) -> Self:
        """Read a screen of that many cells. Raises ValueError for a line that is not as wide."""
        text: list[str] = []
        styles: list[str] = []
        for number, strip in enumerate(strips, 1):
            line = "".join(segment.text for segment in strip if not segment.control)
            if cell_len(line) != width:
                raise ValueError(f"line {number} is {cell_len(line)} cells wide, not {width}")
            text.append(line)
            styles.append(f"{number:2} | {'; '.join(map(str, _joined(_pieces(strip))))}")
        return cls(tuple(text), tuple(styles))


def _pieces(segments: Iterable[Segment]) -> Iterator[tuple[bool, Run]]:
    """Each run of blanks or of anything else, and whether it is blank."""
    at = 0
    for segment in segments:
        if segment.control:
            continue
        look = _look(segment.style or Style.null())
        for blank, letters in groupby(segment.text, " ".__eq__):
            width = cell_len("".join(letters))
            if width:
                yield blank, look._replace(first=at, last=at + width - 1)
            at += width


def _joined(pieces: Iterable[tuple[bool, Run]]) -> list[Run]:
    """As few runs as show the same: blanks on the same paper go with what stands before them."""
    runs: list[Run] = []
    for blank, run in pieces:
        unseen = blank and not set(run.attributes).intersection(_DRAWN_ON_BLANKS)
        before = runs[-1] if runs else None
        shown = run._replace(attributes=(), ink="") if unseen else run
        drawn = before is not None and set(before.attributes).intersection(_DRAWN_ON_BLANKS)
        same_paper = before is not None and before.paper == shown.paper and not drawn
        if before is not None and ((unseen and same_paper) or before[2:] == shown[2:]):
            runs[-1] = before._replace(last=shown.last)
        else:
            runs.append(shown)
    return runs


def _look(style: Style) -> Run:
    attributes = tuple(name for name in _ATTRIBUTES if getattr(style, name))
    return Run(0, 0, attributes, _name(style.color), _name(style.bgcolor))


def _name(color: Color | None) -> str:
    if color is None:
        return "default"
    return color.triplet.hex if color.triplet is not None else color.name
