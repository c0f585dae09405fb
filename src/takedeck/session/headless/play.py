"""Plays one track without a screen, for the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from takedeck.config import Folders, Settings
from takedeck.deck.client import DeckClient
from takedeck.deck.state import DeckState
from takedeck.errors import DeckError, MediaError, NotFound, NothingToPlay, TakedeckError
from takedeck.model import MASTER, Job, Track
from takedeck.providers.base import Provider
from takedeck.session.headless.outcome import Outcome
from takedeck.session.headless.output import check, deck_kind, fallen, is_file
from takedeck.session.headless.parts import unattended
from takedeck.session.part_downloads import PartDownloads
from takedeck.session.words import no_audio
from takedeck.times import clock

Watcher = Callable[[Track, DeckState], None]


class StartPastEnd(TakedeckError):
    """The requested start is past the end of the track."""

    title = ""
    advice = "Give an earlier --start."
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Request:
    """What to play: a job's or track's id, its master (no `stems`) or these stems.

    `number` selects one of the job's tracks, from 1. `start` is in seconds, finite, at least 0.
    """

    id: str
    number: int = 1
    stems: tuple[str, ...] = ()
    start: float = 0.0


async def play(
    provider: Provider, settings: Settings, folders: Folders, request: Request, watch: Watcher
) -> None:
    """Play until the end, or until cancelled; `watch` is called with every state.

    A `wav:PATH` output is written as fast as the parts arrive, at unity volume. Only the output
    `auto` may fall back to silence. Raises `OutputRefused` before any request or sound,
    `StartPastEnd` before a file is made, `NothingToPlay` and `MediaError` for parts that do not
    exist or cannot be fetched or decoded, `DeckError` if the deck or the output fails, and what the
    provider raises.
    """
    check(settings.output)
    track_id, job_id = await _ids(provider, request)
    ended = Outcome[None]()
    opened = unattended(provider, settings, folders, track_id, ended, job_id)
    async with opened as (deck, downloads):
        track = await downloads.mint.refresh()
        names = _parts(track, request.stems)
        run = _Run(deck, downloads, track, names, request.start, settings.output, watch, ended)
        await deck.start(run.first_output)
        run.begin(settings.volume)
        await ended.future


@dataclass(slots=True)
class _Run:
    """One playback, driven by the deck's states."""

    deck: DeckClient
    downloads: PartDownloads
    track: Track
    names: Sequence[str]
    start: float
    output: str
    watch: Watcher
    ended: Outcome[None]
    playing: bool = field(init=False)
    heard: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.playing = self.start == 0

    @property
    def first_output(self) -> str:
        """The output at first: no file is created before the start is known to be in the track."""
        unsure = not self.playing and is_file(self.output)
        return "null" if unsure else deck_kind(self.output)

    def begin(self, volume: float) -> None:
        """Load the parts and start their downloads; `volume` is 0..1."""
        self.deck.subscribe(self._on_state)
        self.deck.volume(1.0 if is_file(self.output) else volume)
        specs = self.downloads.specs(self.track, self.names)
        self.deck.load(self.track.id, specs, self.playing, self.start)
        if self.names != [MASTER]:
            self.deck.select("stems")
        self.downloads.feed()

    def _on_state(self, state: DeckState) -> None:
        if self.ended.future.done():
            return
        self.downloads.follow(state)
        if fault := self._fault(state):
            self.ended.fail(fault)
            return
        self.watch(self.track, state)
        if state.key != self.track.id:
            return
        if not self.playing:
            self._play_if_inside(state)
        elif state.transport == "ended":
            self.ended.well(None)

    def _play_if_inside(self, state: DeckState) -> None:
        """Start playing as soon as the start is known to be inside the track."""
        start = self.start * state.rate
        lengths = [None if part.estimated else part.frames for part in state.parts]
        known = [frames for frames in lengths if frames is not None]
        decoded = [part.decoded for part in state.parts]
        if any(frames > start for frames in known + decoded):
            self.playing = True
            if is_file(self.output):
                self.deck.output(deck_kind(self.output))
            self.deck.play()
        elif lengths and len(known) == len(lengths):
            end = clock(max(known) / state.rate)
            self.ended.fail(StartPastEnd(f"--start {self.start:g} is past the end ({end})."))

    def _fault(self, state: DeckState) -> TakedeckError | None:
        # A lost device may come back; the user sees the message, and can end it.
        if state.output_fault and state.transport != "waiting":
            if not state.output:
                return DeckError(state.output_fault, next_step="Run it again.")
            if self.output != "auto":
                return fallen(state.output_fault, self.output, heard=self.heard)
        self.heard = self.heard or state.position > self.start
        if state.key == self.track.id:
            for part in state.parts:
                if part.fault:
                    return MediaError(f"{part.name}: {part.fault}")
        return None


async def _ids(provider: Provider, request: Request) -> tuple[str, str | None]:
    """The ids of the track and, if known, of its job."""
    wanted = request.id
    if provider.names_track(wanted):
        return wanted, None
    try:
        job = await provider.get_job(wanted)
    except NotFound:
        await provider.get_track(wanted)
        return wanted, None
    if job.tracks and request.number > 1:
        return _numbered(job, request.number).id, job.id
    if job.track_id is None:
        raise no_audio(job, wait=f"Wait for it: takedeck job {job.id} --watch")
    return job.track_id, job.id


def _numbered(job: Job, number: int) -> Track:
    if number > len(job.tracks):
        raise NothingToPlay(
            f"This job has no track {number}.", next_step=f"It has {len(job.tracks)}."
        )
    return job.tracks[number - 1]


def _parts(track: Track, stems: tuple[str, ...]) -> list[str]:
    known = {stem.name for stem in track.stems}
    for name in stems:
        if name not in known:
            raise NothingToPlay(
                f"{track.id} has no stem “{name}”.",
                next_step=f"It has: {', '.join(sorted(known)) or 'no stems'}.",
            )
    if not stems and track.master is None:
        raise MediaError(
            f"{track.id} has no master that can be fetched.",
            next_step=track.trouble or "It may still be in the making; run it again later.",
        )
    return list(dict.fromkeys(stems)) or [MASTER]
