"""Builds a session from settings: the only place that knows all the constructors."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import random
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from takedeck.config import Folders, Settings, child_environment, private_folder
from takedeck.library.budget import Budget
from takedeck.library.schedule import Schedule
from takedeck.library.store import Store
from takedeck.providers.base import Provider as Provider
from takedeck.session.events import Hub

_VOLUME: Final = re.compile(r"0\.\d{2}|1\.00")

if TYPE_CHECKING:
    from takedeck.deck.client import DeckClient
    from takedeck.session.job_history import JobHistory
    from takedeck.session.session import Closer, Session


async def provider_for(settings: Settings) -> Provider:
    """The client of the API that the settings name.

    Raises `ConfigError` if a setting is missing or cannot be used.
    """
    settings.require_key()
    # Imported in a thread, so that a screen that is already shown stays responsive.
    name = f"takedeck.providers.{settings.provider}"
    module = await asyncio.to_thread(importlib.import_module, name)
    client: Provider = module.connect(
        settings.base_url, settings.key, settings.account, storage_hosts=settings.storage_hosts
    )
    return client


async def connect(settings: Settings, folders: Folders, *closers: Closer) -> Session:
    """Make a session that is ready to start; its deck's process has been spawned.

    `closers` are awaited when the session closes. Raises what `provider_for` raises. Folders that
    cannot be made or written raise nothing here: history and cache report them.
    """
    from takedeck.deck.client import DeckClient

    for folder in (folders.cache, folders.data):
        with contextlib.suppress(OSError):
            await asyncio.to_thread(private_folder, folder)
    deck = DeckClient(environ=child_environment(settings))
    await deck.start(settings.output)
    provider: Provider | None = None
    try:
        provider = await provider_for(settings)
        await asyncio.to_thread(importlib.import_module, "takedeck.media.fetch")
        from takedeck.session.job_history import JobHistory

        store = Store()
        history = await JobHistory.open(
            folders.history(demo=settings.demo),
            settings.owner,
            store,
            provider.server_now,
            former=settings.former_owner,
            settings=folders.data,
        )
        rooms = Rooms(settings, folders, provider, deck, store, history)
        return _joined(rooms, [provider.close, *closers])
    except BaseException:
        await deck.close()
        if provider is not None:
            await provider.close()
        raise


def _volume(settings: Settings, history: JobHistory) -> float:
    """The volume set in the config file, or else the last run's, or else the default; 0..1."""
    kept = history.kept("volume")
    if "volume" in settings.sources or not _VOLUME.fullmatch(kept):
        return settings.volume
    return float(kept)


@dataclass(frozen=True, slots=True)
class Rooms:
    """What a session is made of."""

    settings: Settings
    folders: Folders
    provider: Provider
    deck: DeckClient
    store: Store
    history: JobHistory


def _joined(rooms: Rooms, closers: list[Closer]) -> Session:
    from takedeck.media.cache import Cache
    from takedeck.media.fetch import Fetcher
    from takedeck.session.player import Player
    from takedeck.session.poller import JobPoller
    from takedeck.session.session import Session
    from takedeck.session.tasks import Tasks

    hub, tasks = Hub(), Tasks()
    store, settings = rooms.store, rooms.settings
    poller = JobPoller(
        rooms.provider,
        store,
        Schedule(random.Random(), fastest=rooms.provider.abilities.fastest),
        Budget(time.monotonic),
        hub.emit,
    )
    player = Player(
        rooms.provider,
        rooms.deck,
        Fetcher(reach=settings.reach),
        Cache(rooms.folders.audio(demo=settings.demo)),
        owner=settings.owner,
        volume=_volume(settings, rooms.history),
        find=store.get,
        fetch_job=poller.fetch_job,
        gone=poller.gone,
        learn=poller.learn,
        emit=hub.emit,
        tasks=tasks,
    )
    return Session(
        settings, rooms.provider, store, poller, player, rooms.history, hub, tasks, closers
    )
