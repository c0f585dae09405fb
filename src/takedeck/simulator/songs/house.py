"""House: 122 bpm, F minor, off-beat stabs, a bass that answers the kick, a voice in the break."""

from __future__ import annotations

from takedeck.simulator.songs.catalogue import Song
from takedeck.simulator.songs.drums import CLAP, CONGA, CRASH, HAT, KICK, OPEN, SHAKER, SNARE, Kit
from takedeck.simulator.songs.instruments import bass, electric_piano, lead
from takedeck.simulator.songs.patterns import bars, echo, grid, louder, melody, stabs, starts, swing
from takedeck.simulator.songs.score import Note, Score, Stem
from takedeck.simulator.songs.theory import root, voicing
from takedeck.simulator.songs.voice import voice

_LOOP = bars("Fm9", "Dbmaj9", "Abmaj7", "Eb13")
_TURN = bars("Bbm9", "Eb13", "Abmaj7", "C7b9")
_FORM = [
    ("intro", _LOOP), ("intro", _LOOP), ("groove", _LOOP), ("groove", _TURN), ("break", _LOOP),
    ("rise", _TURN), ("drop", _LOOP), ("drop", _TURN), ("drop", _LOOP), ("drop", _TURN),
    ("outro", _LOOP), ("outro", bars("Fm9", "Dbmaj9", "Fm9", "Fm9")),
]  # fmt: skip
_FOUR = {KICK: "X...X...X...X...", HAT: "..x...x...x...x.", SHAKER: "xoxoxoxoxoxoxoxo"}
_FULL = _FOUR | {CLAP: "....X.......X...", OPEN: "..x...x...x...x.", CONGA: "...x..o....x..x."}
_STAB = "..x..x....x..x.."
_BASS = (
    (0.5, 0.4, 0),
    (1.25, 0.2, 0),
    (1.5, 0.45, 12),
    (2.5, 0.4, 0),
    (3.25, 0.2, 7),
    (3.5, 0.45, 10),
)
_CALL = (
    ((0.5, 0.5, 0), (1.0, 0.5, 3), (1.5, 1.5, 5)),
    ((0.0, 1.0, 3), (1.5, 0.5, 0), (2.0, 1.5, -2)),
    ((0.5, 0.5, 3), (1.0, 0.5, 5), (1.5, 0.5, 7), (2.0, 1.5, 8)),
    ((0.0, 0.75, 7), (1.0, 0.75, 5), (2.0, 1.75, 3)),
)
_HOOK = (
    ((0.0, 0.25, 0), (0.75, 0.25, 0), (1.5, 0.25, 3), (2.25, 0.25, 5), (3.0, 0.5, 7)),
    ((0.0, 0.25, 7), (0.75, 0.25, 5), (1.5, 0.5, 3), (2.5, 0.25, 0), (3.0, 0.5, 3)),
)


def score(song: Song) -> Score:
    """Write the song."""
    drums: list[Note] = []
    low: list[Note] = []
    keys: list[Note] = []
    tune: list[Note] = []
    sung: list[Note] = []
    beat = 0.0
    for name, chords in _FORM:
        dropped = name == "drop"
        for at, length, symbol in starts(chords, beat):
            notes = voicing(symbol, 62)
            if name == "break":
                keys += [Note(at, length * 0.9, pitch, 0.7) for pitch in notes]
            else:
                keys += stabs(
                    at, length, notes, _STAB, held_for=0.35, force=0.9 if dropped else 0.7
                )
            if name in {"groove", "drop", "outro"}:
                base = root(symbol, 29)
                low += [Note(at + b, n, base + up, 0.9) for b, n, up in _BASS if b < length]
        drums += _drums(name, beat)
        if name in {"break", "rise", "drop"}:
            force = 0.6 if dropped else 0.85
            sung += melody(beat, chords, _CALL, anchor=65, tonic="F", mode="minor", velocity=force)
        if dropped:
            tune += melody(beat, chords, _HOOK, anchor=77, tonic="F", mode="minor", velocity=0.7)
        beat += 16
    kicks = [note.beat for note in drums if note.pitch == KICK]
    kit = Kit(kick_low=46, kick_high=190, kick_decay=0.2, hat_decay=0.03, snare_decay=0.1)
    stems = {
        "drums": Stem(kit, swing(drums, 0.54, 0.25), gain=0.36, ceiling=0.30, reverb=0.08),
        "bass": Stem(
            bass("square", 700, 0.1, sub=0.6), low, gain=0.18, ceiling=0.2, reverb=0.0, duck=0.4
        ),
        "chords": Stem(
            electric_piano,
            echo(keys, 0.75, times=2, keep=0.3),
            gain=0.19,
            ceiling=0.2,
            reverb=0.2,
            duck=0.5,
        ),
        "lead": Stem(
            lead("square", 2_200, cents=6),
            echo(tune, 0.75, keep=0.45),
            gain=0.26,
            ceiling=0.1,
            reverb=0.3,
            duck=0.3,
        ),
        "voice": Stem(
            voice("u", "a"), echo(sung, 1.5, times=2, keep=0.3), gain=0.3, ceiling=0.16, reverb=0.4
        ),
    }
    return Score(stems, kicks, room=1.6)


def _drums(name: str, beat: float) -> list[Note]:
    if name == "break":
        return grid(beat + 8, 2, {SHAKER: "xoxoxoxoxoxoxoxo", CLAP: "............x..."})
    if name == "rise":
        roll = {SNARE: "x...x...x...x...x...x...x...x...x.x.x.x.x.x.x.x.xxxxxxxxxxxx...."}
        return louder(grid(beat, 1, roll), 0.3, 1.0) + grid(beat, 4, {SHAKER: "xoxoxoxoxoxoxoxo"})
    if name in {"groove", "drop"}:
        crash = [Note(beat, 4, CRASH, 0.8)] if name == "drop" and beat % 32 == 0 else []
        return crash + grid(beat, 4, _FULL) + grid(beat + 15, 1, {SNARE: "..xx"})
    if beat > 64:
        return grid(beat, 2, _FOUR) + ([] if beat >= 176 else grid(beat + 8, 2, _FOUR))
    return grid(beat, 4, _FOUR if beat == 0 else _FOUR | {CLAP: "....X.......X..."})
