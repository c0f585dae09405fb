"""The terminal's background is read out of its input, and decides the first theme."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedeck.tui.background import BackgroundAnswer

WHITE = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\"


@pytest.mark.parametrize(
    ("answer", "dark"),
    [
        (WHITE, False),
        ("\x1b]11;rgb:0000/0000/0000\x07", True),
        ("\x1b]11;rgb:fa/f8/f4\x07", False),
        ("\x1b]11;rgba:1e1e/1e1e/2e2e/ffff\x1b\\", True),
        ("\x1b]11;rgb:0/0/f\x1b\\", True),
    ],
)
def test_the_answer_is_taken_out(answer: str, dark: bool) -> None:
    background = BackgroundAnswer()
    assert background.take(f"j{answer}k") == "jk"
    assert background.dark is dark


@pytest.mark.parametrize("cut", range(1, len(WHITE)))
def test_an_answer_in_two_pieces_is_no_key(cut: int) -> None:
    background = BackgroundAnswer()
    assert background.take("j" + WHITE[:cut]) == "j"
    assert background.take(WHITE[cut:] + "k") == "k"
    assert background.dark is False


def test_what_turns_out_to_be_no_answer_is_given_back() -> None:
    background = BackgroundAnswer()
    assert background.take("\x1b") == ""
    assert background.rest() == "\x1b"
    assert background.take("\x1b]1") == ""
    assert background.take("x") == "\x1b]1x"
    assert background.take("\x1b[A") == "\x1b[A"
    assert background.take("\x1b]11;" + "f" * 99) == "\x1b]11;" + "f" * 99
    assert background.dark is None


@given(st.lists(st.text(alphabet="\x1b]1;rgba:/f0\x07\\x", max_size=12), max_size=12))
def test_nothing_but_an_answer_is_lost(pieces: list[str]) -> None:
    background = BackgroundAnswer()
    passed = "".join(background.take(piece) for piece in pieces) + background.rest()
    if background.dark is None:
        assert passed == "".join(pieces)
    else:
        assert len(passed) < len("".join(pieces))
