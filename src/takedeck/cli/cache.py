"""`takedeck cache`: the audio that is kept on disk."""

from __future__ import annotations

import json

import click

from takedeck.config import Folders

_MIB = 1024**2


@click.command("cache")
@click.option("--clear", "clearing", is_flag=True, help="Remove all of it.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, sizes in bytes.")
def command(clearing: bool, as_json: bool) -> None:
    """Show how much audio is kept and where, the demo's apart, or remove it.

    The least recently heard goes by itself once the bound is reached.
    """
    from takedeck.session.headless import cache as kept

    folders = Folders.of_user()
    audio, demo = kept.clear(folders) if clearing else kept.stored(folders)
    if as_json:
        facts = {
            name: {
                "folder": str(it.folder), "parts": it.parts, "bytes": it.size, "limit": it.limit,
            }
            for name, it in (("audio", audio), ("demo", demo))
        }  # fmt: skip
        click.echo(json.dumps(facts | {"cleared": clearing}, indent=2))
        return
    for name, it in (("audio", audio), ("demo", demo)):
        verb = "removed" if clearing else f"of at most {it.limit / _MIB:,.0f} MiB"
        click.echo(f"{name:<7}{it.parts:>6} parts  {it.size / _MIB:9,.1f} MiB {verb}")
        click.echo(f"{'':<7}{it.folder}")
