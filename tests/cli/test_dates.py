"""No date and no number of a job ends a command, whatever the time zone."""

from __future__ import annotations

import re

import pytest

from tests.cli.rig import takedeck
from tests.extremes import DATES, EARLIEST, LATEST, Extreme
from tests.providers.server import Server

SETTINGS = {"FREDDY_API_KEY": "ak_1", "TAKEDECK_ORGANIZATION": "org_1"}


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_every_job_is_listed(zone: str) -> None:
    api = Extreme()
    with Server(api) as server:
        env = SETTINGS | {"TAKEDECK_BASE_URL": server.url, "TZ": zone}
        done = takedeck("jobs", "--limit", "100", env=env)

    assert (done.code, done.err) == (0, "")
    assert re.findall(r"\bmgen_\d+\b", done.out) == [job["id"] for job in api.jobs]


@pytest.mark.parametrize(("date", "zone"), [(LATEST, "Asia/Tokyo"), (EARLIEST, "America/New_York")])
def test_a_job_and_a_track_are_shown(date: str, zone: str) -> None:
    number = 5 * DATES.index(date)
    with Server(Extreme()) as server:
        env = SETTINGS | {"TAKEDECK_BASE_URL": server.url, "TZ": zone}
        job = takedeck("job", f"mgen_{number}", env=env)
        track = takedeck("track", f"mtrack_{number}", env=env)

    assert (job.code, job.err, track.code, track.err) == (0, "", 0, "")
    assert f"mgen_{number}" in job.out
    assert f"mtrack_{number}" in track.out
