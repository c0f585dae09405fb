"""`takedeck jobs`: list the jobs."""

from __future__ import annotations

import click

from takedeck.cli.shared import ask, asking, data_options, print_json, settings_for
from takedeck.config import Settings
from takedeck.model import JobsPage, Status
from takedeck.text import safe_line
from takedeck.times import stamp


@click.command("jobs")
@click.option("--status", metavar="S", help="Only jobs of this status.")
@click.option("--limit", type=int, default=50, show_default=True, help="At most this many, 1-100.")
@click.option("--offset", type=int, default=0, show_default=True, help="Leave out the newest N.")
@data_options
@click.pass_context
def command(
    ctx: click.Context,
    status: str | None,
    limit: int,
    offset: int,
    demo: bool,
    as_json: bool,
    show_urls: bool,
) -> None:
    """List jobs, newest first: status, id, engine, mode, time, and why one failed."""
    settings = settings_for(ctx, demo=demo)
    ctx.exit(ask(_jobs(settings, status, limit, offset, as_json=as_json, show_urls=show_urls)))


async def _jobs(
    settings: Settings,
    word: str | None,
    limit: int,
    offset: int,
    *,
    as_json: bool,
    show_urls: bool,
) -> int:
    async with asking(settings) as provider:
        status = _status(word, provider.abilities.statuses)
        page = await provider.list_jobs(status=status, limit=limit, offset=offset)
        whole = provider.abilities.lists_jobs
    if as_json:
        print_json(page.wire, show_urls=show_urls)
    else:
        _print(page)
    if not whole:
        click.echo("takedeck: this API lists only what runs now; ask for others by id.", err=True)
    return 0


def _print(page: JobsPage) -> None:
    for job in page.jobs:
        when = stamp(job.created_at) or "-" * 19
        progress = f"{job.progress:3d} %" if job.progress is not None else "    -"
        fields = [f"{job.status.word:<9}", progress, when, job.id, job.engine, job.mode]
        if job.reason:
            fields.append(safe_line(job.reason, 120))
        click.echo("  ".join(fields))
    if page.broken:
        click.echo(f"takedeck: {page.broken} entries could not be read.", err=True)
    if not page.jobs:
        click.echo("takedeck: no jobs.", err=True)


def _status(word: str | None, statuses: tuple[Status, ...]) -> Status | None:
    if word is None:
        return None
    known = {status.word: status for status in statuses}
    if word not in known:
        raise click.BadParameter(f"use one of: {', '.join(known)}.", param_hint="--status")
    return known[word]
