"""`takedeck simulate`: run only the simulator, for other clients."""

from __future__ import annotations

import click


@click.command(
    "simulate", context_settings={"ignore_unknown_options": True, "help_option_names": []}
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def command(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the API simulator by itself, until ctrl+c or the end of its input."""
    from takedeck.simulator.__main__ import main

    ctx.exit(main(arguments, prog="takedeck simulate"))
