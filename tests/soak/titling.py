"""Titles that try to break what shows them, and an API that says them in every text."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.providers.server import Request, json_reply

_PIECES: Final = (
    "[@click=app.boom]x[/]",
    "[@click=screen.boom]x[/]",
    "[@click=boom()]x[/]",
    "[/]",
    "[/intro]",
    "[",
    "]",
    "\\[",
    "[bold]",
    "[link=http://x]l[/link]",
    "[$primary on red]",
    "[verse]",
    "{}",
    "%s",
    "$primary",
    "\x1b[31m",
    "\x1b]0;t\x07",
    "\x9b2J",
    "\x90q\x9c",
    "\r",
    "\n",
    "\t",
    "\0",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\u2028",
    "\ufeff",
    "\U000e0041",
    "\ud800",
    "\udfff",
    "👩\u200d👩\u200d👧\u200d👦",
    "🏳️\u200d🌈",
    "👍🏽",
    "🇩🇪",
    "1️⃣",
    "☺️",
    "e\u0301",
    "Z" + "\u0301" * 40,
    "深夜の勉強",
    "지하철",
    "﷽",
    "שלום",
    "مرحبا",
    "हिन्दी",
    "ﬀ",
    "\u3164",
    "\u1160",
    "\u115f",
    "\uffa0",
    "\u2800",
    "𝔘",
    "\U0001f9d1\u200d",
    "w" * 400,
    "界" * 400,
    "\u0300" * 400,
    " " * 400,
    "…",
    "—",
    "\xa0",
)
_TITLES: Final = st.lists(
    st.one_of(st.sampled_from(_PIECES), st.text(st.characters(), max_size=12)), max_size=6
).map("".join)


def titles(count: int, number: int) -> list[str]:
    """So many titles, no two the same; the same ones for the same seed."""
    made: dict[str, None] = {}

    @seed(number)
    @settings(
        max_examples=2 * count + 20,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(_TITLES)
    def collect(title: str) -> None:
        made[title] = None

    collect()
    return list(made)[:count]


class Titled:
    """An API whose jobs have these titles, in `ended` as well as in the jobs' other texts.

    The jobs are under way until `ended`; with `refusing` every call is an error.
    """

    def __init__(self) -> None:
        self.batch = 0
        self.titles: Sequence[str] = ()
        self.ended = False
        self.refusing = False
        self.media = ""

    def __call__(self, request: Request, _: socket.socket) -> bytes:
        if "/v1/music/" not in request.path:
            return json_reply({}, 404)
        if self.refusing:
            text = " ".join(self.titles)
            error = {"code": text, "message": text, "system_message": text, "trace_id": text}
            return json_reply({"success": False, "error": error}, 403)
        jobs = [self._job(number, title) for number, title in enumerate(self.titles)]
        named = request.path.rpartition("/")[2]
        if "/tracks/" in request.path:
            return json_reply(self._track(named, self.titles[int(named.rpartition("_")[2])]))
        if named != "generations":
            return json_reply(next(job for job in jobs if job["id"] == named))
        return json_reply({"jobs": jobs, "limit": 50, "offset": 0})

    def id_of(self, number: int) -> str:
        """The id of this batch's job with that number."""
        return f"mgen_{self.batch}_{number}"

    def _job(self, number: int, title: str) -> dict[str, Any]:
        kind = ("succeeded", "failed", "refused", title)[number % 4] if self.ended else "running"
        track = f"mtrack_{self.batch}_{number}"
        return {
            "id": self.id_of(number),
            "status": kind,
            "progress": 40,
            "engine": title,
            "mode": title,
            "created_at": f"2026-05-{1 + self.batch % 28:02}T11:59:{59 - number:02}Z",
            "result_track_id": track if kind == "succeeded" else None,
            "error_message": title if kind == "failed" else None,
            "refusal_reason": title if kind == "refused" else None,
            "track": self._track(track, title) if kind == "succeeded" else None,
        }

    def _track(self, track_id: str, title: str) -> dict[str, Any]:
        url = f"{self.media}/gone.mp3"
        return {
            "id": track_id,
            "title": title,
            "engine": title,
            "mode": title,
            "mime_type": title,
            "licence_class": title,
            "measured_duration_seconds": 61.0,
            "playback_url": url,
            "stem_urls": dict.fromkeys(self.titles, url),
        }
