"""An acoustic waltz: three-four at 132, G major, guitar, bass, flute, strings, brushes."""

from __future__ import annotations

from takedeck.simulator.songs.catalogue import Song
from takedeck.simulator.songs.drums import HAT, KICK, RIDE, RIM, SHAKER, Kit
from takedeck.simulator.songs.instruments import bass, flute, pad, plucked
from takedeck.simulator.songs.patterns import bars, grid, held, length_of, melody, starts
from takedeck.simulator.songs.score import Note, Score, Stem
from takedeck.simulator.songs.theory import root, voicing

_A = bars("G", "Em7", "Am7", "D7", "G/B", "C6", "Am7|D7|D7", "G", beats=3)
_B = bars("Em", "B7", "Em", "A7", "C6", "G/B", "Am7", "D7", beats=3)
_END = bars("G", "Em7", "Am7", "D7", "C6", "D7", "G", "G", beats=3)
_FORM = [("intro", _A), ("a", _A), ("b", _B), ("a", _A), ("b", _B), ("end", _END)]
_TUNE = (
    ((0.0, 2.0, 0), (2.0, 1.0, 2)),
    ((0.0, 1.0, 4), (1.0, 1.0, 7), (2.0, 1.0, 4)),
    ((0.0, 2.0, 5), (2.0, 0.5, 4), (2.5, 0.5, 2)),
    ((0.0, 3.0, 2),),
    ((0.0, 1.0, 4), (1.0, 1.0, 7), (2.0, 1.0, 9)),
    ((0.0, 2.0, 12), (2.0, 1.0, 9)),
    ((0.0, 1.0, 7), (1.0, 1.0, 5), (2.0, 1.0, 2)),
    ((0.0, 2.5, 0),),
)
_TURN = (
    ((0.0, 1.5, 9), (1.5, 0.5, 11), (2.0, 1.0, 12)),
    ((0.0, 2.0, 11), (2.0, 1.0, 8)),
    ((0.0, 1.5, 7), (1.5, 0.5, 9), (2.0, 1.0, 12)),
    ((0.0, 3.0, 9),),
    ((0.0, 1.0, 5), (1.0, 1.0, 9), (2.0, 1.0, 12)),
    ((0.0, 2.0, 7), (2.0, 1.0, 4)),
    ((0.0, 1.0, 5), (1.0, 1.0, 4), (2.0, 1.0, 2)),
    ((0.0, 3.0, 2),),
)


def score(song: Song) -> Score:
    """Write the song."""
    drums: list[Note] = []
    low: list[Note] = []
    guitar: list[Note] = []
    tune: list[Note] = []
    bed: list[Note] = []
    beat = 0.0
    for name, chords in _FORM:
        for at, length, symbol in starts(chords, beat):
            guitar += _pick(at, length, symbol, name == "b")
            low += [Note(at, length * 0.9, root(symbol, 31), 0.85)]
            if length > 1 and name != "intro":
                low += [Note(at + 2, 0.8, root(symbol, 31) + 7, 0.5)]
            if name in {"b", "end"} or beat > 60:
                bed += held(at, length, voicing(symbol, 67), 0.85 if name == "b" else 0.65)
        if name != "intro":
            phrases = _TURN if name == "b" else _TUNE
            tune += melody(
                beat,
                chords,
                phrases,
                anchor=74 if name != "end" else 67,
                tonic="G",
                mode="major",
                span=3,
            )
            drums += _brushes(beat, 7 if name == "end" else 8, name == "b")
        beat += length_of(chords)
    kit = Kit(kick_low=58, kick_high=110, kick_decay=0.12, brightness=0.6, hat_decay=0.05)
    stems = {
        "drums": Stem(kit, drums, gain=0.4, ceiling=0.2, reverb=0.2),
        "bass": Stem(
            bass("triangle", 500, 0.25, sustain=0.35, sub=0.7),
            low,
            gain=0.2,
            ceiling=0.2,
            reverb=0.06,
        ),
        "chords": Stem(plucked(1.1, 1.6), guitar, gain=0.2, ceiling=0.22, reverb=0.22),
        "lead": Stem(flute, tune, gain=0.22, ceiling=0.2, reverb=0.35),
        "pad": Stem(
            pad("saw", 1_600, attack=0.35, release=0.5), bed, gain=0.13, ceiling=0.15, reverb=0.4
        ),
    }
    return Score(stems, room=1.5, fade=3.0)


def _pick(at: float, length: float, symbol: str, broken: bool) -> list[Note]:
    notes = voicing(symbol, 62)
    if length < 3:
        return [Note(at, 1, pitch, 0.6) for pitch in notes]
    if broken:
        order = (0, 1, 2, len(notes) - 1, 2, 1)
        return [
            Note(at + k * 0.5, 1.0, notes[i], 0.7 - 0.03 * k, 0.25) for k, i in enumerate(order)
        ]
    return [
        Note(at + beat + 0.02 * k, 0.9, pitch, force, 0.2)
        for beat, force in ((1.0, 0.62), (2.0, 0.52))
        for k, pitch in enumerate(notes)
    ] + [Note(at, 1.5, notes[0] - 12, 0.75, 0.2)]


def _brushes(beat: float, count: int, full: bool) -> list[Note]:
    lanes = {KICK: "X.....", RIM: "....o.", SHAKER: "x.xox."}
    if full:
        lanes |= {RIDE: "x.x.xo", HAT: "..x.x."}
    return grid(beat, count, lanes, step=0.5)
