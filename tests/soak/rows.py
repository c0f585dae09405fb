"""Rows of the history that hold anything, and dates of every kind in every time zone."""

from __future__ import annotations

import itertools
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from rich.style import Style

from takedeck.config import Settings
from takedeck.library.history import History
from takedeck.library.history_file import NAME
from takedeck.library.index import Index
from takedeck.library.search import parse
from takedeck.library.store import Store
from takedeck.model import STATUSES, Job, Track
from takedeck.text import Secret
from takedeck.tui.widgets.job_detail import describe
from takedeck.tui.widgets.job_row import row
from tests.extremes import NUMBERS, ZONES, Extreme, zone
from tests.providers.server import Server
from tests.soak.pty import Pty
from tests.soak.sequences import text_of
from tests.soak.terminal import environment
from tests.soak.trial import Outcome, Trial

_JOBS: Final = 60
_IN_APP: Final = 25
"""Every twenty-fifth is shown by the real app, and listed by the real command."""
_COLUMNS: Final = {
    "jobs": (
        "id", "status", "progress", "engine", "mode", "created", "track_id", "error", "refusal",
        "trouble", "took", "facts",
    ),
    "tracks": (
        "id", "title", "engine", "mode", "instrumental", "duration", "mime_type", "licence",
        "created", "facts",
    ),
    "settings": ("value",),
}  # fmt: skip
_ENDS: Final = tuple(
    datetime.max.replace(tzinfo=UTC) - timedelta(hours=hours) for hours in (0, 9, 24)
) + tuple(datetime.min.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in (0, 5, 24))
_NOW: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)
_BLOB: Final = "CAST(x'c3' AS TEXT)"


def _values(dice: random.Random) -> tuple[str, Any]:
    """An expression, and what stands for the `?` in it."""
    values = [
        *(value for value in NUMBERS if isinstance(value, (int, float, str))),
        "[" * 90_000, "[[1, 2]]", "{}", "../../etc", "\0", "z" * 1_000_000, dice.randbytes(9),
        float("inf"), dice.getrandbits(63), -dice.getrandbits(63), dice.random() * 1e18,
        253_402_300_799_999_999, -62_135_596_800_000_000,
    ]  # fmt: skip
    value = dice.choice(values)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        value = str(value)
    return (_BLOB, None) if dice.random() < 0.1 else ("?", value)


class _Kept:
    """A history on disk, some rows of which are then spoiled."""

    def __init__(self, folder: Path, owner: str, dice: random.Random) -> None:
        self.folder, self.owner, self.dice = folder, owner, dice
        self.jobs = [self._job(number) for number in range(_JOBS)]
        history, _ = History.open(folder)
        history.save(owner, self.jobs)
        history.remember(owner, "search", "")
        history.close()
        self.spoiled: set[int] = set()
        with closing(sqlite3.connect(folder / NAME, isolation_level=None)) as file:
            for _ in range(dice.choice((0, 1, 5, 40))):
                self._spoil(file)

    def _job(self, number: int) -> Job:
        dice = self.dice
        when = dice.choice((*_ENDS, None, _NOW - timedelta(seconds=number)))
        tracks = [
            Track(f"t{number}_{n}", title="Übermut", duration=60.5, created_at=when)
            for n in range(dice.randrange(3))
        ]
        status = dice.choice(STATUSES)
        return Job(f"mgen_{number}", status, 50, created_at=when, tracks=tuple(tracks))

    def _spoil(self, file: sqlite3.Connection) -> None:
        table = self.dice.choice(("jobs", "jobs", "jobs", "tracks", "tracks", "settings"))
        column = self.dice.choice(_COLUMNS[table])
        number = self.dice.randrange(_JOBS)
        key = {"jobs": "number", "tracks": "job", "settings": "owner"}[table]
        value, bound = _values(self.dice)
        change = f"UPDATE OR IGNORE {table} SET {column} = {value} WHERE {key} = :key"  # noqa: S608
        file.execute(change.replace("?", ":value"), {"value": bound, "key": number + 1})
        if table != "settings":
            self.spoiled.add(number)

    def read(self) -> Iterator[str]:
        """What is harm in what comes of it, by pages of any size, shown in any zone."""
        history, message = History.open(self.folder)
        if message is not None:
            yield f"the file itself was given up: {message}"
        size = self.dice.choice((None, 1, 7, 50))
        try:
            found = page = history.load(self.owner, size)
            while size and page:
                page = history.load(self.owner, size, after=page[-1].id)
                found = found + page
            Store().apply(found)
            history.durations(self.owner)
            history.recall(self.owner, "search")
            yield from self._lost(found, history.unread)
            index, query = Index(), parse("rain status:failed engine:x")
            with zone(self.dice.choice(ZONES)):
                for job in found:
                    index.matches(query, job)
                    show(job)
            history.save(self.owner, self.jobs)
            again = {job.id for job in history.load(self.owner)}
            if gone := {job.id for job in self.jobs} - again:
                yield f"the next answer does not bring back {len(gone)}"
        except Exception as fault:  # noqa: BLE001 - this is what the trial is for
            yield f"{type(fault).__name__}: {str(fault)[:200]}"
        finally:
            history.close()

    def _lost(self, found: list[Job], unread: int) -> Iterator[str]:
        ids = {job.id for job in found}
        whole = {job.id for number, job in enumerate(self.jobs) if number not in self.spoiled}
        if lost := whole - ids:
            yield f"{len(lost)} jobs that were not touched are not shown"
        if len(found) + unread != _JOBS:
            yield f"{len(found)} shown and {unread} set aside of {_JOBS}"


def show(job: Job) -> None:
    """Draw it as the app does, in the list and in its pane."""
    for width in (20, 80):
        describe(job, _NOW, width)
        row(job, width=width, now=_NOW, opened=False, styles=lambda _: Style())


def _in_app(home: Path, place: str, dice: random.Random) -> Iterator[str]:
    """The same before the real app and the real commands, in that time zone."""
    api = Extreme(dice.getrandbits(32))
    with Server(api) as server:
        env = environment(home, server.url) | {"TZ": place}
        settings = Settings(base_url=server.url, key=Secret("ak_planted"), organization="org_1")
        _Kept(home / "data" / "takedeck", settings.owner, dice)
        number = dice.randrange(len(api.jobs))
        for words in (["jobs"], ["job", f"mgen_{number}"], ["track", f"mtrack_{number}"]):
            done = subprocess.run(
                [sys.executable, "-m", "takedeck", *words], env=env, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            if done.returncode or done.stderr:
                yield f"{words} in {place} ended with {done.returncode}: {done.stderr[-200:]!r}"
        for start in ("first", "second"):
            with Pty([sys.executable, "-m", "takedeck"], env, (120, 40)) as terminal:
                if not terminal.until(lambda new: "live" in text_of(new)):
                    yield f"at the {start} start in {place} the app is not live"
                for keys in ("j" * 40, "G", "k" * 10, "g", "\r", "?", "q"):
                    terminal.type(keys)
                    terminal.settle(deadline=2.0)
                terminal.type("q")
                if (code := terminal.wait()) != 0:
                    yield f"at the {start} start in {place} the app ended with {code}"


def _run(count: int, seed: int) -> Outcome:
    dice = random.Random(seed)
    harm: list[str] = []
    apps = spoiled = 0
    places = itertools.cycle(ZONES)
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            if number % _IN_APP == 0:
                apps += 1
                found = list(_in_app(Path(folder), next(places), dice))
            else:
                kept = _Kept(Path(folder), "me", dice)
                spoiled += len(kept.spoiled)
                found = list(kept.read())
        harm += [f"{number}: {what}" for what in found]
    figures = {"rows spoiled": f"{spoiled:,}", "starts of the app": f"{2 * apps}"}
    return Outcome(count, tuple(harm), figures)


TRIAL = Trial(
    promise="what can be read is shown, in every time zone, and nothing ends",
    unit="histories with rows that hold anything",
    whole=500,
    small=10,
    run=_run,
)
