"""A part's waveform in cells: three bands stacked, mirrored where there are two rows or more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from takedeck.session.views import BANDS

RAIL: Final = "·"
"""What stands for a part that is not decoded yet."""

_POWER: Final = tuple((byte / 255) ** 4 for byte in range(256))
"""A byte of a bin is the root of an RMS: its fourth power is what can be averaged."""
_SHOWN: Final = (1.0, 1.5, 2.6)
"""How much of a column each band is given for its loudness: little sound of high pitch is heard."""
_LIFT: Final = 1.1
"""The power of a height: a little over 1, as the RMS of music is flat."""
_QUIETEST: Final = 1e-3
_SILENCE: Final = 1e-9
"""The power of a part of which no level is shown: −90 dB."""
_RISING: Final = " ▁▂▃▄▅▆▇█"
_LINE: Final = " ─━━█"
"""The middle row of an odd number of rows, by its half height in eighths."""


class Run(NamedTuple):
    """Cells beside each other that look alike.

    `ink` is the band that the glyphs are drawn in (0 low, 1 middle, 2 high; None for the rail),
    `ground` the one behind them where two bands share a cell. A `flipped` glyph is drawn in the
    background's colour on the band's: the blocks of Unicode grow from the bottom only.
    """

    text: str
    ink: int | None
    ground: int | None = None
    flipped: bool = False


class Columns:
    """How loud each band is in each column of cells, brought up to date as a part is decoded."""

    def __init__(self) -> None:
        self._shape = (0, 0)
        self._columns: list[tuple[float, float, float]] = []
        self._whole = 0
        self._seen = 0
        self._loudest = _QUIETEST
        self._power = 0.0
        self._measured = 0

    @property
    def width(self) -> int:
        """How many columns there will be."""
        return self._shape[0]

    @property
    def level_db(self) -> float | None:
        """The RMS of all that is known, in dB below full scale; None for silence."""
        power = self._power / self._measured if self._measured else 0.0
        return 10 * math.log10(power) if power > _SILENCE else None

    def update(self, bins: bytes, expected: int, width: int) -> bool:
        """Take the bins so far, of `expected` ones; whether anything looks different now."""
        count = len(bins) // BANDS
        total = max(expected, count, 1)
        if (width, total) != self._shape or count < self._seen:
            self._shape, self._columns, self._whole = (width, total), [], 0
        elif count == self._seen:
            return False
        self._measure(bins, count)
        self._seen = count
        del self._columns[self._whole :]
        for column in range(self._whole, width):
            first = column * total // width
            last = max(first + 1, (column + 1) * total // width)
            if first >= count:
                break
            self._columns.append(_bands(bins[first * BANDS : min(last, count) * BANDS]))
            if last <= count:
                self._whole = column + 1
        self._loudest = max([_QUIETEST, *(sum(column) for column in self._columns)])
        return True

    def _measure(self, bins: bytes, count: int) -> None:
        if count < self._measured:
            self._power, self._measured = 0.0, 0
        self._power += sum(map(_POWER.__getitem__, bins[self._measured * BANDS : count * BANDS]))
        self._measured = count

    def rows(self, height: int) -> list[list[Run]]:
        """The waveform in `height` rows, the top one first, each scaled to the loudest column."""
        steps = 8 if height == 1 else height * 4
        stacks = [_stack(column, self._loudest, steps) for column in self._columns]
        coming = self.width - len(stacks)
        drawn: list[list[Run]] = []
        for row in range(height):
            cells = [_cell(stack, row, height) for stack in stacks]
            runs = [
                Run("".join(cell.text for cell in same), *look)
                for look, same in groupby(cells, key=lambda cell: cell[1:])
            ]
            if coming:
                runs.append(Run((RAIL if row == height // 2 else " ") * coming, None))
            drawn.append(runs)
        return drawn


def _bands(bins: bytes) -> tuple[float, float, float]:
    """The RMS of each band over these bins."""
    count = len(bins) // BANDS
    low, middle, high = (
        (sum(map(_POWER.__getitem__, bins[band::BANDS])) / count) ** 0.5 for band in range(BANDS)
    )
    return low, middle, high


def _stack(column: Sequence[float], loudest: float, steps: int) -> tuple[int, int, int]:
    """How far from the middle each band reaches, in eighths of a cell: low, middle, high."""
    whole = max(1, round(min(1.0, sum(column) / loudest) ** _LIFT * steps))
    shown = [share * weight for share, weight in zip(column, _SHOWN, strict=True)]
    total = sum(shown) or 1.0
    low = round(shown[0] / total * whole)
    return low, max(low, round((shown[0] + shown[1]) / total * whole)), whole


def _band(stack: tuple[int, int, int], eighth: int) -> int:
    """The band that fills that eighth, counted from the middle."""
    return 0 if eighth < stack[0] else 1 if eighth < stack[1] else 2


def _cell(stack: tuple[int, int, int], row: int, height: int) -> Run:
    if height == 1:
        return _part_of(stack, 0, flipped=False)
    half = height // 2
    if height % 2 and row == half:
        return Run(_LINE[min(4, stack[2])], _band(stack, min(stack[2], 4) - 1))
    # An odd number of rows has one that both sides share: four eighths each.
    shared = 4 if height % 2 else 0
    if row < half:
        return _part_of(stack, (half - 1 - row) * 8 + shared, flipped=False)
    return _part_of(stack, (row - half - height % 2) * 8 + shared, flipped=True)


def _part_of(stack: tuple[int, int, int], base: int, *, flipped: bool) -> Run:
    """One cell of one side, its inner edge `base` eighths from the middle."""
    filled = stack[2] - base
    if filled <= 0:
        return Run(" ", None)
    if filled < 8:
        ink = _band(stack, base + filled // 2)
        if flipped:
            return Run(_RISING[8 - filled], ink, None, flipped=True)
        return Run(_RISING[filled], ink)
    inner, outer = _band(stack, base + 2), _band(stack, base + 6)
    if inner == outer:
        return Run("█", inner)
    return Run("▀", *((inner, outer) if flipped else (outer, inner)))
