"""`takedeck job`: show one job, or watch it until it has ended."""

from __future__ import annotations

import asyncio
import random
import sys
from typing import Final

import click

from takedeck.cli.shared import ask, asking, data_options, print_json, report, settings_for
from takedeck.cli.words import duration
from takedeck.config import Settings
from takedeck.errors import ApiError, NetworkError, TakedeckError
from takedeck.model import Job

PACE: Final = 2.0
ENDED_BADLY: Final = 5
_LONGEST_WAIT: Final = 60.0


@click.command("job")
@click.argument("job_id", metavar="ID")
@click.option("--watch", is_flag=True, help="Wait until it has ended; 0 succeeded, 5 not.")
@data_options
@click.pass_context
def command(
    ctx: click.Context, job_id: str, watch: bool, demo: bool, as_json: bool, show_urls: bool
) -> None:
    """Show one job: status, progress, engine, mode, time, track, error or refusal."""
    settings = settings_for(ctx, demo=demo)
    ctx.exit(ask(_job(settings, job_id, watch=watch, as_json=as_json, show_urls=show_urls)))


async def _job(
    settings: Settings, job_id: str, *, watch: bool, as_json: bool, show_urls: bool
) -> int:
    async with asking(settings) as provider:
        job = await provider.get_job(job_id)
        said = ""
        wait = pace = max(PACE, provider.abilities.fastest)
        while watch and not job.status.settled:
            said = _print_change(job, said)
            await asyncio.sleep(wait * random.uniform(1.0, 1.2))
            try:
                job = await provider.get_job(job_id)
                wait = pace
            except TakedeckError as error:
                wait = _wait_after(error, wait)
                report(error, again=wait)
    if as_json:
        print_json(job.wire, show_urls=show_urls)
    else:
        _print(job)
    return ENDED_BADLY if watch and job.status.word != "succeeded" else 0


def _wait_after(error: TakedeckError, wait: float) -> float:
    """How long to wait before the next try; raises the error if trying again cannot help."""
    if error.exit_code != 1 or not isinstance(error, (ApiError, NetworkError)):
        raise error
    asked = error.retry_after if isinstance(error, ApiError) else None
    return min(_LONGEST_WAIT, max(wait * 2, asked or 0.0))


def _print_change(job: Job, said: str) -> str:
    progress = f" {job.progress} %" if job.progress is not None else ""
    line = f"{job.id}  {job.status}{progress}"
    if line != said:
        click.echo(line, err=True)
        sys.stderr.flush()
    return line


def _print(job: Job) -> None:
    track = job.track
    rows: list[tuple[str, str | None]] = [
        ("id", job.id),
        ("status", job.status.word),
        ("progress", None if job.progress is None else f"{job.progress} %"),
        ("engine", job.engine),
        ("mode", job.mode),
        ("created", job.created_at.isoformat() if job.created_at else None),
        ("track", job.track_id),
        ("title", track.title if track else None),
        ("duration", duration(track.duration) if track else None),
        ("mime type", track.mime_type if track else None),
        ("licence", track.licence if track else None),
        ("refused", job.refusal_reason),
        ("error", job.error_message),
        ("unreadable", job.trouble),
        *job.facts,
        *(track.facts if track else ()),
    ]
    for number, other in enumerate(job.tracks[1:], 2):
        length = duration(other.duration) or "unknown length"
        rows += [(f"track {number}", other.id), ("", f"{other.title or 'no title'}, {length}")]
        rows += [("", f"{label} {text}") for label, text in other.facts]
    for label, value in rows:
        first, *more = (value or "").splitlines() or [""]
        if first:
            click.echo(f"{label:<12}{first}")
        for line in more:
            click.echo(f"{'':<12}{line}")
