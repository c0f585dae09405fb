"""100 random mutes, solos and seeks on eight stems: is every frame right, or inside a ramp?

Each frame heard tells its number and which stems are in it (`material.flags`). Between the ramps
the numbers must run on by one, from where a seek went, and the stems must be those asked for; a
frame that is neither that nor inside the ramps of a command is counted as unexplained.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.deck.ear import RATE, Ear, Heard, say_lateness
from tests.benchmarks.deck.load import Load
from tests.benchmarks.deck.material import FLAG, STEMS, flags, workshop
from tests.benchmarks.deck.served import Origin
from tests.benchmarks.deck.studio import ALL_STEMS, Studio, studio

COMMANDS = 100
RAMP = round(0.008 * RATE)
_SECONDS = 90
_LAST = 60.0
_REST = 0.35
_COUNTER = 1
_HIGH = FLAG - 1

Numbers = NDArray[np.int64]


@dataclass(slots=True)
class Desk:
    """What was asked for: `muted` and `soloed` stems, and the last seek's frame."""

    random: Random
    muted: set[int] = field(default_factory=set)
    soloed: set[int] = field(default_factory=set)

    @property
    def audible(self) -> int:
        """A bit for each stem that should be heard; mute wins over solo."""
        there = self.soloed or set(range(1, STEMS + 1))
        return sum(1 << number for number in there - self.muted)

    def toggle(self) -> tuple[str, int, bool]:
        """A mute or a solo, on or off, that leaves something to hear, and mostly the counter."""
        needed = -1 if self.random.random() < 0.15 else 1 << _COUNTER
        while True:
            command, chosen = self.random.choice((("mute", self.muted), ("solo", self.soloed)))
            number = self.random.randint(1, STEMS)
            chosen ^= {number}
            if self.audible & needed:
                return command, number, number in chosen
            chosen ^= {number}


@dataclass(frozen=True, slots=True)
class Asked:
    """One command: the frame heard when it was sent, what should sound after, where a seek went."""

    at: int
    audible: int
    target: int | None


async def _play(ear: Ear, one: Studio) -> list[Asked]:
    desk, deck = Desk(Random(3)), one.deck
    await one.open("mtrack_000000000001", ALL_STEMS)
    await one.whole()
    deck.seek(1.0)
    asked = [Asked(await asyncio.to_thread(ear.rest, 1.0), desk.audible, None)]
    for _ in range(COMMANDS):
        target = None
        if desk.random.random() < 1 / 3:
            target = desk.random.randrange(round(_LAST * RATE))
            deck.seek(target / RATE)
        else:
            command, number, on = desk.toggle()
            getattr(deck, command)(f"stem{number}", on)
        asked.append(Asked(ear.now, desk.audible, target))
        await asyncio.to_thread(ear.rest, _REST)
    return asked


def stems_of(heard: Heard) -> Numbers:
    """The stems in each frame as bits; the counter is in it where its high half is not 0."""
    right = heard[:, 1].astype(np.int64)
    return ((right // FLAG) << 2) | ((right & _HIGH) > 0) << _COUNTER


@dataclass(slots=True)
class Verdict:
    """Frames: `right`, in `ramps` (the `longest` of them), and `unexplained`.

    `wrong` counts commands without their effect before the next, and seeks that went elsewhere.
    """

    right: int = 0
    ramps: int = 0
    unexplained: int = 0
    wrong: int = 0
    longest: int = 0


def judge(heard: Heard, asked: list[Asked]) -> Verdict:
    """Follow each command from where it was sent to where the next was."""
    verdict = Verdict()
    number = heard[:, 0].astype(np.int64) + (((heard[:, 1].astype(np.int64) & _HIGH) - 1) << 15)
    stems, line = stems_of(heard), number - np.arange(len(heard))
    offset: int | None = int(line[asked[0].at - 1000])
    ends = [*(later.at for later in asked[2:]), asked[-1].at + round(_REST * RATE / 2)]
    for before, now, end in zip(asked, asked[1:], ends, strict=False):
        part, old = slice(now.at, end), offset
        if now.target is not None:
            offset = None
        if offset is None and now.audible >> _COUNTER & 1:
            offset = int(line[end - 1])
        was = _is(stems[part], line[part], before.audible, old)
        new = _is(stems[part], line[part], now.audible, offset)
        _follow(verdict, was, new, now, number[part])
    return verdict


def _is(stems: Numbers, line: Numbers, audible: int, offset: int | None) -> NDArray[np.bool_]:
    """Which frames hold those stems, and run on if the counter is one of them."""
    right: NDArray[np.bool_] = stems == audible
    counted = audible >> _COUNTER & 1 and offset is not None
    return np.asarray(right & (line == offset)) if counted else right


def _follow(
    verdict: Verdict, was: NDArray[np.bool_], new: NDArray[np.bool_], now: Asked, number: Numbers
) -> None:
    allowed = RAMP if now.target is None else 2 * RAMP
    late = np.flatnonzero(~was)
    start = int(late[0]) if len(late) else len(was)
    early = np.flatnonzero(~new)
    stop = int(early[-1]) + 1 if len(early) else 0
    if stop >= len(new) or (now.target is not None and start == len(was)):
        verdict.wrong += 1
    ramp = max(0, stop - start)
    verdict.longest = max(verdict.longest, ramp)
    verdict.ramps += min(ramp, allowed)
    verdict.unexplained += max(0, ramp - allowed)
    verdict.right += len(was) - ramp
    if now.target is not None and now.audible >> _COUNTER & 1 and stop < len(new):
        landed = int(number[stop]) - now.target
        verdict.wrong += not 0 <= landed <= 2 * RAMP


def main() -> None:
    """Print the verdict."""
    with workshop() as folder, Ear() as ear:
        (parts := folder / "flags").mkdir()
        load = Load()
        with Origin(flags(parts, _SECONDS)) as origin:
            asked = asyncio.run(_take(ear, origin, folder))
        found = judge(ear.heard(), asked)
        print(f"takedeck, {COMMANDS} random mutes, solos and seeks   {load.take()}")
        print(f"  {found.right} frames right, {found.ramps} in ramps (longest {found.longest}),"
              f" {found.unexplained} unexplained, {found.wrong} without their effect")  # fmt: skip
        say_lateness(ear)


async def _take(ear: Ear, origin: Origin, folder: Path) -> list[Asked]:
    async with studio(origin, ear.env, folder / "home") as one:
        return await _play(ear, one)


if __name__ == "__main__":
    main()
