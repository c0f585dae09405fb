"""What a terminal, a paste or a cat may send: it ends nothing, and keys go on being heard."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stream import DEADLINE, Stream

ESCAPE = b"\x1b[27u"
"""As kitty sends it, which no key that follows can change."""
TRIES, SOON = 10, 3.0
ODD = {
    "no UTF-8": b"\xff",
    "Latin-1": "é".encode("latin-1"),
    "half a character": b"\xe2\x82",
    "a key past the last character": b"\x1b[99999999999u",
    "a key that is half a character": b"/\x1b[97;1;55296u\x1b[27u",
    "half a character in the palette": b":\x1b[97;1;55296u\x1b[27u",
    "text past the last character": b"\x1b[97;1;9999999999u",
    "a key of no digits": b"\x1b[:;:;:u\x1b[;;u\x1b[::u\x1b[;;~",
    "modifiers without end": b"\x1b[97;99999999999999999999u",
    "digits of another script": "\x1b[²;²u\x1b[٣;٣u".encode(),
    "a click far outside": b"\x1b[<0;99999999999999999999;9999999999M\x1b[<0;9999999999;1m",
    "a click before the start": b"\x1b[<0;-5;-5M\x1b[<0;0;0M\x1b[<0;0;0m",
    "a wheel that turns sideways": b"\x1b[<255;1;1M\x1b[<99999999999999;3;3M",
    "a mouse of old": b"\x1b[M\xff\xff\xff\x1b[M   ",
    "a screen of no size": b"\x1b[48;0;0;0;0t\x1b[<0;5;5M\x1b[<0;5;5m",
    "a screen without end": b"\x1b[48;99999;99999;1;1t",
    "a size that is none": b"\x1b[48;1:2:3;:;4;5t",
    "pixels of a screen of no size": b"\x1b[?2048;1$y\x1b[48;9;0;9;0t\x1b[<0;5;5M\x1b[<0;5;5m",
    "places and reports": b"\x1b[9999999999;9999999999R\x1b[?2026;9$y\x1b[?99999999;9$y",
    "the beginning of a sequence": b"\x1b[" + b"1;" * 40,
    "zeros": bytes(100),
    "every byte but those that quit": bytes(set(range(256)) - set(b"\x03\x11q")),
    "a paste without an end": b"\x1b[200~never\nended",
    "a paste of nothing": b"/\x1b[200~\x1b[201~\x1b[200~\n\x1b[201~\x1b[27u",
    "a paste of controls": b":\x1b[200~\x00\x1b]0;x\x07\x9b31m\x85\xe2\x80\xae\x1b[201~\x1b[27u",
    "ends of pastes": b"\x1b[201~\x1b[201~",
    "a paste of a million": b"/\x1b[200~" + b"word " * 200_000 + b"\x1b[201~\x1b[27u",
}  # fmt: skip


@pytest.fixture
def app(home: object) -> Iterator[Stream]:
    env = dict(os.environ) | {
        "TAKEDECK_OUTPUT": "null", "TAKEDECK_SIMULATOR": "--scenario quiet", "LANG": "C.UTF-8",
    }  # fmt: skip
    with Stream([sys.executable, "-m", "takedeck", "--demo"], env) as app:
        app.shows("live")
        app.rest()
        yield app


def answers(app: Stream) -> bool:
    """Whether the help screen opens; whatever was open before, escape leads home."""
    for _ in range(TRIES):
        app.send(ESCAPE * 3)
        app.rest(0.1)
        seen = len(app.sent)
        app.send(b"?")
        if app.within(SOON, lambda seen=seen: b"play or pause" in app.sent[seen:]):
            return True
    return False


@pytest.mark.trial
def test_no_input_ends_the_app(app: Stream) -> None:
    for what, data in ODD.items():
        app.send(data)
        assert answers(app), f"after {what}: {app.after()}"
    app.send(ESCAPE * 3)
    app.rest()
    app.press("q")
    assert app.finish() == 0
    assert app.not_given_back() == []


@pytest.mark.parametrize(("answer", "theme"), [("ffff/ffff/ffff", "paper"), ("0/0/0", "tape")])
def test_the_terminal_s_background_decides_the_first_theme(
    app: Stream, home: Path, answer: str, theme: str
) -> None:
    assert b"\x1b]11;?\x1b\\" in app.sent
    app.send(f"\x1b]11;rgb:{answer}\x1b\\".encode())
    kept = home / "state" / "takedeck" / "theme"
    assert app.within(DEADLINE, kept.exists)
    assert kept.read_text() == f"{theme}\n"
    app.rest()
    # None of the answer was taken for keys: `:` alone would have opened the palette.
    assert "Search for commands" not in app.words()
