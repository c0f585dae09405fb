"""What the session's tests share: a watch, a player or both on a running simulator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

from takedeck.config import Folders, Settings
from takedeck.library.budget import Budget
from takedeck.library.schedule import Schedule
from takedeck.library.store import Store
from takedeck.providers.aitronos import connect as client
from takedeck.providers.base import Provider
from takedeck.providers.mureka import connect as second_client
from takedeck.session.connect import connect
from takedeck.session.events import Event, Trouble
from takedeck.session.poller import JobPoller
from takedeck.session.session import Session
from takedeck.simulator.service import Simulator
from takedeck.text import Secret

DEADLINE = 100.0
NEVER = 3_600.0
AT_ONCE = 0.01

E = TypeVar("E")


class Ear:
    """Everything that was told, and a way to wait for more."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self._news = asyncio.Event()

    def __call__(self, event: Event) -> None:
        self.told.append(event)
        self._news.set()

    def of(self, kind: type[E]) -> list[E]:
        """What was told of that kind."""
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def troubles(self) -> list[str]:
        """What was told of troubles, in words."""
        return [str(event.error) for event in self.of(Trouble)]

    async def until(self, enough: Callable[[], Any]) -> None:
        """Wait from event to event until `enough()`. Raises TimeoutError."""
        try:
            async with asyncio.timeout(DEADLINE):
                while not enough():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"not in time; told last: {self.told[-3:]}") from None

    async def more(self, kind: type[Any], count: int = 1) -> None:
        """Wait for that many more of a kind."""
        wanted = len(self.of(kind)) + count
        await self.until(lambda: len(self.of(kind)) >= wanted)


class Watching:
    """A watch on a simulator, with its store and what it told."""

    def __init__(self, provider: Provider, fastest: float, budget: Budget | None) -> None:
        self.ear = Ear()
        self.store = Store()
        loop = asyncio.get_running_loop()
        schedule = Schedule(Random(1), fastest)
        self.watch = JobPoller(
            provider, self.store, schedule, budget or Budget(loop.time), self.ear
        )


@asynccontextmanager
async def watching(
    simulator: Simulator,
    *,
    fastest: float = NEVER,
    key: str | None = None,
    budget: Budget | None = None,
    base_url: str | None = None,
    mureka: bool = False,
    apart: float = 0.0,
) -> AsyncIterator[Watching]:
    """A watch whose loop runs until the end of the block; of the second API if asked for."""
    url = base_url or simulator.base_url
    provider: Provider
    if mureka:
        provider = second_client(url, Secret(simulator.token), "default")
    else:
        provider = client(url, Secret(key or simulator.api_key), simulator.organization)
    # No test waits for a pace that is not its own.
    provider.abilities = replace(provider.abilities, min_interval=apart)
    this = Watching(provider, fastest, budget)
    loop = asyncio.create_task(this.watch.run())
    try:
        yield this
    finally:
        loop.cancel()
        ended = (await asyncio.gather(loop, return_exceptions=True))[0]
        await provider.close()
        assert isinstance(ended, asyncio.CancelledError), ended


def settings_of(simulator: Simulator, **changes: Any) -> Settings:
    """Settings that point at the simulator, silent."""
    return Settings(
        base_url=simulator.base_url,
        key=Secret(simulator.api_key),
        organization=simulator.organization,
        **({"output": "null"} | changes),
    )


def second_settings(simulator: Simulator, **changes: Any) -> Settings:
    """Settings that point at the simulator's second API, silent."""
    return Settings(
        provider="mureka",
        base_url=simulator.base_url,
        key=Secret(simulator.token),
        **({"output": "null"} | changes),
    )


@asynccontextmanager
async def joined(simulator: Simulator) -> AsyncIterator[tuple[Session, Ear]]:
    """A whole session on the simulator, its deck's process running; it must close cleanly."""
    async with session_of(settings_of(simulator)) as both:
        yield both


@asynccontextmanager
async def session_of(
    settings: Settings, folders: Folders | None = None
) -> AsyncIterator[tuple[Session, Ear]]:
    """A whole session of these settings."""
    session = await connect(settings, folders or Folders.of_user())
    ear = Ear()
    session.listen(ear)
    crashes: list[BaseException] = []
    session.start(crashes.append)
    try:
        yield session, ear
    finally:
        await session.close()
        assert not crashes
