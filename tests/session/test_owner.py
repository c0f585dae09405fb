"""Whose audio and whose jobs: an API's address and an account, also of those kept before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from takedeck.config import Folders, Settings
from takedeck.library.history import History
from takedeck.media.cache import Cache
from takedeck.session.adding import remember
from takedeck.session.connect import connect, provider_for
from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator
from takedeck.simulator.takes import Take, job_id
from takedeck.text import Secret
from tests.session.hearing import opened
from tests.session.rig import second_settings, session_of, settings_of

JOB = "mgen_0000000000a1"


def cached() -> int:
    return Cache(Folders.of_user().audio(demo=False)).usage()[1]


async def test_two_servers_share_no_audio(simulator: Simulator, song_cache: Path) -> None:
    with Simulator(cache=song_cache, clock=simulator.clock, rate_limit=None) as other:
        for server, song in ((simulator, "bossa"), (other, "waltz")):
            now = server.clock.now()
            server.jobs.add(Plan(JOB, now - timedelta(minutes=9), song=song, title=song))

        async def hear(server: Simulator) -> None:
            async with session_of(settings_of(server)) as (session, ear):
                await ear.until(lambda: JOB in session._store)
                await opened(session, ear, JOB)
                await ear.until(lambda: all(it.complete for it in session.player.deck_state.parts))

        await hear(simulator)
        assert cached() == 1
        await hear(other)
        assert cached() == 2
        await hear(simulator)
        assert cached() == 2


async def test_two_tokens_share_no_jobs_and_no_settings(simulator: Simulator) -> None:
    created = simulator.clock.now() - timedelta(hours=1)
    mine = simulator.takes.add(Take(job_id(20260801), created))
    settings = second_settings(simulator)
    async with session_of(settings) as (session, _):
        await session.add([mine.jobid])
        session.remember("failed", "words")
    async with session_of(replace(settings, key=Secret("user:888-other"))) as (session, _):
        assert mine.jobid not in session._store
        assert session.recall() == ("", "")
    async with session_of(settings) as (session, _):
        assert mine.jobid in session._store
        assert session.recall() == ("failed", "words")


def former(settings: Settings) -> str:
    """The owner as the version before wrote it."""
    account = settings.organization or settings.profile
    return f"{settings.provider}|{account}|{settings.base_url.partition('//')[2]}"


def keep_as_before(settings: Settings, job_id: str) -> None:
    """Write a history as the version before did."""
    from takedeck.model import SUCCEEDED, Job

    history, message = History.open(Folders.of_user().data)
    assert message is None
    history.save(former(settings), [Job(job_id, SUCCEEDED)])
    history.remember(former(settings), "search", "words")
    history.close()


@pytest.mark.parametrize("of", [settings_of, second_settings], ids=["aitronos", "mureka"])
async def test_the_history_of_the_version_before_is_found(simulator: Simulator, of: type) -> None:
    settings = of(simulator)
    keep_as_before(settings, "job_of_before")
    for _ in range(2):
        session = await connect(settings, Folders.of_user())
        try:
            assert "job_of_before" in session._store
            assert session.recall() == ("", "words")
        finally:
            await session.close()


async def test_adding_a_job_first_does_not_lose_it_either(simulator: Simulator) -> None:
    created = simulator.clock.now() - timedelta(hours=1)
    take = simulator.takes.add(Take(job_id(20260801), created))
    settings = second_settings(simulator)
    keep_as_before(settings, "job_of_before")
    provider = await provider_for(settings)
    async for _ in remember(provider, settings, Folders.of_user(), [take.jobid]):
        pass
    await provider.close()
    session = await connect(settings, Folders.of_user())
    try:
        assert {"job_of_before", take.jobid} <= {job.id for job in session._store}
    finally:
        await session.close()
