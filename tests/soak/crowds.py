"""Answers that are well formed and far too many, too long or too wild, each where it belongs."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from tests.providers.mureka_page import JOB_ID, MUSIC
from tests.soak.mangled import CONTROLS, JOB, LIST, STEMS, TRACK, text

_MANY: Final = 10_000
_URL: Final = "https://storage.test/a.mp3"
_LONG: Final = ("a" * 7_000_000, "\u0301" * 1_000_000, "\x1b" * 1_000_000, "\ud800" * 1_000_000)


def _stems(_: random.Random) -> dict[str, Any]:
    return TRACK | {"stem_urls": {f"stem{n}": _URL for n in range(_MANY)}}


def _alike(_: random.Random) -> dict[str, Any]:
    return TRACK | {"stem_urls": {"drums" + "\u200b" * n: _URL for n in range(300)}}


def _songs(_: random.Random) -> dict[str, Any]:
    songs = [{"song_id": f"song:{n}", "mp3_url": _URL} for n in range(_MANY)]
    return MUSIC | {"response": MUSIC["response"] | {"songs": songs}}


def _jobs(_: random.Random) -> dict[str, Any]:
    return LIST | {"jobs": [{"id": f"mgen_{n}", "status": "queued"} for n in range(_MANY)]}


def _running(_: random.Random) -> dict[str, Any]:
    jobs = [{"jobid": f"{JOB_ID}{n}", "elapsed": "00:00:20"} for n in range(_MANY)]
    return {"total": _MANY, "accounts": {f"{n}": {"jobs": jobs[n::50]} for n in range(50)}}


def _wild(_: random.Random) -> dict[str, Any]:
    def wild(body: dict[str, Any]) -> dict[str, Any]:
        shown = {"title", "engine", "mode", "mime_type", "licence_class", "status"}
        shown |= {"error_message", "refusal_reason"}
        return body | dict.fromkeys(sorted(shown & body.keys()), CONTROLS)

    stems = {f"{CONTROLS}{n}": _URL for n in range(3)}
    return wild(JOB | {"track": wild(TRACK | {"stem_urls": stems})})


def _long_job(dice: random.Random) -> dict[str, Any]:
    name = dice.choice(("status", "engine", "error_message", "refusal_reason", "id"))
    return JOB | {name: dice.choice(_LONG)}


def _long_track(dice: random.Random) -> dict[str, Any]:
    long = dice.choice(_LONG)
    return TRACK | dice.choice(
        ({"title": long}, {"stem_urls": {STEMS[0]: long}}, {"stem_urls": {long: _URL}})
    )


def _long_song(dice: random.Random) -> dict[str, Any]:
    song = MUSIC["response"]["songs"][0] | {
        dice.choice(("title", "lyrics", "mp3_url")): dice.choice(_LONG)
    }
    return MUSIC | {"response": {"songs": [song]}}


_CROWDS: Final[tuple[tuple[str, Callable[[random.Random], dict[str, Any]]], ...]] = (
    ("first track", _stems),
    ("second job", _songs),
    ("first list", _jobs),
    ("first job", _wild),
    ("second running", _running),
    ("second track", _songs),
    ("first track", _alike),
    ("first job", _long_job),
    ("first track", _long_track),
    ("second job", _long_song),
)


def crowd(number: int, dice: random.Random) -> tuple[str, bytes]:
    """The call, and the answer to it, of that number; each kind comes in its turn."""
    call, make = _CROWDS[number % len(_CROWDS)]
    return call, text(make(dice))
