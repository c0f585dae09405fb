"""`takedeck play`: hear a track, or write it to a WAV file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from takedeck.cli.shared import ask, asking, settings_for
from takedeck.cli.words import length
from takedeck.config import Folders, Settings
from takedeck.model import Track
from takedeck.session.views import DeckState
from takedeck.times import clock

if TYPE_CHECKING:
    from takedeck.session.headless.play import Request

_LONGEST: Final = 7_200
"""Seconds; the deck plays nothing longer than two hours."""


def _second(ctx: click.Context, option: click.Parameter, value: float) -> float:
    if not 0 <= value <= _LONGEST:
        raise click.BadParameter(f"give seconds from 0 to {_LONGEST}.")
    return value


@click.command("play")
@click.argument("wanted", metavar="ID")
@click.option("--stem", "stems", multiple=True, metavar="NAME", help="This stem; may be repeated.")
@click.option("--track", "number", type=click.IntRange(min=1), default=1, help="Of a job's tracks.")
@click.option("--start", type=float, default=0.0, callback=_second, help="From this second.")
@click.option("--output", metavar="KIND", help="auto, device, simpleaudio, null or wav:PATH.")
@click.option("--demo", is_flag=True, help="Ask the built-in simulator.")
@click.pass_context
def command(
    ctx: click.Context,
    wanted: str,
    stems: tuple[str, ...],
    number: int,
    start: float,
    output: str | None,
    demo: bool,
) -> None:
    """Play the master of a job or a track, or the stems that are named, to its end."""
    settings = settings_for(ctx, demo=demo, output=output)
    from takedeck.session.headless.play import Request

    ctx.exit(ask(_play(settings, Request(wanted, number, stems, start))))


async def _play(settings: Settings, request: Request) -> int:
    from takedeck.session.headless.output import check
    from takedeck.session.headless.play import play

    check(settings.output)
    line = _Line()
    async with asking(settings) as provider:
        try:
            await play(provider, settings, Folders.of_user(), request, line.show)
        finally:
            line.end()
    if settings.output.startswith("wav:"):
        click.echo(f"Written to {settings.output[4:]}.", err=True)
    return 0


class _Line:
    """A status line on stderr: the track, and in a terminal also the position, rewritten."""

    def __init__(self) -> None:
        self._said = ""
        self._fault: str | None = None

    def show(self, track: Track, state: DeckState) -> None:
        if state.output_fault != self._fault:
            self._fault = state.output_fault
            if self._fault:
                click.echo(f"takedeck: {self._fault}", err=True)
        if not sys.stderr.isatty():
            if not self._said:
                long = _length(track, state)
                self._said = track.name + (f"  {clock(long)}" if long else "")
                click.echo(self._said, err=True)
            return
        end = f" / {clock(long)}" if (long := _length(track, state)) else ""
        said = f"{state.transport:<9} {clock(state.position)}{end}"
        if said != self._said:
            self._said = said
            click.echo(f"\r\x1b[K{said}  {track.name}", nl=False, err=True)

    def end(self) -> None:
        if self._said and sys.stderr.isatty():
            click.echo("", err=True)


def _length(track: Track, state: DeckState) -> float | None:
    """The track's length: measured if every part's is, else what the API says; None if unknown."""
    parts = state.parts if state.key == track.id else ()
    if parts and all(part.frames is not None and not part.estimated for part in parts):
        return length(state.duration)
    return length(track.duration)
