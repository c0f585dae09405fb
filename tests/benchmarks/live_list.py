"""The jobs pane at 1,000 to 100,000 jobs, against Textual's DataTable in the same run."""

from __future__ import annotations

import asyncio
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import DataTable

from takedeck.library.store import Store, View
from takedeck.model import RUNNING, STATUSES, Job
from takedeck.tui.themes import complete
from takedeck.tui.widgets.jobs import JobsPane

NOW = datetime(2026, 6, 28, tzinfo=UTC)
COUNTS = (1_000, 10_000, 100_000)
KEYS = 200


def jobs(count: int) -> list[Job]:
    """That many jobs, one every half minute; the newest runs."""
    made = [
        Job(
            f"mgen_{n:012x}",
            STATUSES[2 + n % 4],
            progress=100,
            engine="studio",
            mode="creation",
            created_at=NOW - timedelta(seconds=30 * n),
        )
        for n in range(count)
    ]
    made[0] = replace(made[0], status=RUNNING, progress=1)
    return made


class Ours(App[None]):
    """The jobs pane alone."""

    def get_css_variables(self) -> dict[str, str]:
        return complete(super().get_css_variables())

    def compose(self) -> ComposeResult:
        yield JobsPane(NOW)


class Table(App[None]):
    """A DataTable alone."""

    def compose(self) -> ComposeResult:
        yield DataTable(cursor_type="row")


class Clock:
    """Times what is done up to its paint, in milliseconds."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self._pilot = pilot

    async def painted(self, act: Callable[[], Awaitable[None] | None]) -> float:
        began = time.perf_counter()
        if (waiting := act()) is not None:
            await waiting
        done = asyncio.Event()
        self._pilot.app.screen.call_after_refresh(done.set)
        await done.wait()
        return (time.perf_counter() - began) * 1000


async def ours(made: list[Job]) -> dict[str, float]:
    """The figures of the jobs pane."""
    figures: dict[str, float] = {}
    app = Ours()
    async with app.run_test(size=(120, 40)) as pilot:
        pane, clock, store = app.query_one(JobsPane), Clock(pilot), Store()
        pane.focus()

        def load() -> None:
            store.apply(made)
            pane.show(View(store), complete=True)

        figures["load"] = await clock.painted(load)
        progress = iter(range(2, 100))

        def update() -> None:
            change = store.apply([replace(made[0], progress=next(progress))])
            pane.apply(change, complete=True)

        figures["one row"] = statistics.median([await clock.painted(update) for _ in range(20)])
        figures["refresh"] = await clock.painted(
            lambda: pane.show(View(store, STATUSES[3]), complete=True)
        )
        pane.show(View(store), complete=True)
        figures |= keyed([await clock.painted(lambda: pane.action_move(1)) for _ in range(KEYS)])
    return figures


async def table(made: list[Job]) -> dict[str, float]:
    """The figures of a DataTable with the same rows."""
    figures: dict[str, float] = {}
    app = Table()
    async with app.run_test(size=(120, 40)) as pilot:
        rows, clock = app.query_one(DataTable), Clock(pilot)
        rows.focus()
        rows.add_columns("status", "id", "engine", "progress")

        def fill() -> None:
            for job in made:
                rows.add_row(job.status.word, job.id, job.engine, str(job.progress), key=job.id)

        def refill() -> None:
            rows.clear()
            fill()

        figures["load"] = await clock.painted(fill)
        column = list(rows.columns)[3]
        figures["one row"] = statistics.median(
            [
                await clock.painted(lambda n=n: rows.update_cell(made[0].id, column, str(n)))
                for n in range(5)
            ]
        )
        figures["refresh"] = await clock.painted(refill)
        figures |= keyed([await clock.painted(rows.action_cursor_down) for _ in range(KEYS)])
    return figures


def keyed(times: list[float]) -> dict[str, float]:
    """The median and the 95th percentile of key to paint."""
    return {"key p50": statistics.median(times), "key p95": statistics.quantiles(times, n=20)[18]}


def memory(count: int) -> float:
    """What store and view of that many jobs hold, in MiB."""
    tracemalloc.start()
    store = Store()
    store.apply(jobs(count))
    view = View(store)
    held = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    assert len(view) == count
    return held


def main() -> None:
    """Print a table for each count, times in milliseconds."""
    for count in COUNTS:
        made = jobs(count)
        here, there = asyncio.run(ours(made)), asyncio.run(table(made))
        print(f"{count:,} jobs: {memory(count):.0f} MiB held")
        for name, value in here.items():
            print(f"  {name:<8} {value:9.1f} ms   DataTable {there[name]:9.1f} ms   "
                  f"{there[name] / value:7.1f} x")  # fmt: skip


if __name__ == "__main__":
    main()
