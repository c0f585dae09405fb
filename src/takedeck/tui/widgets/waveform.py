"""Peaks of a part as a row of block characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_RAIL: Final = "·"


def blocks(peaks: Sequence[int], expected: int, width: int) -> str:
    """The waveform in `width` cells.

    `peaks` holds one peak (0–255) for each bin that is decoded, `expected` is how many there will
    be; what is not decoded yet is a dotted rail. Heights follow the square root, so that quiet
    parts can be seen.
    """
    total = max(expected, len(peaks), 1)
    cells: list[str] = []
    for cell in range(width):
        first = cell * total // width
        last = max(first + 1, (cell + 1) * total // width)
        part = peaks[first:last]
        if not part:
            cells.append(_RAIL)
        else:
            height = (max(part) / 255) ** 0.5
            cells.append(_BLOCKS[min(7, int(height * 8))])
    return "".join(cells)
