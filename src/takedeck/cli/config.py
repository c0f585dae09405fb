"""`takedeck config`: what the config file can change."""

from __future__ import annotations

import click

from takedeck import config


@click.group("config")
def command() -> None:
    """Look at what the config file can change."""


@command.command("keys")
def keys() -> None:
    """List every command of the app: its name for [keys], its keys, and what it does."""
    from takedeck.tui.commands import keymap_of, table

    wanted, sources = config.keymap()
    rows = table(keymap_of(wanted, sources))
    names, shown = (max(len(row[at]) for row in rows) for at in (0, 1))
    for name, keys_of, title in rows:
        click.echo(f"{name:<{names}}  {keys_of:<{shown}}  {title}")
