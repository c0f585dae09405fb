"""`takedeck add`: look jobs up by id and keep them for the next start's list."""

from __future__ import annotations

import sys
from typing import Final

import click

from takedeck.cli.shared import ask, asking, report, settings_for
from takedeck.config import Folders, Settings
from takedeck.errors import TakedeckError
from takedeck.text import safe_line

_LONGEST: Final = 1 << 20
"""Bytes read from standard input; ten times what the most ids accepted at once (1000) need."""


@click.command("add")
@click.argument("ids", metavar="ID…", nargs=-1, required=True)
@click.option("--demo", is_flag=True, help="Ask the built-in simulator; nothing is kept.")
@click.pass_context
def command(ctx: click.Context, ids: tuple[str, ...], demo: bool) -> None:
    """Look jobs up by their ids and remember them; - reads ids from standard input.

    For an API that has no list of finished jobs. Ends with 0 when every job was found.
    """
    settings = settings_for(ctx, demo=demo)
    from takedeck.session.adding import ids_in

    text = " ".join(_input() if wanted == "-" else wanted for wanted in ids)
    if not (wanted := ids_in(text)):
        raise click.UsageError("There are no ids in what was given.")
    ctx.exit(ask(_add(settings, wanted)))


def _input() -> str:
    if sys.stdin is None:
        raise click.UsageError("Standard input is closed; give the ids as words.")
    return sys.stdin.buffer.read(_LONGEST).decode(errors="replace")


async def _add(settings: Settings, ids: list[str]) -> int:
    from takedeck.session.adding import remember

    code, left = 0, 0
    async with asking(settings) as provider:
        async for wanted, answer in remember(provider, settings, Folders.of_user(), ids):
            if not isinstance(answer, TakedeckError):
                name = answer.track.title if answer.track else None
                click.echo("  ".join(filter(None, (answer.id, answer.status.word, name))))
                continue
            left += 1
            click.echo(f"not added: {safe_line(wanted, 120)}", err=True)
            code = max(code, report(answer))
    if left:
        click.echo(f"{left} of {len(ids)} could not be added.", err=True)
    return code
