"""Ambient: 64 bpm, E lydian, no drums; bells over slow chords, a flute, a far choir."""

from __future__ import annotations

from takedeck.simulator.songs.catalogue import Song
from takedeck.simulator.songs.instruments import bass, bell, flute, pad
from takedeck.simulator.songs.patterns import arpeggio, echo, held, melody, starts
from takedeck.simulator.songs.score import Note, Score, Stem
from takedeck.simulator.songs.theory import root, voicing
from takedeck.simulator.songs.voice import voice

_CHORDS = [
    (8, "Emaj9"), (8, "F#add9/E"), (8, "C#m9"), (8, "Amaj9"), (8, "Emaj9"), (8, "G#m7"),
    (8, "C#m11"), (8, "F#add9/E"), (8, "Emaj9"),
]  # fmt: skip
_FLUTE = (
    ((1.0, 3.0, 0), (4.0, 1.0, 2), (5.0, 2.5, 4)),
    ((0.0, 2.0, 7), (2.0, 1.0, 6), (3.0, 4.0, 2)),
    ((1.0, 2.0, 4), (3.0, 1.0, 7), (4.0, 3.5, 9)),
)
_CHOIR = (((0.0, 7.5, 0),), ((0.0, 4.0, 2), (4.0, 3.5, 4)))


def score(song: Song) -> Score:
    """Write the song."""
    low: list[Note] = []
    bells: list[Note] = []
    bed: list[Note] = []
    for number, (at, length, symbol) in enumerate(starts(_CHORDS, 0.0)):
        notes = voicing(symbol, 64)
        swell = (0.6, 0.7, 0.85, 1.0, 1.0, 1.0, 0.9, 0.8, 0.6)[number]
        bed += held(at, length + 1, [root(symbol, 40), *notes], swell)
        if number:
            low += [Note(at, length, root(symbol, 28), 0.8)]
        order = (0, 3, 1, 4, 2, 6, 3, 5) if number % 2 else (2, 0, 4, 1, 5, 3)
        sparse = arpeggio(
            at, length, voicing(symbol, 76), order, step=1.0, held_for=1, force=swell * 0.7
        )
        bells += [note for k, note in enumerate(sparse) if (k + number) % 4 != 3]
    tune = melody(16, _CHORDS[2:8], _FLUTE, anchor=71, tonic="E", mode="lydian", span=8.0)
    sung = melody(24, _CHORDS[3:], _CHOIR, anchor=64, tonic="E", mode="lydian", span=8.0)
    sung += melody(
        32, _CHORDS[4:], _CHOIR, anchor=71, tonic="E", mode="lydian", span=8.0, velocity=0.5
    )
    stems = {
        "bass": Stem(
            bass("triangle", 300, 0.8, sustain=0.9, sub=0.9),
            low,
            gain=0.11,
            ceiling=0.18,
            reverb=0.05,
        ),
        "chords": Stem(
            bell, echo(bells, 1.5, times=3, keep=0.5), gain=0.4, ceiling=0.22, reverb=0.5
        ),
        "lead": Stem(
            flute, echo(tune, 1.5, times=2, keep=0.35), gain=0.16, ceiling=0.2, reverb=0.6
        ),
        "pad": Stem(
            pad("saw", 900, attack=2.0, release=2.5), bed, gain=0.115, ceiling=0.2, reverb=0.6
        ),
        "voice": Stem(voice("o", "a", choir=True), sung, gain=0.18, ceiling=0.16, reverb=0.8),
    }
    return Score(stems, room=2.9, fade=6.0)
