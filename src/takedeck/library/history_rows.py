"""Jobs and tracks as rows of the history: no URL, no server's own JSON, times in microseconds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from takedeck.library.estimate import took
from takedeck.library.history_sql import NEVER
from takedeck.model import MASTER, MOST_STEMS, Facts, Job, Status, Stem, Track
from takedeck.text import is_safe_id, redact

Row = tuple[Any, ...]

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_status = lru_cache(maxsize=64)(Status)

_OF_JOB: Final = 12


def job_row(owner: str, job: Job, finished_at: datetime | None) -> Row:
    """What `PUT_JOB` takes."""
    return (
        owner,
        job.id,
        job.status.word,
        job.progress,
        _bare(job.engine),
        _bare(job.mode),
        _micros(job.created_at),
        job.result_track_id,
        _bare(job.error_message),
        _bare(job.refusal_reason),
        _bare(job.trouble),
        took(job, finished_at),
        _facts_text(job.facts),
    )


def track_rows(owner: str, job: Job) -> Iterator[Row]:
    """What `PUT_TRACK` takes, for each of the job's tracks."""
    for place, track in enumerate(job.tracks):
        yield (
            owner,
            job.id,
            place,
            track.id,
            _bare(track.title),
            _bare(track.engine),
            _bare(track.mode),
            track.instrumental,
            track.duration,
            _bare(track.mime_type),
            _bare(track.licence),
            _micros(track.created_at),
            _facts_text(track.facts),
            json.dumps([_bare(stem.name) for stem in track.stems]) if track.stems else None,
        )


Unread = dict[int, str]
"""Jobs that cannot be read: by their number, their rows as they are, in JSON."""


def jobs_of(rows: Iterable[Row]) -> tuple[list[Job], Unread]:
    """The jobs of `NEWEST` and `OLDER`, and those of them that no longer read as jobs.

    SQLite keeps any value in any column: whatever is not as it was written makes its job unread.
    """
    jobs: list[Job] = []
    unread: Unread = {}
    for number, each in groupby(rows, key=itemgetter(0)):
        group = list(each)
        try:
            jobs.append(_job(group))
        except (OverflowError, RecursionError, TypeError, ValueError):
            unread[number] = json.dumps(group, default=bytes.hex)
    return jobs, unread


def _job(rows: list[Row]) -> Job:
    (
        _,
        id_,
        status,
        progress,
        engine,
        mode,
        created,
        track_id,
        error,
        refusal,
        trouble,
        facts,
    ) = rows[0][:_OF_JOB]
    return Job(
        _text(id_),
        _status(_text(status)),
        None if progress is None else _whole(progress),
        _text(engine),
        _text(mode),
        _when(created),
        track_id if is_safe_id(track_id) else None,
        _told_text(error),
        _told_text(refusal),
        tuple(_track(row[_OF_JOB:]) for row in rows if row[_OF_JOB] is not None),
        _told_text(trouble),
        _facts(facts),
    )


def _track(row: Row) -> Track:
    (
        id_,
        title,
        engine,
        mode,
        instrumental,
        duration,
        mime_type,
        licence,
        created,
        facts,
        stems,
    ) = row
    return Track(
        _text(id_),
        _told_text(title),
        _text(engine),
        _text(mode),
        None if instrumental is None else bool(_whole(instrumental)),
        None if duration is None else _seconds(duration),
        _told_text(mime_type),
        _told_text(licence),
        _when(created),
        stems=_stems(stems),
        facts=_facts(facts),
    )


def _bare(text: str | None) -> str | None:
    """The text without the query of any URL in it: a server may quote a signed one."""
    return redact(text) if text and "://" in text else text


def _facts_text(facts: Facts) -> str | None:
    return json.dumps([(label, _bare(text)) for label, text in facts]) if facts else None


def _facts(told: Any) -> Facts:
    if told is None:
        return ()
    return tuple((_text(label), _text(text)) for label, text in json.loads(_text(told)))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise TypeError("text was due")


def _stems(told: Any) -> tuple[Stem, ...]:
    if told is None:
        return ()
    names = json.loads(_text(told))
    if not isinstance(names, list):
        raise TypeError("a list was due")
    stems = dict.fromkeys(Stem(_text(name)) for name in names)
    return tuple(stem for stem in stems if stem.name != MASTER)[:MOST_STEMS]


def _told_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _whole(value: Any) -> int:
    if isinstance(value, int):
        return value
    raise TypeError("a whole number was due")


def _seconds(value: Any) -> float:
    if isinstance(value, (int, float)):
        return float(value)
    raise TypeError("a number was due")


def _micros(when: datetime | None) -> int:
    return NEVER if when is None else (when - _EPOCH) // _MICROSECOND


def _when(micros: Any) -> datetime | None:
    return None if micros == NEVER else _EPOCH + timedelta(microseconds=_whole(micros))
