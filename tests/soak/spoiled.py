"""Files that the storage spoils once, in many ways: the next play has the right ones."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from takedeck.config import Folders, Settings
from takedeck.deck.state import DeckState
from takedeck.session.connect import connect
from takedeck.session.session import Session
from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator
from takedeck.simulator.weather import Spoiled
from takedeck.text import Secret
from tests.session.rig import Ear
from tests.soak.trial import Outcome, Trial

Enough = Callable[[Session, DeckState], bool]
_SONGS: Final = ("lofi", "ambient", "waltz", "bossa")


def _ways(dice: random.Random) -> list[Callable[[], Spoiled]]:
    """A file that is short, another thing, or nothing that can be heard."""
    return [
        lambda: Spoiled(keep=dice.randint(1, 400_000)),
        lambda: Spoiled(b"try later\n" * dice.randint(1, 500), mime_type="text/plain"),
        lambda: Spoiled(bytes(dice.randint(1, 400_000))),
        lambda: Spoiled(dice.randbytes(dice.randint(1, 100_000))),
        lambda: Spoiled(b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + dice.randbytes(5_000)),
    ]


def _run(count: int, seed: int) -> Outcome:
    return asyncio.run(_trial(count, random.Random(seed)))


async def _trial(count: int, dice: random.Random) -> Outcome:
    harm: list[str] = []
    # Songs that were made already need not be made again.
    songs = user_cache_path("takedeck-tests") / "songs"
    with (
        tempfile.TemporaryDirectory() as base,
        Simulator(cache=songs, scenario="empty", rate_limit=None) as simulator,
    ):
        for number in range(count):
            song = _SONGS[number % len(_SONGS)]
            way = number % len(_ways(dice))
            plan = Plan(f"mgen_{number:012x}", datetime.now(UTC), song=song, has_stems=False)
            simulator.jobs.add(plan)
            simulator.weather.spoiled["master"] = _ways(dice)[way]()
            fault = await _twice(simulator, Path(base), plan)
            if fault:
                harm.append(f"{song}, way {way}, number {number}: {fault}")
    return Outcome(count, tuple(harm))


async def _twice(simulator: Simulator, base: Path, plan: Plan) -> str | None:
    """Play it spoiled, then again in another start; why the second was not right, if it was not."""
    return await _play(simulator, base, plan, _over) or await _play(simulator, base, plan, _whole)


async def _play(simulator: Simulator, base: Path, plan: Plan, enough: Enough) -> str | None:
    settings = Settings(
        base_url=simulator.base_url,
        key=Secret(simulator.api_key),
        organization=simulator.organization,
        output="null",
    )
    folders = Folders(*(base / name for name in ("config", "cache", "state", "data")))
    session = await connect(settings, folders)
    ear = Ear()
    session.listen(ear)
    crashes: list[BaseException] = []
    session.start(crashes.append)
    try:
        session.player.open(plan.id)
        await ear.until(lambda: enough(session, session.player.deck_state))
    except TimeoutError:
        return f"not in time: {session.player.deck_state.parts}"
    finally:
        await session.close()
    return repr(crashes[0]) if crashes else None


def _over(session: Session, state: DeckState) -> bool:
    """Whether both the storage and the decoder are through with the part."""
    opened = session.player.opened
    there = opened is not None and "master" in opened.downloads
    stored = there and opened is not None and opened.downloads["master"].complete
    return stored and bool(state.parts) and state.parts[0].complete


def _whole(_: Session, state: DeckState) -> bool:
    """Whether all of it can be heard."""
    return bool(state.parts) and state.parts[0].complete and not state.parts[0].damaged


TRIAL = Trial(
    promise="the next play fetches it anew, and all of it is heard",
    unit="files spoiled once by the storage",
    whole=100,
    small=5,
    run=_run,
)
