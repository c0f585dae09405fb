"""One row of the jobs list as styled segments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from takedeck.model import Job
from takedeck.text import safe_line
from takedeck.times import clock
from takedeck.tui.format import age, bar, fit

Styles = Callable[[str], Style]
"""Gives the style of a meaning, such as `failed`."""

_BAR_FROM = 52
_AGE_FROM = 30
_ENGINE_FROM, _MODE_FROM = 64, 78
"""The widths from which a row has a column for the engine, and one for the mode."""
_ENGINE, _MODE = 16, 12


def row(job: Job, *, width: int, now: datetime, opened: bool, styles: Styles) -> list[Segment]:
    """The row's segments, exactly `width` cells of them."""
    status, word = job.status, job.status.word
    tone = styles(word if status.settled or status.active else "other")
    age_text = age(now, job.created_at)
    tail = f" {age_text:>6} " if width >= _AGE_FROM else ""
    if width >= _MODE_FROM:
        tail = f" {fit(job.mode, _MODE)}{tail}"
    if width >= _ENGINE_FROM:
        tail = f"  {fit(job.engine, _ENGINE)}{tail}"
    room = width - 4 - cell_len(tail)
    lead = Segment("▶ " if opened else "  ", styles("lit"))
    heard = word == "succeeded" or (word == "expired" and job.track is not None)
    middle = _succeeded(job, room, styles) if heard else _other(job, room, tone, styles)
    return [lead, Segment(f"{status.sign} ", tone), *middle, Segment(tail, styles("dim"))]


def _succeeded(job: Job, room: int, styles: Styles) -> list[Segment]:
    track = job.track
    title = track.title if track else None
    length = f"{clock(track.duration) if track and track.duration else '':>6}"
    length = length if room > 2 * len(length) else ""
    name = Segment(fit(title or job.id, room - len(length)), styles("name" if title else "dim"))
    return [name, Segment(length, styles("dim"))]


def _other(job: Job, room: int, tone: Style, styles: Styles) -> list[Segment]:
    note = _note(job)
    name_room = min(cell_len(job.id), max(9, room - cell_len(note) - 1), max(9, room * 2 // 5))
    if job.reason is None:
        name_room = min(cell_len(job.id), max(9, room - cell_len(note) - 1))
    name = Segment(fit(job.id, name_room) + " ", styles("dim"))
    rest = room - name_room - 1
    if job.status.active and job.progress is not None and room >= _BAR_FROM:
        width = max(0, rest - cell_len(note) - 1)
        done, left = bar(job.progress / 100, min(width, 24))
        pad = " " * (width - min(width, 24) + 1)
        return [
            name,
            Segment(note + " ", tone),
            Segment(done, tone),
            Segment(left, styles("rail")),
            Segment(pad[1:], tone),
        ]
    return [name, Segment(fit(note, rest), tone)]


def _note(job: Job) -> str:
    word = job.status.word
    if word == "running" and job.progress is not None:
        return f"{word} {job.progress:3d} %"
    if job.reason:
        return safe_line(f"{word}: {job.reason}")
    return word
