"""Synthwave: 104 bpm, A minor, running bass, arpeggios and a wide lead."""

from __future__ import annotations

from takedeck.simulator.songs.catalogue import Song
from takedeck.simulator.songs.drums import (
    CLAP,
    CRASH,
    HAT,
    KICK,
    OPEN,
    SNARE,
    TOM_HIGH,
    TOM_LOW,
    TOM_MID,
    Kit,
)
from takedeck.simulator.songs.instruments import bass, lead, pad, plucked
from takedeck.simulator.songs.patterns import arpeggio, bars, echo, grid, held, melody, starts
from takedeck.simulator.songs.score import Note, Score, Stem
from takedeck.simulator.songs.theory import root, voicing

_VERSE = bars("Am", "Fmaj7", "C", "G")
_CHORUS = bars("Fmaj7", "G", "Am", "Em7|C")
_LIFT = bars("Dm7", "Fmaj7", "Am", "G")
_FORM = [
    ("intro", _VERSE), ("verse", _VERSE), ("verse", _VERSE), ("chorus", _CHORUS),
    ("chorus", _CHORUS), ("break", _LIFT), ("verse", _VERSE), ("chorus", _CHORUS),
    ("chorus", _CHORUS), ("outro", bars("Fmaj7", "G", "Am", "Am")),
]  # fmt: skip
_BEAT = {KICK: "X...X...X...X...", SNARE: "....X.......X...", HAT: "..x...x...x...x."}
_BIG = {KICK: "X...X...X...X...", SNARE: "....X.......X...", CLAP: "....x.......x...",
        HAT: "x.x.x.x.x.x.x...", OPEN: "..............x."}  # fmt: skip
_FILL = {KICK: "X...X...........", SNARE: "....X...X.X.X...", TOM_HIGH: "..........xx....",
         TOM_MID: "............xx..", TOM_LOW: "..............xx"}  # fmt: skip
_SONG = (
    ((0.0, 1.5, 0), (1.5, 0.5, 2), (2.0, 1.0, 3), (3.0, 1.0, 7)),
    ((0.0, 1.5, 7), (1.5, 0.5, 5), (2.0, 2.0, 3)),
    ((0.0, 1.0, 3), (1.0, 0.5, 5), (1.5, 0.5, 7), (2.0, 1.0, 12), (3.0, 1.0, 10)),
    ((0.0, 1.5, 7), (2.0, 0.5, 5), (2.5, 1.5, 3)),
)
_CALM = (((0.0, 3.0, 0), (3.0, 1.0, 3)), ((0.0, 3.5, 5),))


def score(song: Song) -> Score:
    """Write the song."""
    drums: list[Note] = []
    low: list[Note] = []
    arps: list[Note] = []
    tune: list[Note] = []
    bed: list[Note] = []
    beat = 0.0
    for name, chords in _FORM:
        big = name == "chorus"
        for at, length, symbol in starts(chords, beat):
            notes = voicing(symbol, 64)
            order = (0, 1, 2, 3, 4, 3, 2, 1) if big else (0, 2, 1, 3)
            arps += arpeggio(at, length, notes, order, force=0.85 if big else 0.6)
            bed += held(at, length, notes, 0.9 if big else 0.65)
            if name not in {"intro", "break"}:
                low += _run(at, length, root(symbol, 33), big)
            elif name == "break":
                low += [Note(at, length * 0.95, root(symbol, 33), 0.7)]
        drums += _drums(name, beat)
        if big:
            tune += melody(beat, chords, _SONG, anchor=69, tonic="A", mode="minor", velocity=0.85)
        elif name == "break":
            tune += melody(beat, chords, _CALM, anchor=64, tonic="A", mode="minor", velocity=0.6)
        beat += 16
    kicks = [note.beat for note in drums if note.pitch == KICK]
    kit = Kit(kick_low=50, kick_decay=0.2, snare_tone=175, snare_decay=0.22, snare_wires=0.7)
    stems = {
        "drums": Stem(kit, drums, gain=0.38, ceiling=0.30, reverb=0.2),
        "bass": Stem(
            bass("saw", 900, 0.12, sub=0.4), low, gain=0.2, ceiling=0.2, reverb=0.0, duck=0.45
        ),
        "chords": Stem(
            plucked(1.3, 0.5, damped=True),
            echo(arps, 0.75, times=2),
            gain=0.17,
            ceiling=0.14,
            reverb=0.3,
        ),
        "lead": Stem(
            lead("saw", 2_600), echo(tune, 0.75, keep=0.4), gain=0.24, ceiling=0.17, reverb=0.35
        ),
        "pad": Stem(pad("saw", 1_300), bed, gain=0.095, ceiling=0.14, reverb=0.4, duck=0.5),
    }
    return Score(stems, kicks, room=2.0)


def _run(at: float, length: float, base: int, big: bool) -> list[Note]:
    """Eighths (sixteenths in the chorus) on the root, its octave before the bar's end."""
    step = 0.25 if big else 0.5
    return [
        Note(
            at + k * step,
            step * 0.8,
            base + (12 if k * step >= length - 0.5 else 0),
            0.9 - 0.2 * (k % 2),
        )
        for k in range(round(length / step))
    ]


def _drums(name: str, beat: float) -> list[Note]:
    if name == "intro":
        return grid(beat + 8, 1, {KICK: "X...X...X...X..."}) + grid(beat + 12, 1, _FILL)
    if name == "break":
        return grid(beat, 3, {HAT: "..x...x...x...x."}) + grid(beat + 12, 1, _FILL)
    if name == "outro":
        return [Note(beat, 4, CRASH), *grid(beat, 2, _BEAT), Note(beat + 8, 4, CRASH, 0.6)]
    crash = [Note(beat, 4, CRASH, 0.9)] if name == "chorus" else []
    return crash + grid(beat, 3, _BIG if name == "chorus" else _BEAT) + grid(beat + 12, 1, _FILL)
