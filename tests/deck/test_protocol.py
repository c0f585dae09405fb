"""Commands and states over the wire and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from takedeck.deck.client import DeckClient
from takedeck.deck.deck import Deck
from takedeck.deck.protocol import (
    COMMANDS,
    PeaksDelta,
    ProtocolError,
    decode_command,
    decode_report,
    encode_command,
    encode_peaks,
    encode_state,
)
from takedeck.deck.state import DeckState, PartSpec, PartState


def test_commands_survive() -> None:
    parts = [
        PartSpec("drums \n é", Path("/a b/c"), "stem", 10, "audio/mpeg", 1.5),
        PartSpec("m", Path("x"), "master"),
    ]
    line = encode_command("load", "key", parts, True, 1.25)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    want = {"key": "key", "parts": parts, "play": True, "start": 1.25}
    assert decode_command(line) == ("load", want)
    assert decode_command(encode_command("pause")) == ("pause", {})


def test_states_survive() -> None:
    part = PartState("a", "stem", 5, 10, True, 48000, True, False, True, -3.0, 0.5, "broken", False)
    state = DeckState(
        "k", "playing", 1.5, None, 48000, "stems", (part,), 0.8, "x", "y", 3, (1.0, 2.0), 7
    )
    assert decode_report(encode_state(state)) == state
    assert decode_report(encode_state(DeckState())) == DeckState()


def test_peaks_survive() -> None:
    delta = PeaksDelta("k", "drums", 12, bytes(range(256)))
    assert decode_report(encode_peaks(delta)) == delta


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{", b"[]", b"7", b'{"do":"rm"}', b'{"do":"seek"}', b'{"do":["seek"]}', b"\xff\xfe",
        b'{"do":"add_parts","parts":[{"name":"x"}]}', b'{"do":"add_parts","parts":[3]}',
        b'{"do":"add_parts","parts":7}', b'{"do":"seek","seconds":1,"x":2}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_command_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_command(line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"{}",
        b'{"state":7}',
        b'{"state":{"parts":[{}]}}',
        b'{"peaks":"a","key":"k","at":0,"bins":"*"}',
    ],
)
def test_what_is_no_report_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_report(line)


@pytest.mark.parametrize("command", COMMANDS)
def test_both_sides_have_every_command(command: str) -> None:
    assert callable(getattr(Deck, command))
    assert callable(getattr(DeckClient, command))
