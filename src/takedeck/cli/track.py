"""`takedeck track`: show one track, with freshly signed URLs."""

from __future__ import annotations

import json
from datetime import datetime

import click

from takedeck.cli.shared import ask, asking, data_options, print_json, settings_for
from takedeck.cli.words import duration, freshness
from takedeck.config import Folders, Settings
from takedeck.model import Track


@click.command("track")
@click.argument("track_id", metavar="ID")
@click.option("--null-test", is_flag=True, help="Measure master minus the sum of stems, in dB.")
@data_options
@click.pass_context
def command(
    ctx: click.Context,
    track_id: str,
    null_test: bool,
    demo: bool,
    as_json: bool,
    show_urls: bool,
) -> None:
    """Show one track: title, engine, mode, duration, licence, stems."""
    settings = settings_for(ctx, demo=demo)
    if null_test:
        ctx.exit(ask(_null_test(settings, track_id, as_json=as_json)))
    ctx.exit(ask(_track(settings, track_id, as_json=as_json, show_urls=show_urls)))


async def _null_test(settings: Settings, track_id: str, *, as_json: bool) -> int:
    from takedeck.session.headless.null_test import null_test

    async with asking(settings) as provider:
        track = await provider.get_track(track_id)
        decibels = await null_test(provider, settings, Folders.of_user(), track)
    if as_json:
        click.echo(json.dumps({"null_test_db": round(decibels, 1)}))
    else:
        click.echo(f"{decibels:.1f} dB")
    return 0


async def _track(settings: Settings, track_id: str, *, as_json: bool, show_urls: bool) -> int:
    async with asking(settings) as provider:
        track = await provider.get_track(track_id)
        now = provider.server_now()
    if as_json:
        print_json(track.wire, show_urls=show_urls)
    else:
        _print(track, now)
    return 0


def _print(track: Track, now: datetime) -> None:
    voice = {True: "yes", False: "no", None: None}[track.instrumental]
    for label, value in (
        ("id", track.id),
        ("title", track.title),
        ("engine", track.engine),
        ("mode", track.mode),
        ("duration", duration(track.duration)),
        ("mime type", track.mime_type),
        ("instrumental", voice),
        ("licence", track.licence),
        ("created", track.created_at.isoformat() if track.created_at else None),
        ("master", freshness(track.master, now) if track.master else "not there"),
        ("stems", ", ".join(stem.name for stem in track.stems) or None),
        ("trouble", track.trouble),
    ):
        if value:
            click.echo(f"{label:<14}{value}")
