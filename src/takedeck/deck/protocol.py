"""The messages between the app and the deck's process: typed, one line of JSON each.

Both ends validate what they receive, because the other end may be killed in the middle of a line or
be another version: a field of the wrong type is refused at once instead of failing somewhere later.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from takedeck.deck.state import DeckState, PartSpec, Source


class ProtocolError(ValueError):
    """A line that is not a valid message of this protocol."""


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """Base of all commands; the field `do` holds the command's name."""


class Load(Message, frozen=True, tag="load"):
    """Replace what is on the deck by these parts, at `start` seconds; `key` names the track."""

    key: str
    parts: tuple[PartSpec, ...]
    play: bool
    start: float = 0.0


class AddParts(Message, frozen=True, tag="add_parts"):
    """Add parts to those on the deck."""

    parts: tuple[PartSpec, ...]


class SetAvailable(Message, frozen=True, tag="set_available"):
    """`available` bytes of a part's file may be read now; with a `key`, only if that is loaded.

    `complete` means that the file is whole, `fault` why no more of it will come.
    """

    name: str
    available: int
    complete: bool = False
    fault: str | None = None
    key: str | None = None


class Play(Message, frozen=True, tag="play"):
    """Play from the current position, or from the start if the track has ended."""


class Pause(Message, frozen=True, tag="pause"):
    """Stop sounding and keep the position."""


class Toggle(Message, frozen=True, tag="toggle"):
    """Play if paused, pause if playing."""


class Stop(Message, frozen=True, tag="stop"):
    """Stop sounding and go to the start."""


class Seek(Message, frozen=True, tag="seek"):
    """Move the playhead to `seconds`."""

    seconds: float


class Select(Message, frozen=True, tag="select"):
    """Listen to the master or to the stems."""

    source: Source


class Mute(Message, frozen=True, tag="mute"):
    """Mute or unmute a stem."""

    name: str
    on: bool


class Solo(Message, frozen=True, tag="solo"):
    """Solo or unsolo a stem."""

    name: str
    on: bool


class Gain(Message, frozen=True, tag="gain"):
    """Set a part's gain in dB, see `state.GAIN_DB`."""

    name: str
    db: float


class Volume(Message, frozen=True, tag="volume"):
    """Set the master volume, 0..1."""

    volume: float


class Loop(Message, frozen=True, tag="loop"):
    """Set the loop region in seconds, and turn looping on or off."""

    start: float
    end: float
    on: bool


class SetOutput(Message, frozen=True, tag="output"):
    """Switch to another output; for `kind` see `outputs.make`."""

    kind: str


class MeasureNull(Message, frozen=True, tag="null_test"):
    """Measure master minus stems, if all of them are completely decoded."""


class Unload(Message, frozen=True, tag="unload"):
    """Take everything off the deck."""


Command = (
    Load | AddParts | SetAvailable | Play | Pause | Toggle | Stop | Seek | Select | Mute | Solo
    | Gain | Volume | Loop | SetOutput | MeasureNull | Unload
)  # fmt: skip
"""Every command the app sends to the deck."""


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is"):
    """Base of all reports; the field `is` holds the report's name."""


class StateReport(Report, frozen=True, tag="state"):
    """The deck's current state."""

    state: DeckState


class BandsDelta(Report, frozen=True, tag="bands"):
    """New waveform bins of a part of the track `key`, from bin index `start` on, a byte each."""

    key: str
    name: str
    start: int
    bins: bytes


def _to_text(value: Any) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"no message holds a {type(value).__name__}")


def _from_text(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"no {kind.__name__}")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_to_text)
_COMMANDS: Final[msgspec.json.Decoder[Command]] = msgspec.json.Decoder(Command, dec_hook=_from_text)
_REPORTS: Final[msgspec.json.Decoder[StateReport | BandsDelta]] = msgspec.json.Decoder(
    StateReport | BandsDelta
)


def encode(message: Command | StateReport | BandsDelta) -> bytes:
    """The message as a line of JSON, with the newline."""
    return _ENCODER.encode(message) + b"\n"


def decode_command(line: bytes) -> Command:
    """Parse a line from the app. Raises `ProtocolError` if it is not a valid command."""
    try:
        return _COMMANDS.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(f"no command: {error}") from error


def decode_report(line: bytes) -> StateReport | BandsDelta:
    """Parse a line from the deck's process. Raises `ProtocolError` if it is not a valid report."""
    try:
        return _REPORTS.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(f"no report of the deck: {error}") from error
