"""The one list of what is taken: on which app, after which keys, at which sizes and themes.

To take another: a `Scene` in `SCENES`, the steps to it if they are new, and the command to renew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from textual.events import Paste

from takedeck.session.views import BANDS
from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator
from takedeck.simulator.titles import FAILURES, LONG_TITLE, REFUSALS
from takedeck.text import Secret
from takedeck.tui.screens.add import AddScreen, Reasons
from takedeck.tui.screens.help import HelpScreen
from takedeck.tui.screens.own_key import OwnKeyScreen
from takedeck.tui.screens.palette import Commands, Palette
from takedeck.tui.screens.profiles import ProfileScreen
from tests.snapshots.rig import Studio, look
from tests.tui.stage import NOW, Stage, settings_of

Steps = Callable[[Stage], Awaitable[None]]

RUNNING, QUEUED, WALTZ, FAILED, REFUSED = (f"mgen_00000000000{n}" for n in "12345")
_MINUTE, _DAY = 60.0, 86_400.0
_CLOSED: Final = "http://127.0.0.1:9"
"""Where nobody listens."""


def _jobs() -> list[Plan]:
    """One of each kind, and titles in several scripts; the newest first."""

    def made(number: int, ago: float, outcome: str = "succeeded", **fields: Any) -> Plan:
        created = NOW - timedelta(seconds=ago)
        return Plan(f"mgen_{number:012x}", created, "waltz", outcome, **fields)

    return [
        made(1, 25, "running", engine="studio-turbo", end_progress=42),
        made(2, 48, "queued", engine="atelier"),
        made(3, 9 * _MINUTE, title="Waltz for a Small Kitchen", licence_class="unclear"),
        made(4, 17 * _MINUTE, "failed", error_message=FAILURES[3], end_progress=61),
        made(5, 31 * _MINUTE, "refused", refusal_reason=REFUSALS[0]),
        made(6, 48 * _MINUTE, title="窓辺の猫", mode="focus", instrumental=False),
        made(7, 95 * _MINUTE, title="지하철"),
        made(8, 150 * _MINUTE, title="Vector Sunset 🌅"),
        made(9, 1 * _DAY, "cancelled", end_progress=12),
        made(10, 1 * _DAY, title="Четыре утра", licence_class="commercial_cleared"),
        made(11, 2 * _DAY, title="Overdrive [demo]", has_stems=False),
        made(12, 3 * _DAY, title=None),
        made(13, 9 * _DAY, title=LONG_TITLE),
        made(14, 26 * _DAY, "failed", error_message=FAILURES[0]),
    ]


# --- the apps


async def _listed(stage: Stage) -> None:
    await stage.until(lambda: "live" in stage.lines[0])


def _on(scenario: str, *plans: Plan) -> Callable[[Studio], AbstractAsyncContextManager[Stage]]:
    @asynccontextmanager
    async def app(studio: Studio) -> AsyncIterator[Stage]:
        async with studio.app(settings_of(_with(studio.simulator(scenario), *plans))) as stage:
            await _listed(stage)
            yield stage

    return app


def _with(simulator: Simulator, *plans: Plan) -> Simulator:
    for plan in plans:
        simulator.jobs.add(plan)
    return simulator


@asynccontextmanager
async def _wrong_key(studio: Studio) -> AsyncIterator[Stage]:
    settings = settings_of(studio.simulator("empty"))
    async with studio.app(replace(settings, key=Secret("ak_wrong"))) as stage:
        await stage.shows("press r to ask again", "no jobs are saved yet")
        yield stage


@asynccontextmanager
async def _offline(studio: Studio) -> AsyncIterator[Stage]:
    settings = settings_of(_with(studio.simulator("empty"), *_jobs()))
    async with studio.app(settings) as before:
        await _listed(before)
        # Large enough for all of them: what has not been on screen has no title yet.
        await look(before, (160, 50), "dark")
    async with studio.app(replace(settings, base_url=_CLOSED)) as stage:
        await stage.shows("could not be reached", "again in 1 s", "Waltz for")
        yield stage


APPS: Final[dict[str, Callable[[Studio], AbstractAsyncContextManager[Stage]]]] = {
    "demo": _on("studio"),
    "jobs": _on("empty", *_jobs()),
    "empty": _on("empty"),
    "wrong key": _wrong_key,
    "offline": _offline,
    "no colour": _on("empty", *_jobs()),
}
"""Each is started once; with `no colour` in an environment that has NO_COLOR."""


# --- the steps, from the list with its cursor on the newest job


async def nothing(stage: Stage) -> None:
    """As it has just come up."""


def at(job_id: str) -> Steps:
    """The cursor on that job."""

    async def steps(stage: Stage) -> None:
        await stage.move_to(job_id)

    return steps


async def help_page(stage: Stage) -> None:
    await stage.press("question_mark")
    await stage.until(lambda: isinstance(stage.app.screen, HelpScreen))


async def palette(stage: Stage) -> None:
    await stage.press("colon")
    await stage.until(lambda: isinstance(stage.app.screen, Palette))
    # The class that Textual's palette has once all its commands are found.
    await stage.until(lambda: stage.app.screen.has_class("-ready"))
    await stage.until(lambda: stage.app.screen.query_one(Commands).option_count)


async def no_hit(stage: Stage) -> None:
    await stage.press("slash")
    await _paste(stage, "status:gone 猫 zebra")
    await stage.shows("no job matches the search")


async def profiles(stage: Stage) -> None:
    await stage.press("ctrl+o")
    await stage.until(lambda: isinstance(stage.app.screen, ProfileScreen))


async def adding(stage: Stage) -> None:
    await stage.press("a")
    await stage.until(lambda: isinstance(stage.app.screen, AddScreen))


async def not_added(stage: Stage) -> None:
    await adding(stage)
    await _paste(stage, "mgen_none 猫")
    await stage.press("enter")
    await stage.until(lambda: stage.app.screen.query_one(Reasons).display)


async def _paste(stage: Stage, text: str) -> None:
    """As from the clipboard, which is one message where keys would be many."""
    stage.app.screen.focused.post_message(Paste(text))
    await stage.settled()


async def own_key(stage: Stage) -> None:
    await stage.press("U")
    await stage.until(lambda: isinstance(stage.app.screen, OwnKeyScreen))


async def zoomed(stage: Stage) -> None:
    """The stems as they were left, on the whole screen."""
    await stage.press("l", "l", "z")
    await stage.until(lambda: stage.app.screen.has_class("-zoomed"))


async def master(stage: Stage) -> None:
    """The waltz, paused at 0:21, all of its master there."""
    await stage.open(WALTZ)
    await _pause(stage)
    await _to(stage, 21.0)
    await stage.until(lambda: _whole(stage, "master"))


async def stems(stage: Stage) -> None:
    """Its stems, the second muted, the third soloed and 3 dB softer, looped from 0:15 to 0:35."""
    await stage.move_to(WALTZ)
    await stage.press("0")
    await stage.until(lambda: all(_whole(stage, lane.name) for lane in stage.lanes.lanes))
    await _to(stage, 15.0)
    await stage.press("I")
    await _to(stage, 35.0)
    await stage.press("O", "2", "l", "l", "j", "j", "j", "s", "{", "{", "{")
    await stage.until(lambda: stage.deck.loop and any(p.gain_db == -3 for p in stage.deck.parts))
    await _to(stage, 21.0)


async def _pause(stage: Stage) -> None:
    """With a second key where the first was none to pause.

    On a busy machine the output may seem lost for a moment; a key then has it tried at once.
    """
    while stage.deck.transport != "paused":
        since = stage.deck.position
        await stage.press("space")
        await stage.until(
            lambda since=since: (
                stage.deck.transport == "paused"
                or (stage.deck.transport == "playing" and stage.deck.position > since + 1.0)
            )
        )


async def _to(stage: Stage, second: float) -> None:
    stage.session.player.seek_to(second)
    await stage.until(lambda: stage.deck.position == second)


def _whole(stage: Stage, name: str) -> bool:
    """Whether that part is there, decoded and drawn to its end, and the screen knows of it."""
    player = stage.session.player
    there = any(
        part.name == name and part.complete and part.decoded == part.frames
        for part in stage.deck.parts
    )
    drawn = len(player.bands(name)) == BANDS * player.expected_bins(name)
    opened = player.opened
    return there and drawn and opened is not None and opened.buffered == 1.0


# --- the list


@dataclass(frozen=True, slots=True)
class Look:
    """A size in cells and a theme, as in `80x24 light`; dark where none is said."""

    said: str

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        columns, lines = self.said.split()[0].split("x")
        return int(columns), int(lines)

    @property
    def theme(self) -> str:
        """One of the rig's `THEMES`."""
        return (*self.said.split(), "dark")[1]


@dataclass(frozen=True, slots=True)
class Scene:
    """One screen, reached once by its steps and taken at each look, the app resized between them.

    `on` is one of `APPS`; its scenes follow each other on the same running app.
    """

    name: str
    on: str
    steps: Steps
    looks: tuple[str, ...]

    def names(self) -> dict[str, Look]:
        """The names of its pictures."""
        looks = map(Look, self.looks)
        return {f"{self.name}-{each.said.split()[0]}-{each.theme}": each for each in looks}

    def head(self, look: Look) -> tuple[str, ...]:
        """What stands over a picture of it."""
        columns, lines = look.size
        return (
            f"screen: {self.name}",
            f"size: {columns} columns, {lines} lines",
            f"theme: {look.theme}",
        )


_SIZES: Final = ("60x16", "80x24", "160x50", "250x70")
_EVERY: Final = (*_SIZES, "80x24 light", "80x24 contrast")
_DESK: Final = (*_EVERY, "160x50 light", "160x50 contrast")

_ON_JOBS: Final = (
    ("titles", nothing, _EVERY),
    ("failed", at(FAILED), _EVERY),
    ("refused", at(REFUSED), _EVERY),
    ("running", at(RUNNING), _EVERY),
    ("no-hit", no_hit, _EVERY),
    ("help", help_page, _EVERY),
    ("palette", palette, _EVERY),
    ("profiles", profiles, _EVERY),
    ("add", adding, _EVERY),
    ("not-added", not_added, _EVERY),
    ("own-key", own_key, _EVERY),
    ("master", master, _DESK),
    ("stems", stems, _DESK),
    ("zoomed", zoomed, _EVERY),
)
"""In this order: the steps to the stems go on from the open master, and the zoom from them."""

SCENES: Final = (
    Scene("demo", "demo", nothing, _EVERY),
    *(Scene(name, "jobs", steps, looks) for name, steps, looks in _ON_JOBS),
    Scene("empty", "empty", nothing, _EVERY),
    Scene("wrong-key", "wrong key", nothing, _EVERY),
    Scene("offline", "offline", nothing, _EVERY),
    *(
        Scene(name, "no colour", steps, ("80x24 no-colour", "160x50 no-colour"))
        for name, steps, _ in _ON_JOBS
    ),
)
