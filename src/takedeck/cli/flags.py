"""The options that stand before or after a command: which account, which output, a log."""

from __future__ import annotations

import os
from typing import Any, Final, NamedTuple

import click


class Flags(NamedTuple):
    """What was asked for on the command line; None where nothing was."""

    demo: bool = False
    profile: str | None = None
    output: str | None = None
    debug: bool = False


_HELP: Final = {
    "demo": "Use the built-in simulator instead of an API.",
    "profile": "The profile of the config file to use.",
    "output": "auto, device, simpleaudio, null or wav:PATH.",
    "debug": "Keep a log of this run in the state folder.",
}


def _taken(ctx: click.Context, option: click.Parameter, value: Any) -> Any:
    flags = ctx.find_object(Flags) or Flags()
    if value:
        ctx.obj = flags = flags._replace(**{str(option.name): value})
    if option.name == "debug" and (flags.debug or _wanted_by_environment()):
        start_log()
    return value


def _wanted_by_environment() -> bool:
    return os.environ.get("TAKEDECK_DEBUG", "").strip().lower() not in ("", "0", "false", "no")


def start_log() -> None:
    """Keep the log from now on; where it cannot be written, that is said and the run goes on."""
    from takedeck import log
    from takedeck.config import Folders

    folder = Folders.of_user().state
    if log.start(folder) is None:
        click.echo(f"takedeck: no log can be written in {folder}.", err=True)


def options() -> list[click.Option]:
    """Every one of them, made anew; what is given goes into the context's `Flags`."""

    def option(name: str, **how: Any) -> click.Option:
        return click.Option(
            [f"--{name}"], expose_value=False, callback=_taken, help=_HELP[name], **how
        )

    return [
        option("demo", is_flag=True),
        option("profile", metavar="NAME"),
        option("output", metavar="KIND"),
        option("debug", is_flag=True),
    ]


def complete(command: click.Command) -> click.Command:
    """Let the command take the options that it does not have by itself."""
    own = {option for each in command.params for option in each.opts}
    command.params += [each for each in options() if not own & set(each.opts)]
    return command
