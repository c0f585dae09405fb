"""What the app and the deck's process say to each other: typed messages, each a line of JSON.

Both ends check what comes in, for the other may be killed in the middle of a line or be of another
version: a field of the wrong type is refused there and not met later.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from takedeck.deck.state import DeckState, PartSpec, Source


class ProtocolError(ValueError):
    """A line that is no message of this protocol."""


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """What every command has in common: its name, in the field `do`."""


class Load(Message, frozen=True, tag="load"):
    """Put these parts on the deck instead of what was there, from `start` seconds."""

    key: str
    parts: tuple[PartSpec, ...]
    play: bool
    start: float = 0.0


class AddParts(Message, frozen=True, tag="add_parts"):
    """Put more parts beside those on the deck."""

    parts: tuple[PartSpec, ...]


class SetAvailable(Message, frozen=True, tag="set_available"):
    """So many bytes of a part's file may be read now; with a `key`, only of that track."""

    name: str
    available: int
    complete: bool = False
    fault: str | None = None
    key: str | None = None


class Play(Message, frozen=True, tag="play"):
    """Play on, or from the start after the end."""


class Pause(Message, frozen=True, tag="pause"):
    """Fall silent and stay."""


class Toggle(Message, frozen=True, tag="toggle"):
    """Play if paused, pause if playing."""


class Stop(Message, frozen=True, tag="stop"):
    """Fall silent and go to the start."""


class Seek(Message, frozen=True, tag="seek"):
    """Go to `seconds`."""

    seconds: float


class Select(Message, frozen=True, tag="select"):
    """Hear the master, or the stems."""

    source: Source


class Mute(Message, frozen=True, tag="mute"):
    """Mute a stem or not."""

    name: str
    on: bool


class Solo(Message, frozen=True, tag="solo"):
    """Solo a stem or not."""

    name: str
    on: bool


class Gain(Message, frozen=True, tag="gain"):
    """Set a part's gain in dB."""

    name: str
    db: float


class Volume(Message, frozen=True, tag="volume"):
    """Set the volume of everything, 0–1."""

    volume: float


class Loop(Message, frozen=True, tag="loop"):
    """Play from `start` to `end` seconds over and over, or no more."""

    start: float
    end: float
    on: bool


class SetOutput(Message, frozen=True, tag="output"):
    """Send frames elsewhere."""

    kind: str


class MeasureNull(Message, frozen=True, tag="null_test"):
    """Measure master minus stems, if all are whole."""


class Unload(Message, frozen=True, tag="unload"):
    """Take everything off the deck."""


Command = (
    Load | AddParts | SetAvailable | Play | Pause | Toggle | Stop | Seek | Select | Mute | Solo
    | Gain | Volume | Loop | SetOutput | MeasureNull | Unload
)  # fmt: skip
"""Everything that the app asks of the deck."""


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="is"):
    """What every report has in common: its name, in the field `is`."""


class StateReport(Report, frozen=True, tag="state"):
    """The deck as it is now."""

    state: DeckState


class PeaksDelta(Report, frozen=True, tag="peaks"):
    """The bins of a part's waveform from bin `start` on, of the track `key`."""

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
_REPORTS: Final[msgspec.json.Decoder[StateReport | PeaksDelta]] = msgspec.json.Decoder(
    StateReport | PeaksDelta
)


def encode(message: Command | StateReport | PeaksDelta) -> bytes:
    """The message as a line."""
    return _ENCODER.encode(message) + b"\n"


def decode_command(line: bytes) -> Command:
    """What the app asks for. Raises `ProtocolError`."""
    try:
        return _COMMANDS.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(f"no command: {error}") from error


def decode_report(line: bytes) -> StateReport | PeaksDelta:
    """What the deck's process said. Raises `ProtocolError`."""
    try:
        return _REPORTS.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ProtocolError(f"no report of the deck: {error}") from error
