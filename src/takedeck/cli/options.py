"""The options that may come before or after a command."""

from __future__ import annotations

from typing import Any, Final

import click

from takedeck.cli.flags import Flags, start_log

_HELP: Final = {
    "demo": "Use the built-in simulator instead of an API.",
    "profile": "The profile of the config file to use.",
    "output": "auto, device, simpleaudio, null or wav:PATH.",
    "debug": "Keep a log of this run in the state folder.",
}


def _store(ctx: click.Context, option: click.Parameter, value: Any) -> Any:
    flags = ctx.find_object(Flags) or Flags()
    if value:
        ctx.obj = flags = flags._replace(**{str(option.name): value})
    if option.name == "debug":
        start_log(flags)
    return value


def options() -> list[click.Option]:
    """New instances of these options; each stores its value in the context's `Flags`."""

    def option(name: str, **how: Any) -> click.Option:
        return click.Option(
            [f"--{name}"], expose_value=False, callback=_store, help=_HELP[name], **how
        )

    return [
        option("demo", is_flag=True),
        option("profile", metavar="NAME"),
        option("output", metavar="KIND"),
        option("debug", is_flag=True),
    ]


def complete(command: click.Command) -> click.Command:
    """Add these options to the command, except those that it defines itself."""
    own = {option for each in command.params for option in each.opts}
    command.params += [each for each in options() if not own & set(each.opts)]
    return command
