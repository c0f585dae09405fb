"""Dates and numbers at the ends of what they can be, the time zones in which they fall off, and an
API whose every job has some."""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from tests.providers.server import Request, json_reply

ZONES: Final = ("UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Etc/GMT+12", "X-24")
LATEST, EARLIEST = "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"
DATES: Final = (
    LATEST, EARLIEST, "9999-12-31T23:59:59.999999-00:01", "0001-01-01T00:00:00+00:01",
    "9999-12-30T23:59:59Z", "0001-01-02T00:00:00Z", "0999-06-01T00:00:00Z", "1000-01-01T00:00:00Z",
    "1900-01-01T00:00:00", "1969-12-31T23:59:59.999999Z", "2038-01-19T03:14:08Z", "2026-W01-1",
    "20260101T000000Z", "10000-01-01T00:00:00Z", "2026-02-29T00:00:00Z", "now", "", None, 0, 1e308,
)  # fmt: skip
NUMBERS: Final = (
    0, -1, 101, 10**400, -(10**400), 1e308, -1e308, 5e-324, 0.5, 99.5, 2**63, "50", "", None, True,
    [], {},
)  # fmt: skip
STATUSES: Final = ("running", "queued", "succeeded", "failed", "odd")


@contextmanager
def zone(name: str) -> Iterator[None]:
    """This process in that time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


class Extreme:
    """Answers the three calls. Job and track of one number have the same values at every call.

    Every date stands with every status; numbers are drawn.
    """

    def __init__(self, seed: int = 1, dates: tuple[Any, ...] = DATES) -> None:
        dice = random.Random(seed)
        self.jobs = [
            self._job(number, dice, date, status)
            for number, (date, status) in enumerate((d, s) for d in dates for s in STATUSES)
        ]

    def __call__(self, request: Request, _: socket.socket) -> bytes:
        named = request.path.rpartition("/")[2]
        if named == "generations":
            return json_reply({"jobs": self.jobs, "limit": 10**400, "offset": -1})
        number = int("".join(filter(str.isdigit, named)) or 0)
        if number >= len(self.jobs):
            return json_reply({}, 404)
        job = self.jobs[number]
        return json_reply(job["track"] if named.startswith("mtrack_") else job)

    def _job(self, number: int, dice: random.Random, date: Any, status: str) -> dict[str, Any]:
        any_number = dice.choice(NUMBERS)
        track = {
            "id": f"mtrack_{number}", "title": f"Take {number}", "instrumental": True,
            "measured_duration_seconds": dice.choice(NUMBERS), "created_at": date,
        }  # fmt: skip
        return {
            "id": f"mgen_{number}", "status": status, "progress": any_number, "engine": "studio",
            "mode": "creation", "created_at": date, "result_track_id": f"mtrack_{number}",
            "error_message": None, "refusal_reason": None, "playback_url": None, "track": track,
        }  # fmt: skip
