"""Funk: 106 bpm, E dorian, a scratching clavinet, slapped bass, horns and a shouting voice."""

from __future__ import annotations

from takedeck.simulator.songs.catalogue import Song
from takedeck.simulator.songs.drums import (
    CONGA,
    CRASH,
    HAT,
    KICK,
    OPEN,
    SNARE,
    TOM_LOW,
    TOM_MID,
    Kit,
)
from takedeck.simulator.songs.instruments import bass, brass, plucked
from takedeck.simulator.songs.patterns import bars, grid, melody, stabs, starts, swing
from takedeck.simulator.songs.score import Note, Score, Stem
from takedeck.simulator.songs.theory import root, voicing
from takedeck.simulator.songs.voice import voice

_VAMP = bars("Em9", "A13", "Em9", "A13")
_CHORUS = bars("Cmaj7", "D", "Em7", "A13|B7")
_FORM = [
    ("intro", _VAMP), ("verse", _VAMP), ("verse", _VAMP), ("chorus", _CHORUS), ("chorus", _CHORUS),
    ("break", _VAMP), ("chorus", _CHORUS), ("chorus", _CHORUS),
    ("outro", bars("Em9", "A13", "Em9", "Em9")),
]  # fmt: skip
_BEAT = {KICK: "X..x..x...x..x..", SNARE: "....X..o.o..X..o", HAT: "x.xxx.x.x.xxx.x."}
_BIG = {
    KICK: "X.x...x...X..x..",
    SNARE: "....X..o.o..X...",
    HAT: "x.x.x.x.x.x.x...",
    OPEN: "..............x.",
}
_FILL = {
    KICK: "X..x..x.........",
    SNARE: "....X..oXoXx..XX",
    TOM_MID: "............xx..",
    HAT: "x.x.x...",
}
_CLAV = "x.ox.ox..xo.x.ox"
_SLAP = (
    (0.0, 0.35, 0, 1.0), (0.75, 0.15, 12, 0.7), (1.5, 0.2, 0, 0.8), (1.75, 0.2, 3, 0.7),
    (2.25, 0.2, 5, 0.75), (2.5, 0.35, 7, 0.85), (3.25, 0.15, 12, 0.7), (3.5, 0.3, 10, 0.8),
)  # fmt: skip
_HORNS = (
    ((0.0, 0.25, 0), (0.75, 0.25, 0), (1.5, 1.0, 3)),
    ((0.5, 0.25, 3), (0.75, 0.25, 5), (1.0, 0.5, 7), (2.5, 0.25, 5), (3.0, 0.75, 3)),
    ((0.0, 0.25, 3), (0.75, 0.25, 3), (1.5, 1.0, 7)),
    ((0.5, 0.25, 10), (0.75, 0.25, 7), (1.0, 0.5, 5), (2.0, 0.25, 3), (2.5, 1.0, 0)),
)
_SHOUT = (
    ((2.5, 0.5, 0), (3.0, 0.75, 3)),
    ((0.0, 0.5, 5), (0.5, 0.5, 3), (1.0, 1.25, 0)),
    ((2.0, 0.5, 3), (2.5, 0.5, 5), (3.0, 0.75, 7)),
    ((0.0, 0.75, 5), (1.0, 0.5, 3), (1.5, 1.5, 0)),
)


def score(song: Song) -> Score:
    """Write the song."""
    drums: list[Note] = []
    low: list[Note] = []
    clav: list[Note] = []
    horns: list[Note] = []
    sung: list[Note] = []
    beat = 0.0
    for name, chords in _FORM:
        chorus = name == "chorus"
        for at, length, symbol in starts(chords, beat):
            if name != "break":
                rhythm = "X.....x...x..x.." if chorus else _CLAV
                clav += stabs(
                    at, length, voicing(symbol, 64), rhythm, held_for=0.22 if not chorus else 0.4
                )
            if name != "intro":
                base = root(symbol, 28)
                low += [Note(at + b, n, base + up, f) for b, n, up, f in _SLAP if b < length]
        drums += _drums(name, beat)
        if chorus:
            tune = melody(beat, chords, _HORNS, anchor=67, tonic="E", mode="dorian", velocity=0.9)
            horns += tune + [Note(n.beat, n.length, n.pitch - 12, 0.6) for n in tune]
        if name in {"verse", "break"} or beat >= 112:
            sung += melody(beat, chords, _SHOUT, anchor=64, tonic="E", mode="minor pentatonic")
        beat += 16
    horns.append(Note(beat - 8, 2, 64, 0.9))
    kit = Kit(kick_low=56, kick_high=160, kick_decay=0.13, snare_tone=210, snare_decay=0.1)
    stems = {
        "drums": Stem(kit, swing(drums, 0.56, 0.25), gain=0.4, ceiling=0.3, reverb=0.1),
        "bass": Stem(
            bass("saw", 1_500, 0.07, sustain=0.4, sub=0.6),
            swing(low, 0.55, 0.25),
            gain=0.19,
            ceiling=0.2,
            reverb=0.0,
        ),
        "chords": Stem(
            plucked(1.8, 0.35, damped=True),
            swing(clav, 0.56, 0.25),
            gain=0.26,
            ceiling=0.16,
            reverb=0.12,
        ),
        "lead": Stem(brass, horns, gain=0.25, ceiling=0.17, reverb=0.25),
        "voice": Stem(voice("e", "a"), sung, gain=0.34, ceiling=0.13, reverb=0.25),
    }
    return Score(stems, room=1.0)


def _drums(name: str, beat: float) -> list[Note]:
    if name == "intro":
        return grid(beat, 3, {HAT: "x.xxx.x.x.xxx.x.", CONGA: "x..x..x...x.x..."}) + grid(
            beat + 12, 1, _FILL
        )
    if name == "break":
        return grid(
            beat,
            3,
            {KICK: "X.......X.......", CONGA: "x.ox..x.o.x.x.ox", SNARE: "....X.......X..."},
        ) + grid(beat + 12, 1, _FILL)
    if name == "outro":
        return [
            Note(beat, 4, CRASH, 0.8),
            *grid(beat, 2, _BEAT),
            Note(beat + 8, 1, KICK),
            Note(beat + 8, 2, TOM_LOW),
        ]
    crash = [Note(beat, 4, CRASH, 0.8)] if name == "chorus" else []
    return crash + grid(beat, 3, _BIG if name == "chorus" else _BEAT) + grid(beat + 12, 1, _FILL)
