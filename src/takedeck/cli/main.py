"""The `takedeck` command: opens the app, or hands over to a subcommand."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from takedeck import __version__
from takedeck.cli.flags import Flags
from takedeck.cli.options import complete
from takedeck.cli.shared import INTERRUPTED, report
from takedeck.cli.streams import ReaderGone
from takedeck.errors import TakedeckError

_COMMANDS = {
    "jobs": "takedeck.cli.jobs",
    "job": "takedeck.cli.job",
    "track": "takedeck.cli.track",
    "add": "takedeck.cli.add",
    "play": "takedeck.cli.play",
    "cache": "takedeck.cli.cache",
    "config": "takedeck.cli.config",
    "simulate": "takedeck.cli.simulate",
}


class _Lazy(click.Group):
    """Imports a command's module only when it is used, so that the app opens quickly."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name]).command
        return complete(command)


@click.group(cls=_Lazy, invoke_without_command=True)
@click.version_option(__version__, prog_name="takedeck")
@click.option("--plain", is_flag=True, help="Print the jobs, then each change, as plain lines.")
@click.pass_context
def cli(ctx: click.Context, plain: bool) -> None:
    """Watch music generation jobs in the terminal, and hear their tracks at once.

    Without a command it opens the app; with no API key configured, on the built-in simulator.
    """
    if ctx.invoked_subcommand is None:
        flags = ctx.find_object(Flags) or Flags()
        if plain:
            from takedeck.cli.plain import watch

            ctx.exit(watch(flags))
        from takedeck.cli.app import open_app

        ctx.exit(open_app(flags))


complete(cli)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    try:
        try:
            code: Any = cli.main(arguments, prog_name="takedeck", standalone_mode=False)
        finally:
            sys.stdout.flush()
    except TakedeckError as error:
        return report(error)
    except ReaderGone:
        return 0
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show(sys.stderr)
        return 2
    return code if isinstance(code, int) else 0
