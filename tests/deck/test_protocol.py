"""Commands and states over the wire and back, and what is refused at either end."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from takedeck.deck.deck import Deck
from takedeck.deck.protocol import (
    AddParts,
    BandsDelta,
    Command,
    Gain,
    Load,
    Loop,
    MeasureNull,
    Mute,
    Pause,
    Play,
    ProtocolError,
    Seek,
    Select,
    SetAvailable,
    SetOutput,
    Solo,
    StateReport,
    Stop,
    Toggle,
    Unload,
    Volume,
    decode_command,
    decode_report,
    encode,
)
from takedeck.deck.server import carry_out
from takedeck.deck.state import DeckState, PartSpec, PartState

PARTS = (
    PartSpec("drums \n é", Path("/a b/c"), "stem", 10, "audio/mpeg", 1.5, 2),
    PartSpec("m", Path("x"), "master"),
)
EVERY = (
    Load("key", PARTS, True, 1.25),
    AddParts(PARTS),
    SetAvailable("a", 7, True, "broken", "key"),
    Play(),
    Pause(),
    Toggle(),
    Stop(),
    Seek(1.5),
    Select("stems"),
    Mute("a", True),
    Solo("a", False),
    Gain("a", -3.0),
    Volume(0.5),
    Loop(1.0, 2.0, True),
    SetOutput("null"),
    MeasureNull(),
    Unload(),
)


@pytest.mark.parametrize("command", EVERY)
def test_every_command_survives_and_is_carried_out(command: Command) -> None:
    line = encode(command)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode_command(line) == command
    deck = Deck(output="null")
    try:
        carry_out(deck, command)
    finally:
        deck.close()


def test_no_command_is_left_out_here() -> None:
    assert {type(command) for command in EVERY} == set(get_args(Command))


def test_states_survive() -> None:
    part = PartState("a", "stem", 5, 10, True, 48000, True, False, True, -3.0, 0.5, "broken", False)
    state = DeckState(
        "k", "playing", 1.5, None, 48000, "stems", (part,), 0.8, "x", "y", 3, (1.0, 2.0), 7
    )
    for each in (state, DeckState()):
        assert decode_report(encode(StateReport(each))) == StateReport(each)


def test_bands_survive() -> None:
    delta = BandsDelta("k", "drums", 12, bytes(range(256)))
    assert decode_report(encode(delta)) == delta


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{", b"[]", b"7", b'{"do":"rm"}', b'{"do":"seek"}', b'{"do":["seek"]}', b"\xff\xfe",
        b'{"do":"add_parts","parts":[{"name":"x"}]}', b'{"do":"add_parts","parts":[3]}',
        b'{"do":"add_parts","parts":7}', b'{"do":"seek","seconds":1,"x":2}', b"[" * 100_000,
        b'{"do":"seek","seconds":"abc"}', b'{"do":"seek","seconds":null}',
        b'{"do":"mute","name":"a","on":"false"}', b'{"do":"mute","name":7,"on":false}',
        b'{"do":"select","source":"drums"}', b'{"do":"set_available","name":"a","available":1.5}',
        b'{"do":"add_parts","parts":[{"name":"x","path":"/x","role":"voice"}]}',
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
        b'{"is":"state","state":7}',
        b'{"is":"state","state":{"parts":[{}]}}',
        b'{"is":"state","state":{"position":"abc"}}',
        b'{"is":"state","state":{"transport":"dancing"}}',
        b'{"is":"state","state":{"loop":[1]}}',
        b'{"is":"bands","name":"a","key":"k","start":0,"bins":"*"}',
        b'{"is":"bands","name":"a","key":"k","start":"0","bins":""}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_report_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode_report(line)
