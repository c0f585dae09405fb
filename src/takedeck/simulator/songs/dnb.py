"""Drum & bass: 172 bpm, C sharp minor, a broken beat over a growling bass, a wide break."""

from __future__ import annotations

from takedeck.simulator.songs.catalogue import Song
from takedeck.simulator.songs.drums import CRASH, HAT, KICK, OPEN, RIDE, SNARE, Kit
from takedeck.simulator.songs.instruments import electric_piano, lead, pad, reese
from takedeck.simulator.songs.patterns import bars, echo, grid, held, louder, melody, stabs, starts
from takedeck.simulator.songs.score import Note, Score, Stem
from takedeck.simulator.songs.theory import root, voicing
from takedeck.simulator.songs.voice import voice

_LOOP = bars("C#m9", "C#m9", "Amaj7", "Amaj7", "F#m9", "F#m9", "G#m7", "G#m7|B")
_FORM = ["intro", "drop", "drop", "break", "drop", "drop", "outro"]
_BEAT = {KICK: "X.........X.....", SNARE: "....X..o....X...", HAT: "x.x.x.xox.x.x.x."}
_ANSWER = {KICK: "X.X.......X.....", SNARE: "....X..o.o..X..o", HAT: "x.x.x.x.x.x.xox."}
_FILL = {KICK: "X.........X.X...", SNARE: "....X..o.oX.XxXx", HAT: "x.x.x.x.x......."}
_LINES = (
    ((0.0, 1.4, 0), (1.5, 0.45, 0), (2.5, 0.7, 0), (3.25, 0.6, 3)),
    ((0.0, 0.9, 0), (1.0, 0.4, 12), (1.75, 0.7, 0), (2.75, 1.1, -2)),
)
_TUNE = (
    ((0.0, 1.5, 0), (1.5, 0.5, 2), (2.0, 1.5, 3), (3.5, 0.5, 7), (4.0, 3.0, 8)),
    ((0.0, 1.5, 7), (1.5, 0.5, 5), (2.0, 1.5, 3), (4.0, 1.0, 2), (5.0, 2.5, 0)),
)
_SONG = (
    ((0.0, 3.0, 0), (3.0, 1.0, 3), (4.0, 3.5, 7)),
    ((0.0, 2.0, 8), (2.0, 2.0, 7), (4.0, 3.5, 3)),
)


def score(song: Song) -> Score:
    """Write the song."""
    drums: list[Note] = []
    low: list[Note] = []
    keys: list[Note] = []
    tune: list[Note] = []
    bed: list[Note] = []
    sung: list[Note] = []
    for number, name in enumerate(_FORM):
        beat, drop, late = number * 32.0, name == "drop", number >= 4
        for at, length, symbol in starts(_LOOP, beat):
            notes = voicing(symbol, 64)
            bed += held(at, length, notes, 0.55 if drop else 0.9)
            rhythm = "x.....x...x....." if drop else "x..............."
            keys += stabs(at, length, notes, rhythm, held_for=0.5, force=0.8)
            if drop:
                line = _LINES[int(at / 4) % 2]
                base = root(symbol, 28)
                low += [Note(at + b, n, base + up, 0.9) for b, n, up in line if b < length]
        drums += _drums(name, beat)
        if late and name != "outro":
            tune += melody(beat, _LOOP, _TUNE, anchor=73, tonic="C#", mode="minor", span=8.0)
        if name in {"break", "intro"} or (late and drop):
            force = 0.85 if name == "break" else 0.55
            sung += melody(
                beat, _LOOP, _SONG, anchor=68, tonic="C#", mode="minor", span=8.0, velocity=force
            )
    kicks = [note.beat for note in drums if note.pitch in {KICK, SNARE} and note.velocity > 0.5]
    kit = Kit(kick_low=54, kick_high=200, kick_decay=0.12, snare_tone=200, snare_decay=0.11)
    stems = {
        "drums": Stem(kit, drums, gain=0.42, ceiling=0.28, reverb=0.1),
        "bass": Stem(reese, low, gain=0.42, ceiling=0.2, reverb=0.0, duck=0.4),
        "chords": Stem(
            electric_piano,
            echo(keys, 0.75, times=3, keep=0.4),
            gain=0.16,
            ceiling=0.13,
            reverb=0.3,
            duck=0.3,
        ),
        "lead": Stem(
            lead("saw", 2_400),
            echo(tune, 1.5, times=2, keep=0.35),
            gain=0.22,
            ceiling=0.13,
            reverb=0.4,
        ),
        "pad": Stem(
            pad("saw", 1_500, attack=0.8), bed, gain=0.08, ceiling=0.1, reverb=0.5, duck=0.5
        ),
        "voice": Stem(
            voice("o", "a"), echo(sung, 1.5, times=3, keep=0.4), gain=0.2, ceiling=0.12, reverb=0.55
        ),
    }
    return Score(stems, kicks, room=2.2)


def _drums(name: str, beat: float) -> list[Note]:
    if name == "intro":
        return grid(beat + 16, 3, {HAT: "x.x.x.x.x.x.x.x.", KICK: "X..............."}) + grid(
            beat + 28, 1, _FILL
        )
    if name == "break":
        roll = {SNARE: "x...x...x...x...x.x.x.x.xxxxxxxx"}
        return grid(beat, 6, {RIDE: "x...x...x...x..."}) + louder(
            grid(beat + 24, 1, roll), 0.3, 1.0
        )
    if name == "outro":
        return [Note(beat, 4, CRASH), *grid(beat, 4, _BEAT), Note(beat + 16, 1, KICK, 0.9)]
    notes = [Note(beat, 4, CRASH, 0.9)]
    for bar in range(8):
        lanes = _FILL if bar == 7 else _ANSWER if bar % 2 else _BEAT
        notes += grid(beat + bar * 4, 1, lanes)
    return notes + grid(beat + 14, 1, {OPEN: "..x....."})
