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
from takedeck.model import Facts, Job, Status, Track
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
        _told(job.facts),
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
            _told(track.facts),
        )


def jobs_of(rows: Iterable[Row]) -> list[Job]:
    """The jobs of `NEWEST` and `OLDER`; one that no longer reads as a job is left out."""
    jobs: list[Job] = []
    for _, group in groupby(rows, key=itemgetter(0)):
        try:
            jobs.append(_job(list(group)))
        except (AttributeError, OverflowError, TypeError, ValueError):
            continue
    return jobs


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
        id_,
        _status(status),
        progress,
        engine,
        mode,
        _when(created),
        track_id if is_safe_id(track_id) else None,
        error,
        refusal,
        tuple(_track(row[_OF_JOB:]) for row in rows if row[_OF_JOB] is not None),
        trouble,
        _facts(facts),
    )


def _track(row: Row) -> Track:
    id_, title, engine, mode, instrumental, duration, mime_type, licence, created, facts = row
    return Track(
        id_,
        title,
        engine,
        mode,
        None if instrumental is None else bool(instrumental),
        None if duration is None else float(duration),
        mime_type,
        licence,
        _when(created),
        facts=_facts(facts),
    )


def _bare(text: str | None) -> str | None:
    """The text without the query of any URL in it: a server may quote a signed one."""
    return redact(text) if text and "://" in text else text


def _told(facts: Facts) -> str | None:
    return json.dumps([(label, _bare(text)) for label, text in facts]) if facts else None


def _facts(told: str | None) -> Facts:
    """Raises ValueError or TypeError where that is no list of pairs."""
    return tuple((str(label), str(text)) for label, text in json.loads(told)) if told else ()


def _micros(when: datetime | None) -> int:
    return NEVER if when is None else (when - _EPOCH) // _MICROSECOND


def _when(micros: int) -> datetime | None:
    return None if micros == NEVER else _EPOCH + timedelta(microseconds=micros)
