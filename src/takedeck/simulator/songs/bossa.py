"""Bossa nova: 136 bpm, B flat major, nylon guitar, bass, flute and a rim that keeps the clave."""

from __future__ import annotations

from takedeck.simulator.songs.catalogue import Song
from takedeck.simulator.songs.drums import KICK, RIDE, RIM, SHAKER, Kit
from takedeck.simulator.songs.instruments import bass, flute, plucked
from takedeck.simulator.songs.patterns import bars, grid, length_of, melody, stabs, starts
from takedeck.simulator.songs.score import Note, Score, Stem
from takedeck.simulator.songs.theory import root, voicing

_A = bars("Bbmaj9", "Gm9", "Cm9", "F13", "Dm7", "G7b9", "Cm9", "F13")
_B = bars("Ebmaj7", "Ebm6", "Dm7", "G7b9", "Cm9", "F13", "Bbmaj9", "Cm9|F13")
_END = bars("Bbmaj9", "Gm9", "Cm9", "F13", "Ebmaj7", "Ebm6", "Bb69", "Bb69")
_FORM = [("intro", _A), ("a", _A), ("b", _B), ("end", _END)]
_GUITAR = ("x..x..x...x..x..", "x.x...x..x..x...")
_CLAVE = "x..x..x...x..x.."
_TUNE = (
    ((0.0, 1.5, 0), (1.5, 0.5, 2), (2.0, 1.0, 4), (3.5, 1.0, 2)),
    ((0.5, 0.5, 0), (1.0, 0.5, 2), (1.5, 2.0, -3)),
    ((0.0, 0.5, -2), (0.5, 0.5, 0), (1.5, 0.5, 3), (2.0, 0.5, 5), (3.0, 1.0, 7)),
    ((0.5, 1.0, 5), (2.0, 0.5, 3), (2.5, 1.5, 2)),
)


def score(song: Song) -> Score:
    """Write the song."""
    drums: list[Note] = []
    low: list[Note] = []
    guitar: list[Note] = []
    tune: list[Note] = []
    beat = 0.0
    for name, chords in _FORM:
        last = name == "end"
        for at, length, symbol in starts(chords, beat):
            rhythm = _GUITAR[int(at / 4) % 2]
            if last and at >= beat + 28:
                rhythm = "x..............."
            guitar += stabs(
                at, length, voicing(symbol, 60), rhythm, held_for=0.7, force=0.75, spread=0.2
            )
            low += _steps(at, length, root(symbol, 34))
        count = 7 if last else 8
        lanes = {SHAKER: "xoxoxoxoxoxoxoxo", KICK: "x..xx..xx..xx..x"}
        if name != "intro":
            lanes[RIM] = _CLAVE
        drums += grid(beat, count, lanes)
        if name == "b":
            drums += grid(beat, count, {RIDE: "x...x.x.x...x.x."})
        if name != "intro":
            high = 74 if name == "b" else 70
            tune += melody(beat, chords, _TUNE, anchor=high, tonic="Bb", mode="major", velocity=0.8)
        beat += length_of(chords)
    kit = Kit(kick_low=55, kick_high=100, kick_decay=0.12, brightness=0.7)
    stems = {
        "drums": Stem(kit, drums, gain=0.28, ceiling=0.22, reverb=0.15),
        "bass": Stem(
            bass("triangle", 600, 0.2, sustain=0.5, sub=0.7),
            low,
            gain=0.18,
            ceiling=0.22,
            reverb=0.05,
        ),
        "chords": Stem(plucked(1.0, 0.9), guitar, gain=0.24, ceiling=0.26, reverb=0.18),
        "lead": Stem(flute, tune, gain=0.24, ceiling=0.22, reverb=0.35),
    }
    return Score(stems, room=1.3)


def _steps(at: float, length: float, base: int) -> list[Note]:
    steps = [(0.0, 1.4, 0, 0.9), (1.5, 0.45, 7, 0.6), (2.0, 1.4, 7, 0.8), (3.5, 0.45, 0, 0.6)]
    return [
        Note(at + beat, held, base + up, force) for beat, held, up, force in steps if beat < length
    ]
