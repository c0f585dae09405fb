"""Plays one track without a screen: for the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from takedeck.config import Folders, Settings
from takedeck.deck.state import DeckState
from takedeck.errors import DeckError, MediaError, NotFound, TakedeckError
from takedeck.model import Track
from takedeck.providers.base import Provider
from takedeck.session.ended import Ended
from takedeck.session.opened import MASTER
from takedeck.session.reel import Reel

if TYPE_CHECKING:
    from takedeck.deck.remote import RemoteDeck

Watcher = Callable[[Track, DeckState], None]


class NothingToPlay(MediaError):
    """There is no such part, and waiting will not bring it."""

    title = "Nothing to play"
    exit_code = 4


@dataclass(frozen=True, slots=True)
class Request:
    """What to play: a job's or a track's id, the master or these stems, from `start` seconds."""

    id: str
    stems: tuple[str, ...] = ()
    start: float = 0.0


async def play(
    provider: Provider, settings: Settings, folders: Folders, request: Request, watch: Watcher
) -> None:
    """Play until the end, or until cancelled; `watch` hears of every state.

    A `wav:PATH` output is written as fast as the parts arrive, at unity volume. Raises MediaError
    for a part that cannot be had, DeckError when the deck or the output fails, and what the
    provider raises.
    """
    from takedeck.deck.remote import RemoteDeck
    from takedeck.media.cache import Cache
    from takedeck.media.fetch import Fetcher

    track_id = await _track_id(provider, request.id)
    deck, ended = RemoteDeck(), Ended[None]()
    reel = Reel(
        track_id,
        provider,
        Fetcher(),
        Cache(folders.audio(demo=settings.demo)),
        deck.grew,
        changed=lambda: None,
        started_over=lambda: ended.fail(
            MediaError("the file changed at the storage.", next_step="Play it again.")
        ),
        spawn=ended.spawn,
    )
    try:
        track = await reel.mint.refresh()
        names = _parts(track, request.stems)
        await deck.start(_output(settings.output))
        await _to_the_end(deck, reel, track, names, request.start, settings, watch, ended)
    finally:
        await reel.close()
        await deck.close()


async def _to_the_end(
    deck: RemoteDeck,
    reel: Reel,
    track: Track,
    names: Sequence[str],
    start: float,
    settings: Settings,
    watch: Watcher,
    ended: Ended[None],
) -> None:
    def on_state(state: DeckState) -> None:
        if ended.future.done():
            return
        reel.look(state)
        watch(track, state)
        if fault := _fault(state, track, offline=_output(settings.output) != settings.output):
            ended.fail(fault)
        elif state.key == track.id and state.transport == "ended":
            ended.well(None)

    deck.subscribe(on_state)
    deck.volume(1.0 if settings.output.startswith("wav:") else settings.volume)
    deck.load(track.id, reel.specs(track, names), True, start)
    if names != [MASTER]:
        deck.select("stems")
    reel.feed()
    await ended.future


def _fault(state: DeckState, track: Track, *, offline: bool) -> TakedeckError | None:
    if state.transport == "empty" and state.output_fault:
        return DeckError(state.output_fault, next_step="Try again, or another --output.")
    if offline and state.output_fault:
        return DeckError(state.output_fault, next_step="Check the path after wav:.")
    if state.key == track.id:
        for part in state.parts:
            if part.fault:
                return MediaError(f"{part.name}: {part.fault}")
    return None


async def _track_id(provider: Provider, wanted: str) -> str:
    if wanted.startswith("mtrack_"):
        return wanted
    try:
        job = await provider.get_job(wanted)
    except NotFound:
        await provider.get_track(wanted)
        return wanted
    if job.track_id is None:
        if job.status.settled:
            raise NothingToPlay(
                f"the job is {job.status}.", next_step=job.reason or "Open another."
            )
        raise MediaError(
            f"the job is {job.status}; there is nothing to play yet.",
            next_step=f"Wait for it: takedeck job {job.id} --watch",
        )
    return job.track_id


def _parts(track: Track, stems: tuple[str, ...]) -> list[str]:
    known = {stem.name for stem in track.stems}
    for name in stems:
        if name not in known:
            raise NothingToPlay(
                f"{track.id} has no stem “{name}”.",
                next_step=f"It has: {', '.join(sorted(known)) or 'no stems'}.",
            )
    return list(dict.fromkeys(stems)) or [MASTER]


def _output(output: str) -> str:
    """The deck's name for it: a file is written as fast as it goes, not on the clock."""
    return f"wav-offline:{output[4:]}" if output.startswith("wav:") else output
