"""The songs there are: what is known of each without rendering it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RATE = 44_100
"""Frames a second of every song."""

MASTER = "master"
"""The part that is the sum of all stems."""


@dataclass(frozen=True, slots=True)
class Song:
    """One song; `module` in this package holds its score.

    `beats` is its length in quarter notes without the `ring` seconds at its end. An MP3 that
    is `tagged` begins with an Info frame, as most encoders write it.
    """

    key: str
    bpm: float
    beats: int
    stems: tuple[str, ...]
    ring: float
    extension: str = "mp3"
    tagged: bool = True

    @property
    def frames(self) -> int:
        """The exact length in frames at 44.1 kHz."""
        return round((self.beats * 60 / self.bpm + self.ring) * RATE)

    @property
    def duration(self) -> float:
        """The exact length in seconds, rounded to a microsecond."""
        return round(self.frames / RATE, 6)

    @property
    def mime_type(self) -> str:
        return "audio/wav" if self.extension == "wav" else "audio/mpeg"


_BAND = ("drums", "bass", "chords", "lead", "pad")

SONGS: Mapping[str, Song] = {
    song.key: song
    for song in (
        Song("lofi", 78, 36 * 4, _BAND, 2.5),
        Song("synthwave", 104, 40 * 4, _BAND, 2.5),
        Song("house", 122, 48 * 4, ("drums", "bass", "chords", "lead", "voice"), 2.0),
        Song("ambient", 64, 18 * 4, ("bass", "chords", "lead", "pad", "voice"), 6.0, tagged=False),
        Song("waltz", 132, 48 * 3, ("drums", "bass", "chords", "lead", "pad"), 2.2),
        Song("dnb", 172, 56 * 4, ("drums", "bass", "chords", "lead", "pad", "voice"), 2.5),
        Song("funk", 106, 36 * 4, ("drums", "bass", "chords", "lead", "voice"), 2.2),
        Song("bossa", 136, 32 * 4, ("drums", "bass", "chords", "lead"), 2.2, "wav"),
    )
}
