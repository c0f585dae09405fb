"""Where frames go: `auto`, `device`, `simpleaudio`, `null`, `wav:PATH` or `wav-offline:PATH`."""

from __future__ import annotations

from pathlib import Path

from takedeck.deck.faults import OutputError
from takedeck.deck.outputs.base import Output

KINDS = "auto, device, simpleaudio, null, wav:PATH or wav-offline:PATH"


def make(kind: str) -> Output:
    """Make an output of that kind, not open yet. Raises `OutputError` if it is unknown."""
    name, _, path = kind.partition(":")
    if name in ("wav", "wav-offline") and not path:
        raise OutputError(f"The output {name!r} needs a file: {name}:PATH.")
    if name in ("auto", "device") and not path:
        from takedeck.deck.outputs.device import DeviceOutput

        return DeviceOutput()
    if name == "simpleaudio" and not path:
        from takedeck.deck.outputs.simple import SimpleAudioOutput

        return SimpleAudioOutput()
    if name == "null" and not path:
        from takedeck.deck.outputs.paced import NullOutput

        return NullOutput()
    if name == "wav":
        from takedeck.deck.outputs.paced import WavOutput

        return WavOutput(Path(path))
    if name == "wav-offline":
        from takedeck.deck.outputs.offline import OfflineWav

        return OfflineWav(Path(path))
    raise OutputError(f"There is no output {kind!r}. Choose {KINDS}.")
