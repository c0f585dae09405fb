"""Converts jobs and tracks to rows of the history and back: without URLs or the server's JSON.

The fields of `JobRow` and `TrackRow` are the columns, and the statements are generated from them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from takedeck.model import MASTER, MOST_STEMS, Facts, Job, Status, Stem, Track
from takedeck.text import is_safe_id, redact

Value = Any
"""SQLite stores any type in any column, so a value that is read may be of any type."""

NEVER: Final = -(1 << 62)
"""Stands for no time, and sorts as the oldest. Times are in microseconds since 1970, UTC."""

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_status = lru_cache(maxsize=64)(Status)


class JobRow(NamedTuple):
    """A job's columns in the table `jobs`, except its number and owner."""

    id: Value
    status: Value
    progress: Value
    engine: Value
    mode: Value
    created: Value
    track_id: Value
    error: Value
    refusal: Value
    trouble: Value
    took: Value
    facts: Value


class TrackRow(NamedTuple):
    """A track's columns in the table `tracks`, except its job's number."""

    place: Value
    id: Value
    title: Value
    engine: Value
    mode: Value
    instrumental: Value
    duration: Value
    mime_type: Value
    licence: Value
    created: Value
    facts: Value
    stems: Value


class Kept(NamedTuple):
    """A job in the file: its number, its rows, and the job made from them."""

    number: int
    row: JobRow
    tracks: tuple[TrackRow, ...]
    job: Job


Joined = tuple[Value, ...]
"""A row of a query: a job's number, its `JobRow` and one of its `TrackRow`s."""

_OF_JOB: Final = slice(1, 1 + len(JobRow._fields))
_OF_TRACK: Final = slice(_OF_JOB.stop, _OF_JOB.stop + len(TrackRow._fields))
_PLACE: Final = _OF_TRACK.start

Unread = dict[int, str]
"""Jobs with invalid rows: their rows as JSON, by their number."""


def job_row(job: Job, took: Value) -> JobRow:
    """The job's row; `took` is in seconds, or the value that the file holds already."""
    return JobRow(
        id=job.id,
        status=job.status.word,
        progress=job.progress,
        engine=_without_queries(job.engine),
        mode=_without_queries(job.mode),
        created=_micros(job.created_at),
        track_id=job.result_track_id,
        error=_without_queries(job.error_message),
        refusal=_without_queries(job.refusal_reason),
        trouble=_without_queries(job.trouble),
        took=took,
        facts=_facts_text(job.facts),
    )


def track_rows(job: Job) -> tuple[TrackRow, ...]:
    """The rows of the job's tracks."""
    return tuple(
        TrackRow(
            place=place,
            id=track.id,
            title=_without_queries(track.title),
            engine=_without_queries(track.engine),
            mode=_without_queries(track.mode),
            instrumental=track.instrumental,
            duration=track.duration,
            mime_type=_without_queries(track.mime_type),
            licence=_without_queries(track.licence),
            created=_micros(track.created_at),
            facts=_facts_text(track.facts),
            stems=_stems_text(track.stems),
        )
        for place, track in enumerate(job.tracks)
    )


def kept_of(found: Iterable[Joined]) -> tuple[list[Kept], Unread]:
    """Read the jobs from these rows; also returns those with invalid rows.

    The rows of one job must be adjacent, its tracks in order. Any invalid value makes the whole job
    count as unread.
    """
    jobs: list[Kept] = []
    unread: Unread = {}
    for number, each in groupby(found, key=itemgetter(0)):
        group = list(each)
        row = JobRow._make(group[0][_OF_JOB])
        # Lists, because a generator for each of very many jobs is noticeably slower.
        tracks = tuple(
            [TrackRow._make(joined[_OF_TRACK]) for joined in group if joined[_PLACE] is not None]
        )
        try:
            jobs.append(Kept(number, row, tracks, _job(row, tracks)))
        except (OverflowError, RecursionError, TypeError, ValueError):
            unread[number] = json.dumps(group, default=bytes.hex)
    return jobs, unread


def _job(row: JobRow, tracks: tuple[TrackRow, ...]) -> Job:
    return Job(
        id=_text(row.id),
        status=_status(_text(row.status)),
        progress=None if row.progress is None else _integer(row.progress),
        engine=_text(row.engine),
        mode=_text(row.mode),
        created_at=_time(row.created),
        result_track_id=row.track_id if is_safe_id(row.track_id) else None,
        error_message=_optional_text(row.error),
        refusal_reason=_optional_text(row.refusal),
        tracks=tuple([_track(track) for track in tracks]),
        trouble=_optional_text(row.trouble),
        facts=_facts(row.facts),
    )


def _track(row: TrackRow) -> Track:
    return Track(
        id=_text(row.id),
        title=_optional_text(row.title),
        engine=_text(row.engine),
        mode=_text(row.mode),
        instrumental=None if row.instrumental is None else bool(_integer(row.instrumental)),
        duration=None if row.duration is None else _seconds(row.duration),
        mime_type=_optional_text(row.mime_type),
        licence=_optional_text(row.licence),
        created_at=_time(row.created),
        stems=_stems(row.stems),
        facts=_facts(row.facts),
    )


def _without_queries(text: str | None) -> str | None:
    """The text without the query of any URL in it: a server's message may quote a signed one."""
    return redact(text) if text and "://" in text else text


def _facts_text(facts: Facts) -> str | None:
    return json.dumps([(label, _without_queries(text)) for label, text in facts]) if facts else None


def _stems_text(stems: tuple[Stem, ...]) -> str | None:
    return json.dumps([_without_queries(stem.name) for stem in stems]) if stems else None


def _facts(told: Value) -> Facts:
    if told is None:
        return ()
    return tuple((_text(label), _text(text)) for label, text in json.loads(_text(told)))


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    raise TypeError("text was due")


@lru_cache(maxsize=64)
def _stems(told: Value) -> tuple[Stem, ...]:
    if told is None:
        return ()
    names = json.loads(_text(told))
    if not isinstance(names, list):
        raise TypeError("a list was due")
    stems = dict.fromkeys(Stem(_text(name)) for name in names)
    return tuple(stem for stem in stems if stem.name != MASTER)[:MOST_STEMS]


def _optional_text(value: Value) -> str | None:
    return None if value is None else _text(value)


def _integer(value: Value) -> int:
    if isinstance(value, int):
        return value
    raise TypeError("a whole number was due")


def _seconds(value: Value) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    raise TypeError("a number was due")


def _micros(when: datetime | None) -> int:
    return NEVER if when is None else (when - _EPOCH) // _MICROSECOND


def _time(micros: Value) -> datetime | None:
    return None if micros == NEVER else _EPOCH + timedelta(microseconds=_integer(micros))
