"""`takedeck --plain`: the jobs as calm lines, and each change as one more, until ctrl+c.

For screen readers, and for terminals that can do no more.
"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from takedeck import config
from takedeck.cli.flags import Flags
from takedeck.cli.shared import ask, asking
from takedeck.errors import TakedeckError
from takedeck.model import Job
from takedeck.text import safe_line
from takedeck.times import clock, stamp
from takedeck.values import TOP


def watch(flags: Flags) -> int:
    """Print until it is interrupted; return the exit code."""
    settings = config.load(demo=flags.demo, profile=flags.profile, output=flags.output)
    if settings.key is None and not settings.demo and settings.profile == TOP:
        settings = config.load(demo=True, output=flags.output)
    for warning in settings.warnings:
        click.echo(f"takedeck: {warning}", err=True)
    return ask(_watch(settings))


async def _watch(settings: config.Settings) -> int:
    async with asking(settings) as provider:
        from takedeck.session.headless.watch import JobWatch

        where = "the built-in simulator" if settings.demo else provider.name
        click.echo(f"Jobs of {where}, the newest last. Each change is one more line; ctrl+c ends.")
        await JobWatch(provider, _print, _trouble).run()
    return 0


def _print(job: Job, news: bool) -> None:
    """One line: when, what, how it stands, and why."""
    when = datetime.now(UTC) if news else job.created_at
    track = job.track
    facts = [
        stamp(when, "minutes") or "unknown time",
        f"{track.title if track and track.title else job.id} {job.status.word}",
    ]
    if track and track.duration:
        facts.append(clock(track.duration))
    if job.reason:
        facts.append(safe_line(job.reason, 200))
    click.echo(", ".join(facts))


def _trouble(error: TakedeckError | None, wait: float | None) -> None:
    if error is None:
        click.echo("takedeck: the API answers again.", err=True)
        return
    if wait is None:
        # Nothing is asked with a key that was refused: there is nothing left to wait for.
        raise error
    again = f"Asking again in about {wait:.0f} s."
    click.echo(f"takedeck: {error.said} {again}", err=True)
