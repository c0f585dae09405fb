"""A waveform in cells: the bands' shares, mirrored, scaled to itself, and brought up to date."""

from __future__ import annotations

from random import Random

from takedeck.tui.widgets.waveform import RAIL, Columns, Run


def bins(*levels: tuple[int, int, int]) -> bytes:
    return bytes(value for level in levels for value in level)


def drawn(levels: bytes, width: int, height: int, expected: int | None = None) -> list[list[Run]]:
    columns = Columns()
    columns.update(levels, expected or len(levels) // 3, width)
    return columns.rows(height)


def text(rows: list[list[Run]]) -> list[str]:
    return ["".join(run.text for run in row) for row in rows]


def test_every_row_is_as_wide_as_asked_for() -> None:
    random = Random(1)
    levels = bytes(random.randrange(256) for _ in range(3 * 700))
    for width in (1, 7, 80, 700, 900):
        for height in range(1, 9):
            assert {len(line) for line in text(drawn(levels, width, height))} == {width}


def test_the_loudest_column_fills_its_lane_whatever_its_level() -> None:
    for level in (255, 40):
        assert text(drawn(bins((level, 0, 0), (0, 0, 0)), 2, 1))[0] == "█▁"
        full = text(drawn(bins((level, 0, 0)), 1, 4))
        assert full == ["█"] * 4


def test_two_rows_and_more_are_mirrored() -> None:
    levels = bins((255, 0, 0), (128, 0, 0), (60, 0, 0))
    for height in (2, 3, 4, 5, 6):
        rows = drawn(levels, 3, height)
        for above, below in zip(rows[: height // 2], reversed(rows), strict=False):
            for one, other in zip(cells(above), cells(below), strict=True):
                assert ink(one) == ink(other)


def cells(row: list[Run]) -> list[Run]:
    return [Run(char, *run[1:]) for run in row for char in run.text]


def ink(cell: Run) -> float:
    """How much of the cell is filled."""
    share = " ▁▂▃▄▅▆▇█".find(cell.text) / 8
    return 1 - share if cell.flipped else 1.0 if cell.ground is not None else share


def test_each_band_has_its_share_from_the_middle_outwards() -> None:
    (low,) = drawn(bins((255, 0, 0)), 1, 1)[0]
    (middle,) = drawn(bins((0, 255, 0)), 1, 1)[0]
    (high,) = drawn(bins((0, 0, 255)), 1, 1)[0]
    assert (low.ink, middle.ink, high.ink) == (0, 1, 2)
    rows = [cells(row)[0] for row in drawn(bins((200, 200, 200)), 1, 8)]
    outwards = [cell.ink for cell in reversed(rows[:4])]
    assert outwards == sorted(outwards, key=lambda band: -1 if band is None else band)
    assert {0, 1, 2} <= {*outwards, *(cell.ground for cell in rows)}


def test_two_bands_share_a_cell() -> None:
    shared = [cell for row in drawn(bins((255, 150, 150)), 1, 2) for cell in cells(row)]
    assert any(cell.ground is not None and cell.ground != cell.ink for cell in shared)


def test_what_is_not_decoded_yet_is_a_dotted_line() -> None:
    rows = text(drawn(bins((255, 0, 0)) * 5, 10, 2, expected=10))
    assert rows[1][5:] == RAIL * 5
    assert rows[0][5:] == " " * 5
    assert RAIL not in "".join(text(drawn(b"", 4, 2)))[:0]
    assert text(drawn(b"", 4, 1)) == [RAIL * 4]


def test_brought_up_to_date_it_is_as_if_it_had_been_there_at_once() -> None:
    random = Random(2)
    levels = bytes(random.randrange(256) for _ in range(3 * 333))
    grown = Columns()
    at = 0
    while at < len(levels):
        at += 3 * random.randrange(1, 40)
        grown.update(levels[:at], 333, 50)
        whole = Columns()
        whole.update(levels[:at], 333, 50)
        assert grown.rows(3) == whole.rows(3)
    assert not grown.update(levels, 333, 50)
    assert grown.update(levels, 333, 49)
    assert grown.update(levels[:30], 333, 49)
