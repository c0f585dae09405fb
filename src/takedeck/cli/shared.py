"""What the commands have in common: flags, settings, the demo, errors and exit codes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from takedeck import config, crash
from takedeck.cli.advice import next_step
from takedeck.cli.ending import Ending
from takedeck.cli.flags import Flags
from takedeck.errors import ApiError, TakedeckError
from takedeck.text import Wire

if TYPE_CHECKING:
    from takedeck.session.connect import Provider

INTERRUPTED: Final = 130
Command = TypeVar("Command", bound=Callable[..., Any])


def data_options(command: Command) -> Command:
    """Give a data command `--demo`, `--json` and `--show-urls`."""
    for option in (
        click.option("--show-urls", is_flag=True, help="With --json: print signed URLs whole."),
        click.option("--json", "as_json", is_flag=True, help="Print the API's own JSON."),
        click.option("--demo", is_flag=True, help="Ask the built-in simulator."),
    ):
        command = option(command)
    return command


def settings_for(ctx: click.Context, *, demo: bool, output: str | None = None) -> config.Settings:
    """The settings of this run; a flag after the command overrides the same one before it."""
    flags = ctx.find_object(Flags) or Flags()
    settings = config.load(
        demo=demo or flags.demo, profile=flags.profile, output=output or flags.output
    )
    for warning in settings.warnings:
        click.echo(f"takedeck: {warning}", err=True)
    return settings


@asynccontextmanager
async def asking(settings: config.Settings) -> AsyncIterator[Provider]:
    """A client of the configured API; in a demo, of a simulator that stops at the end."""
    from takedeck.session.connect import provider_for

    async with AsyncExitStack() as stack:
        if settings.demo:
            from takedeck.cli.demo import Demo

            demo = Demo()
            stack.push_async_callback(demo.close)
            settings = await demo.start(settings)
        provider = await provider_for(settings)
        stack.push_async_callback(provider.close)
        yield provider


def ask(work: Coroutine[Any, Any, int]) -> int:
    """Run a command's coroutine; a signal that would kill it cancels it, so that it cleans up.

    The exit code is then 128 plus the signal's number: 130 for ctrl+c.
    """
    with Ending() as ending:
        try:
            return asyncio.run(_cancellable(work, ending))
        except asyncio.CancelledError:
            if ending.code is None:
                raise
            return ending.code


async def _cancellable(work: Coroutine[Any, Any, int], ending: Ending) -> int:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(crash.in_loop)
    task = asyncio.ensure_future(work)

    def leave(_: int) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    ending.asks(leave)
    if ending.code is not None:
        task.cancel()
    return await task


def print_json(wire: Wire | None, *, show_urls: bool) -> None:
    """Print the server's JSON as it came, without the URLs' queries unless `show_urls`."""
    if wire is None:
        return
    value = wire.reveal() if show_urls else wire.redacted()
    click.echo(json.dumps(value, ensure_ascii=True, indent=2))


def report(error: TakedeckError, *, again: float | None = None) -> int:
    """Say on stderr what happened and what to do; return the exit code.

    `again` is the number of seconds until the command itself retries, if it does.
    """
    click.echo(f"takedeck: {error.said}", err=True)
    advice = next_step(error) if again is None else f"Asking again in about {again:.0f} s."
    if advice:
        click.echo(f"  {advice}", err=True)
    if isinstance(error, ApiError) and error.trace_id:
        click.echo(f"  trace id {error.trace_id}", err=True)
    return error.exit_code
