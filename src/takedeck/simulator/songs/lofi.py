"""Lo-fi study beat: 78 bpm, D dorian, swung, an electric piano and a tired guitar."""

from __future__ import annotations

from takedeck.simulator.songs.catalogue import Song
from takedeck.simulator.songs.drums import HAT, KICK, OPEN, RIM, SNARE, TOM_LOW, TOM_MID, Kit
from takedeck.simulator.songs.instruments import bass, electric_piano, pad, plucked
from takedeck.simulator.songs.patterns import echo, grid, melody, starts, swing
from takedeck.simulator.songs.score import Note, Score, Stem
from takedeck.simulator.songs.theory import root, voicing

_VERSE = [(4, "Dm9"), (4, "G13"), (4, "Cmaj9"), (4, "Am9")]
_HOOK = [(4, "Fmaj9"), (4, "Em7"), (4, "Dm9"), (2, "G13"), (2, "E7b9")]
_END = [(4, "Dm9"), (4, "G13"), (8, "Cmaj9")]
_FORM = [
    ("intro", _VERSE), ("verse", _VERSE), ("verse", _VERSE), ("hook", _HOOK), ("hook", _HOOK),
    ("verse", _VERSE), ("break", _VERSE), ("hook", _HOOK), ("outro", _END),
]  # fmt: skip
_BEAT = {KICK: "X......x..x.....", SNARE: "....X.......X..o", HAT: "x.xox.x.x.xox.xx"}
_FILL = {KICK: "X......x..x.....", SNARE: "....X.....o.X.xx", HAT: "x.x.x.x.x.......",
         TOM_MID: "............x...", TOM_LOW: "..............x."}  # fmt: skip
_HOOKED = {KICK: "X..x...x..X.....", SNARE: "....X..o....X...", HAT: "x.xox.x.x.xox...",
           OPEN: "..............x."}  # fmt: skip
_PHRASES = (
    ((0.0, 0.5, 0), (0.5, 0.5, 2), (1.0, 1.0, 5), (2.5, 0.5, 3), (3.0, 0.75, 0)),
    ((0.5, 0.5, -2), (1.0, 0.5, 0), (1.5, 1.5, 3)),
    ((0.0, 0.5, 0), (0.5, 0.5, 2), (1.0, 1.0, 7), (2.5, 0.5, 5), (3.0, 0.75, 3)),
    ((0.0, 1.5, 2), (2.0, 0.5, 0), (2.5, 1.25, -3)),
)


def score(song: Song) -> Score:
    """Write the song."""
    drums: list[Note] = []
    low: list[Note] = []
    keys: list[Note] = []
    tune: list[Note] = []
    bed: list[Note] = []
    beat = 0.0
    for name, chords in _FORM:
        hook = name == "hook"
        for at, length, symbol in starts(chords, beat):
            keys += _comp(at, length, symbol, hook)
            bed += [Note(at, length, p, 0.7 if hook else 0.5) for p in voicing(symbol, 62)]
            if name not in {"intro", "break"}:
                low += _walk(at, length, symbol)
        if name == "intro":
            drums += grid(beat + 8, 2, {RIM: "....x.......x...", HAT: "x...x...x...x.x."})
        elif name == "break":
            drums += grid(beat, 3, {KICK: "X.........x.....", RIM: "....x.......x..."})
            drums += grid(beat + 12, 1, _FILL)
        elif name == "outro":
            drums += [*grid(beat, 2, _BEAT), Note(beat + 8, 1, KICK, 0.8)]
        else:
            drums += grid(beat, 3, _HOOKED if hook else _BEAT) + grid(beat + 12, 1, _FILL)
        if name in {"hook", "break"} or beat == 32:
            tune += melody(
                beat, chords, _PHRASES, anchor=69, tonic="D", mode="dorian", velocity=0.75
            )
        beat += sum(length for length, _ in chords)
    tune.append(Note(beat - 8, 6, 76, 0.6))
    stems = {
        "drums": Stem(
            Kit(kick_decay=0.16, brightness=0.6, snare_wires=0.45),
            swing(drums, 0.6, 0.25),
            gain=0.46,
            ceiling=0.3,
            reverb=0.12,
        ),
        "bass": Stem(
            bass("triangle", 600, 0.2, sub=0.6), swing(low, 0.57), gain=0.2, ceiling=0.2, reverb=0.0
        ),
        "chords": Stem(
            electric_piano, swing(keys, 0.57), gain=0.2, ceiling=0.2, reverb=0.22, duck=0.25
        ),
        "lead": Stem(
            plucked(0.8, 1.3),
            swing(echo(tune, 0.75, times=2, keep=0.35), 0.57),
            gain=0.24,
            ceiling=0.16,
            reverb=0.35,
        ),
        "pad": Stem(pad("saw", 500), bed, gain=0.065, ceiling=0.1, reverb=0.5, duck=0.35),
    }
    return Score(stems, [n.beat for n in drums if n.pitch == KICK], room=1.4)


def _comp(at: float, length: float, symbol: str, hook: bool) -> list[Note]:
    notes = voicing(symbol, 60)
    hits = [(0.0, min(length, 2.4), 0.75), (2.5, 1.2, 0.55)] if length > 2 else [(0.0, length, 0.7)]
    if hook and length > 2:
        hits += [(1.5, 0.5, 0.45)]
    # The hand rolls the chord a little.
    return [
        Note(at + beat + 0.025 * k, held, pitch, force, -0.15 + 0.1 * k)
        for beat, held, force in hits
        for k, pitch in enumerate(notes)
    ]


def _walk(at: float, length: float, symbol: str) -> list[Note]:
    base = root(symbol, 33)
    line = [Note(at, 1.4, base, 0.85), Note(at + 1.75, 0.25, base + 12, 0.5)]
    if length > 2:
        line += [Note(at + 2.5, 0.9, base, 0.7), Note(at + 3.5, 0.5, base + 7, 0.6)]
    return line
