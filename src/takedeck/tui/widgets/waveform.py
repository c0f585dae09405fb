"""Peaks of a part as rows of block characters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_RAIL: Final = "·"


@lru_cache(maxsize=64)
def blocks(peaks: bytes, expected: int, width: int, rows: int = 1) -> tuple[str, ...]:
    """The waveform in `rows` lines of `width` cells, the top line first.

    `peaks` holds one peak (0–255) for each bin that is decoded, `expected` is how many there will
    be; what is not decoded yet is a dotted rail. A cell is as high as the mean of its peaks,
    lifted so that quiet parts can be seen: the highest of many would make every part a wall.
    """
    heights = _heights(peaks, expected, width, rows * 8)
    lines: list[str] = []
    for row in range(rows):
        under = (rows - 1 - row) * 8
        lines.append("".join(_cell(height, under) for height in heights))
    return tuple(lines)


def _heights(peaks: Sequence[int], expected: int, width: int, steps: int) -> list[int | None]:
    total = max(expected, len(peaks), 1)
    heights: list[int | None] = []
    for cell in range(width):
        first = cell * total // width
        part = peaks[first : max(first + 1, (cell + 1) * total // width)]
        heights.append(
            max(1, round((sum(part) / len(part) / 255) ** 0.5 * steps)) if part else None
        )
    return heights


def _cell(height: int | None, under: int) -> str:
    if height is None:
        return _RAIL if under == 0 else " "
    return _BLOCKS[max(0, min(8, height - under))]
