"""No date and no number of a job ends the app: it is shown, or it is unknown."""

from __future__ import annotations

import pytest

from takedeck.config import Settings
from takedeck.session.connect import connect
from takedeck.session.session import Session
from tests.extremes import DATES, EARLIEST, LATEST, Extreme, zone
from tests.providers.server import Server
from tests.tui.stage import Studio, app_on, folders


@pytest.mark.trial
@pytest.mark.parametrize("place", ["Asia/Tokyo", "America/New_York"])
async def test_every_job_is_shown_and_again_at_the_next_start(quiet: Studio, place: str) -> None:
    api = Extreme()

    with Server(api) as server, zone(place):
        settings = Settings(output="null").for_simulator(server.url, "ak_1", "org_1")

        async def connecting() -> Session:
            return await connect(settings, folders(quiet.base))

        for visit in ("G", "j" * len(api.jobs)):
            async with app_on(connecting, size=(120, 60)) as stage:
                await stage.connected()
                await stage.until(lambda: len(stage.session._store) == len(api.jobs))
                await stage.press("g")
                await stage.press(*visit)
                await stage.press("g", "enter")
                await stage.until(lambda: stage.session.player.opened)
                await stage.settled()


@pytest.mark.parametrize(("date", "place"), [(LATEST, "Asia/Tokyo"), (EARLIEST, "Etc/GMT+12")])
async def test_a_date_that_cannot_be_shown_is_unknown(quiet: Studio, date: str, place: str) -> None:
    with Server(Extreme()) as server, zone(place):
        settings = Settings(output="null").for_simulator(server.url, "ak_1", "org_1")

        async def connecting() -> Session:
            return await connect(settings, folders(quiet.base))

        async with app_on(connecting) as stage:
            await stage.connected()
            await stage.move_to(f"mgen_{5 * DATES.index(date)}")
            await stage.until(lambda: "unknown" in stage.pane("#job"))
