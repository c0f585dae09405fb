"""Text from a server made safe, and URLs that lose what signs them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedeck.text import is_safe_id, redact, redact_url, safe_block, safe_line

NASTY = (
    "\x1b[2J", "\x1b]52;c;cHduZWQ=\x07", "\x1b]8;;http://x\x1b\\", "\x1bP1;2|\x1b\\", "\x9b31m",
    "\x9d0;title\x9c", "\x00", "\x07", "\x08", "\x7f", "\r", "\n", "\t", "\x0b", "\x85", "\u2028",
    "\u202e", "\u2066", "\u2069", "\u200e", "\u200d", "\ufeff", "\xad", "\U000e0041", "\ud800",
    "\udfff", "\ue000", "\u0301" * 9, "e\u0301", "夜の勉強", "👩\u200d🎤", "️", " ", "[verse]", "a",
)  # fmt: skip
hostile = st.lists(st.one_of(st.characters(), st.sampled_from(NASTY)), max_size=80).map("".join)


def most_marks(text: str) -> int:
    """The longest run of combining marks."""
    longest = run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char).startswith("M") else 0
        longest = max(longest, run)
    return longest


@given(hostile, st.integers(2, 60))
def test_a_safe_line_is_one_printable_line_of_bounded_length(text: str, limit: int) -> None:
    line = safe_line(text, limit)
    assert line.isprintable()
    assert len(line) <= limit
    assert most_marks(line) <= 4
    line.encode("utf-8")


@given(hostile)
def test_making_safe_twice_changes_nothing(text: str) -> None:
    once = safe_line(text)
    assert safe_line(once) == once


@given(hostile, st.integers(2, 60))
def test_a_safe_block_is_safe_lines_of_bounded_length(text: str, limit: int) -> None:
    block = safe_block(text, limit)
    assert len(block) <= limit
    for line in block.split("\n"):
        assert line.isprintable()
        assert most_marks(line) <= 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("[verse] neon [/]", "[verse] neon [/]"),
        ("a\x1b[31mred\x1b[0m", "a[31mred[0m"),
        ("a\x1b]0;owned\x07b", "a]0;ownedb"),
        ("a\x9b31mb", "a31mb"),
        ("one\ntwo\r\nthree\tfour", "one two three four"),
        ("left\u202eright\u2069", "leftright"),
        ("lone\ud800half", "lonehalf"),
        ("  夜の勉強  ", "夜の勉強"),
        ("é \x00 b", "é b"),
        ("z" + "\u0301" * 30, "z" + "\u0301" * 4),
        ("\x00\x1b\x07", ""),
    ],
)
def test_what_a_line_keeps(text: str, shown: str) -> None:
    assert safe_line(text) == shown


def test_what_is_cut_says_so() -> None:
    assert safe_line("x" * 20, 10) == "x" * 9 + "…"
    assert safe_line("é" * 20, 10) == "é" * 9 + "…"
    assert safe_line("é" * 10, 10) == "é" * 10
    assert safe_line("\x00" * 500 + "far behind", 10) == "…"
    assert safe_block("x" * 20, 10) == "x" * 9 + "…"


def test_a_block_keeps_its_lines() -> None:
    assert safe_block("one\r\n\x1b[1mtwo\n\tthree\n\n") == "one\n[1mtwo\n    three"


@pytest.mark.parametrize("good", ["mgen_2f8b", "a", "org:1@x+y=z.-_"])
def test_ids_that_are_safe(good: str) -> None:
    assert is_safe_id(good)


@pytest.mark.parametrize(
    "bad", ["", "../x", "a/b", "a b", "a\n", "_a", "é", "a?b", "a" * 201, None, 7, "a%2e"]
)
def test_ids_that_are_not(bad: object) -> None:
    assert not is_safe_id(bad)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://s.test/a.mp3?sig=SECRET&exp=1", "https://s.test/a.mp3?…"),
        ("https://user:SECRET@s.test:8443/a#SECRET", "https://s.test:8443/a"),
        ("http://[::1]:80/a?SECRET", "http://[::1]:80/a?…"),
        ("https://s.test/a", "https://s.test/a"),
        ("https://s.test:99999/?SECRET", "(unreadable URL)"),
        ("https://[::1/?SECRET", "(unreadable URL)"),
    ],
)
def test_a_url_without_its_query(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://s.test/a?sig=SECRET",
        "see HTTPS://s.test/a?sig=SECRET, or ask",
        "https://s.test/a?x='SECRET",
        'https://s.test/a?x="SECRET',
        "https://s.test/a?x=<SECRET>",
        "https://SECRET@s.test/a",
        "https://s.test/a#SECRET",
        "s3://bucket/a?X-Amz-Signature=SECRET",
        "one https://s.test/a?1 two https://s.test/b?sig=SECRET",
    ],
)
def test_no_text_keeps_a_url_s_query(text: str) -> None:
    assert "SECRET" not in redact(text)
    assert "s.test" in redact(text).lower() or "bucket" in redact(text)


def test_redacting_keeps_the_shape_of_json() -> None:
    url = "https://s.test/a?sig=SECRET"
    before = {"a": [url, 1, None, {"b": url, url: True}], "c": 1.5, "d": "no url"}
    assert redact(before) == {
        "a": [
            "https://s.test/a?…",
            1,
            None,
            {"b": "https://s.test/a?…", "https://s.test/a?…": True},
        ],
        "c": 1.5,
        "d": "no url",
    }
    assert before["a"][0] == url


@given(hostile, st.text("abcdefXYZ0123456789", min_size=1))
def test_whatever_stands_around_it_the_signature_goes(around: str, secret: str) -> None:
    planted = f"PLANTED{secret}"
    assert planted not in redact(f"{around} https://s.test/a?sig={planted}")
