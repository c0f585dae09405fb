"""Tells the terminal that a job is done: OSC 9 where it is understood, or the bell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.app import App

from takedeck.model import Job
from takedeck.text import safe_line

_NAMED: Final = 2
_KNOWS_OSC9: Final = ("iTerm.app", "WezTerm", "ghostty", "kitty", "WarpTerminal")


def words(jobs: Sequence[Job]) -> str:
    """One line about how these jobs ended: at least one of them."""
    if len(jobs) == 1:
        job = jobs[0]
        name = job.track.name if job.track else job.id
        return safe_line(f"{name} {job.status.word}{f': {job.reason}' if job.reason else ''}", 120)
    parts = []
    for word in dict.fromkeys(job.status.word for job in jobs):
        names = [job.track.name if job.track else job.id for job in jobs if job.status.word == word]
        more = ", …" if len(names) > _NAMED else ""
        parts.append(f"{len(names)} {word}: {', '.join(names[:_NAMED])}{more}")
    return safe_line(" · ".join(parts), 120)


def ring(app: App[object], kind: str, text: str, environ: dict[str, str]) -> None:
    """Notify in a way of `takedeck.config.NOTIFY`.

    `auto` is OSC 9 in terminals that are known to show it, the bell elsewhere.
    """
    if kind == "auto":
        kind = "osc9" if environ.get("TERM_PROGRAM") in _KNOWS_OSC9 else "bell"
    if kind == "bell":
        app.bell()
    elif kind == "osc9" and (driver := app._driver) is not None:
        # `safe_line` leaves no control character that could end the sequence early.
        driver.write(f"\x1b]9;{safe_line(text, 120)}\x07")
        driver.flush()
