"""Commands and states as lines of JSON; what comes in is checked, for either side may be killed."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from takedeck.deck.state import DeckState, PartSpec, PartState

COMMANDS: dict[str, tuple[str, ...]] = {
    "load": ("key", "parts", "play", "start"),
    "add_parts": ("parts",),
    "set_available": ("name", "available", "complete", "fault", "key"),
    "play": (),
    "pause": (),
    "toggle": (),
    "stop": (),
    "seek": ("seconds",),
    "select": ("name",),
    "mute": ("name", "on"),
    "solo": ("name", "on"),
    "gain": ("name", "db"),
    "volume": ("volume",),
    "loop": ("start", "end", "on"),
    "output": ("kind",),
    "null_test": (),
    "unload": (),
}
"""Every command of a `Deck` that crosses the boundary, with the names of its arguments."""


class ProtocolError(ValueError):
    """A line that is no message of this protocol."""


@dataclass(frozen=True, slots=True)
class PeaksDelta:
    """The bins of a part's waveform from bin `start` on."""

    key: str
    name: str
    start: int
    bins: bytes


def encode_command(command: str, *args: Any) -> bytes:
    """One command as a line; `args` in the order of `COMMANDS`."""
    named = dict(zip(COMMANDS[command], args, strict=True))
    if "parts" in named:
        named["parts"] = [asdict(spec) | {"path": str(spec.path)} for spec in named["parts"]]
    return _line({"do": command, **named})


def decode_command(line: bytes | str) -> tuple[str, dict[str, Any]]:
    """The command's name and its arguments. Raises `ProtocolError`."""
    message = _message(line)
    command = message.pop("do", None)
    known = isinstance(command, str) and command in COMMANDS
    if not known or set(message) != set(COMMANDS[command]):
        raise ProtocolError(f"no such command: {str(command)[:40]!r}")
    if "parts" in message:
        if not isinstance(message["parts"], list):
            raise ProtocolError("parts are a list")
        message["parts"] = [_spec(raw) for raw in message["parts"]]
    return command, message


def encode_state(state: DeckState) -> bytes:
    """One state as a line."""
    return _line({"state": asdict(state)})


def encode_peaks(delta: PeaksDelta) -> bytes:
    """New bins of a waveform as a line."""
    bins = base64.b64encode(delta.bins).decode()
    return _line({"peaks": delta.name, "key": delta.key, "at": delta.start, "bins": bins})


def decode_report(line: bytes | str) -> DeckState | PeaksDelta:
    """What the deck's process said. Raises `ProtocolError`."""
    message = _message(line)
    try:
        if "state" in message:
            raw = message["state"]
            raw["parts"] = tuple(PartState(**part) for part in raw["parts"])
            raw["loop"] = tuple(raw["loop"]) if raw["loop"] else None
            return DeckState(**raw)
        bins = base64.b64decode(message["bins"], validate=True)
        return PeaksDelta(message["key"], message["peaks"], message["at"], bins)
    except (KeyError, TypeError, binascii.Error) as error:
        raise ProtocolError("not a report of the deck") from error


def _spec(raw: Any) -> PartSpec:
    try:
        return PartSpec(**raw | {"path": Path(raw["path"])})
    except (KeyError, TypeError) as error:
        raise ProtocolError("not a part") from error


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def _message(line: bytes | str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("not a line of JSON") from error
    if not isinstance(message, dict):
        raise ProtocolError("not an object")
    return message
