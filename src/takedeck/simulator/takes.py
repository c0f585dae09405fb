"""The second API's jobs, planned in advance: two songs each, or speech."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from takedeck.simulator.songs.catalogue import MASTER, SONGS
from takedeck.simulator.titles import TITLES

USER = "777"
ACCOUNT = "12345678901234"
KEPT = timedelta(days=7)
"""How long the API answers for a job after its creation."""

_MUSIC = tuple(key for key, song in SONGS.items() if song.extension == "mp3")
_SPEECH = ("house", "voice")
"""The song and the part of it that stand in for speech."""
_PROMPTS = (
    "Upbeat electronic dance track",
    "Slow piano under rain, wide reverb",
    "Funk with a tight bass and clavinet",
    "Warm tape, brushed drums, late evening",
)
_VERBS = ("music/create", "music/create-instrumental", "music/create-advanced", "music/extend")
_MOODS = ("calm", "bright", "restless", "warm")


@dataclass(frozen=True, slots=True)
class Take:
    """A job's whole life, planned in advance; `outcome` is `completed`, `failed` or `created`.

    `songs` are keys of the catalogue, unused for speech; `run_seconds` is how long it runs.
    `more` adds to the answer's fields or overrides them.
    """

    jobid: str
    created_at: datetime
    verb: str = "music/create"
    outcome: str = "completed"
    songs: tuple[str, ...] = ("lofi", "synthwave")
    title: str = "Upbeat Dance"
    prompt: str = "Upbeat electronic dance track"
    model: str = "V7.6"
    run_seconds: float = 45.0
    error: str = "Content policy violation"
    error_details: str | None = None
    code: int = 400
    more: Mapping[str, object] = field(default_factory=dict)

    @property
    def speech(self) -> bool:
        return self.verb == "speech"

    @property
    def ends_at(self) -> datetime:
        return self.created_at + timedelta(seconds=self.run_seconds)

    def status_at(self, now: datetime) -> str:
        """Return the status at that moment, in the API's words."""
        return "created" if now < self.ends_at else self.outcome

    def file(self, place: int) -> str:
        """Return that song's file name in the storage."""
        return f"mureka_{self.number}{place}.mp3"

    @property
    def number(self) -> str:
        """The digits of the id."""
        return self.jobid.partition("m-")[0].removeprefix("j").rstrip("t")

    def part(self, place: int) -> tuple[str, str]:
        """Return the catalogue's song and part behind `file`."""
        return _SPEECH if self.speech else (self.songs[place], MASTER)


class Takes:
    """All jobs of the user; safe to use from several threads."""

    def __init__(self, takes: list[Take]) -> None:
        self._takes = {take.jobid: take for take in takes}
        self._lock = threading.Lock()

    def add(self, take: Take) -> Take:
        """Add a job; it replaces one with the same id."""
        with self._lock:
            self._takes[take.jobid] = take
        return take

    def at(self, now: datetime) -> list[Take]:
        """Return the jobs that the API still answers for, newest first."""
        with self._lock:
            takes = list(self._takes.values())
        kept = [take for take in takes if take.created_at <= now < take.created_at + KEPT]
        return sorted(kept, key=lambda take: take.created_at, reverse=True)

    def get(self, jobid: str, now: datetime) -> Take | None:
        """Return one job, or None if there is none or it is no longer kept."""
        return next((take for take in self.at(now) if take.jobid == jobid), None)

    def behind(self, file: str, now: datetime) -> tuple[str, str] | None:
        """Return the catalogue's song and part behind a storage file name, or None."""
        with self._lock:
            takes = list(self._takes.values())
        for take in takes:
            for place in range(1 if take.speech else len(take.songs)):
                if take.file(place) == file and take.status_at(now) == "completed":
                    return take.part(place)
        return None


def job_id(number: int, *, user: str = USER, speech: bool = False) -> str:
    """Return an id in the API's format."""
    return f"j{number:019d}{'t' if speech else 'm'}-u{user}-a{ACCOUNT}-bot:mureka"


def planned(seed: int, start: datetime) -> list[Take]:
    """Return jobs of the past 11 days, one running at the start, then one every three minutes."""
    rng = Random(f"{seed} takes")
    hours = (0.2, 1, 3, 7, 20, 26, 49, 73, 97, 130, 180, 260)
    past = [_take(rng, n, start - timedelta(hours=ago)) for n, ago in enumerate(hours, 1)]
    ahead = [_take(rng, 100 + n, start + timedelta(seconds=180 * n - 12)) for n in range(480)]
    return past + ahead


def _take(rng: Random, number: int, created_at: datetime) -> Take:
    songs = tuple(rng.sample(_MUSIC, 2))
    speech = number % 9 == 4
    return Take(
        job_id(rng.randrange(10**18), speech=speech),
        created_at.replace(microsecond=0),
        verb="speech" if speech else rng.choice(_VERBS),
        outcome="failed" if number % 6 == 5 else "completed",
        songs=songs,
        title=rng.choice(TITLES[songs[0]]),
        prompt="Hello, this is a test speech." if speech else rng.choice(_PROMPTS),
        model=rng.choice(("V7.6", "O2")),
        run_seconds=25.0 if speech else float(rng.randint(32, 85)),
    )


def moods(take: Take) -> list[str]:
    """Return two words that suit the job, the same ones each time."""
    return Random(take.jobid).sample(_MOODS, 2)
