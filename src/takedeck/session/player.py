"""The opened track on the deck: opening, switching, and every command of the transport."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, Final

from takedeck.deck.remote import RemoteDeck
from takedeck.deck.state import PEAK_FRAMES, DeckState, PartState
from takedeck.errors import MediaError, TakedeckError
from takedeck.media.cache import Cache
from takedeck.media.fetch import Fetcher
from takedeck.model import Job, Track
from takedeck.providers.base import Provider
from takedeck.session.events import DeckChanged, Listener, TrackChanged, Trouble
from takedeck.session.opened import MASTER, Opened
from takedeck.session.reel import Reel

LOWEST_GAIN: Final = -60.0
HIGHEST_GAIN: Final = 6.0


class Player:
    """Holds one opened job at a time. Commands return at once; what they lead to is told.

    `find` gives a job as it is known, `look` fetches it by itself.
    """

    def __init__(
        self,
        provider: Provider,
        deck: RemoteDeck,
        fetcher: Fetcher,
        cache: Cache,
        *,
        find: Callable[[str], Job | None],
        look: Callable[[str], Coroutine[Any, Any, Job]],
        emit: Listener,
    ) -> None:
        self.opened: Opened | None = None
        self.on_crash: Callable[[BaseException], None] | None = None
        self._provider = provider
        self._deck = deck
        self._fetcher = fetcher
        self._cache = cache
        self._find = find
        self._look = look
        self._emit = emit
        self._reel: Reel | None = None
        self._loaded: list[str] = []
        self._opening: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._heard = DeckState()
        deck.subscribe(self._on_deck)

    # --- what is shown

    @property
    def deck_state(self) -> DeckState:
        """The deck as it last told of itself."""
        return self._deck.state

    def peaks(self, name: str) -> bytes:
        """The waveform of a part so far, one byte for each bin."""
        return self._deck.peaks(name)

    def expected_peaks(self, name: str) -> int:
        """How many bins the part's waveform will have; 0 while it cannot be told."""
        state = self._deck.state
        part = _part(state, name)
        if part is not None and part.frames:
            return part.frames // PEAK_FRAMES + 1
        return int((state.duration or 0) * state.rate) // PEAK_FRAMES + 1

    def fresh_for(self) -> float | None:
        """Seconds that the opened track's URLs stay fresh; None where unknown."""
        return self._reel.mint.fresh_for() if self._reel else None

    # --- opening

    def open(self, job_id: str, *, play: bool = True) -> None:
        """Fetch the job's track anew and put its master on the deck."""
        if self._opening is not None:
            self._opening.cancel()
        self._opening = self._spawn(self._open(job_id, play))

    def mint_anew(self) -> None:
        """Fetch the opened track's URLs anew, and try again what could not be fetched."""
        if self._reel is not None and self.opened is not None and not self.opened.minting:
            self._spawn(self._mint_anew(self._reel))

    async def close(self) -> None:
        """Silence the deck, stop fetching, and end the deck's process."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._reel is not None:
            await self._reel.close()
        await self._deck.close()

    async def _open(self, job_id: str, play: bool) -> None:
        try:
            track_id = await self._track_id(job_id)
        except TakedeckError as error:
            self._emit(Trouble(error))
            return
        old, self._loaded, self._heard = self._reel, [], DeckState()
        self._reel = reel = Reel(
            track_id,
            self._provider,
            self._fetcher,
            self._cache,
            grew=self._deck.grew,
            changed=self._downloads_changed,
        )
        self._deck.unload()
        self._show(Opened(job_id, minting=True))
        if old is not None:
            await old.close()
        try:
            track = await reel.mint.refresh()
            self._show(Opened(job_id, track))
            self._load(reel, track, play=play)
        except TakedeckError as error:
            self._show(Opened(job_id, reel.mint.track, trouble=error))
            self._emit(Trouble(error))

    async def _track_id(self, job_id: str) -> str:
        job = self._find(job_id)
        if job is None or (job.track_id is None and not job.status.settled):
            job = await self._look(job_id)
        if job.track_id is None:
            raise MediaError(*_nothing(job))
        return job.track_id

    def _load(self, reel: Reel, track: Track, *, play: bool, start: float = 0.0) -> None:
        names = self._loaded or [MASTER]
        self._loaded = names
        specs = reel.specs(track, names)
        self._deck.load(track.id, specs, play, start)
        reel.feed()
        self._downloads_changed()

    async def _mint_anew(self, reel: Reel) -> None:
        opened = self.opened
        if opened is None:
            return
        self._show(replace(opened, minting=True))
        try:
            track = await reel.mint.refresh()
        except TakedeckError as error:
            self._if_current(reel, minting=False)
            self._emit(Trouble(error))
            return
        failed = bool(reel.troubles)
        reel.retry()
        self._if_current(reel, track=track, minting=False, trouble=None)
        if self._reel is reel and (failed or not self._loaded):
            self._load_again(reel, track, play=self.deck_state.busy)

    # --- the transport

    def toggle(self) -> None:
        """Play or pause; a deck that has lost the track gets it again, at the same place."""
        if self._revive(play=True):
            return
        self._deck.toggle()

    def stop(self) -> None:
        """Fall silent and go to the start."""
        self._deck.stop()

    def seek_to(self, seconds: float) -> None:
        """Go to that second of the track."""
        end = self.deck_state.duration
        self._deck.seek(max(0.0, min(seconds, end) if end else seconds))

    def seek_by(self, seconds: float) -> None:
        """Move by so many seconds."""
        self.seek_to(self.deck_state.position + seconds)

    def seek_share(self, share: float) -> None:
        """Go to that share (0–1) of the track."""
        if self.deck_state.duration:
            self.seek_to(share * self.deck_state.duration)

    def volume_by(self, change: float) -> None:
        """Change the volume of everything by so much of 0–1."""
        self._deck.volume(max(0.0, min(1.0, round(self.deck_state.volume + change, 2))))

    # --- the stems

    def switch_source(self) -> None:
        """Switch between the master and its stems, at the same instant."""
        if self.deck_state.source == "stems":
            self._deck.select("master")
        elif self._to_stems():
            self._clear_solos()

    def mute(self, name: str) -> None:
        """Mute a stem or unmute it; the stems are heard from now on."""
        part = _part(self._last, name)
        if self._to_stems():
            self._deck.mute(name, not (part and part.muted))

    def solo(self, name: str) -> None:
        """Solo a stem or no longer; the stems are heard from now on."""
        part = _part(self._last, name)
        if self._to_stems():
            self._deck.solo(name, not (part and part.soloed))

    def gain_by(self, name: str, decibels: float) -> None:
        """Change a stem's gain, within −60 to +6 dB."""
        part = _part(self._last, name)
        if self._to_stems():
            gain = (part.gain_db if part else 0.0) + decibels
            self._deck.gain(name, max(LOWEST_GAIN, min(HIGHEST_GAIN, gain)))

    def _to_stems(self) -> bool:
        track = self.opened.track if self.opened else None
        if self._reel is None or track is None or not track.stems:
            return False
        self._revive(play=False)
        missing = [stem.name for stem in track.stems if stem.name not in self._loaded]
        try:
            specs = self._reel.specs(track, missing)
        except TakedeckError as error:
            self._emit(Trouble(error))
            return False
        if specs:
            self._deck.add_parts(specs)
            self._loaded += missing
            self._reel.feed()
        self._deck.select("stems")
        return True

    def _clear_solos(self) -> None:
        for part in self.deck_state.parts:
            if part.soloed:
                self._deck.solo(part.name, False)

    def _revive(self, *, play: bool) -> bool:
        track = self.opened.track if self.opened else None
        if self._reel is None or track is None or self.deck_state.transport != "empty":
            return False
        if not self._loaded:
            return False
        self._load_again(self._reel, track, play=play)
        return True

    def _load_again(self, reel: Reel, track: Track, *, play: bool) -> None:
        """Load the track with everything as it was when the deck last had it."""
        before = self._last if self._last.key == track.id else DeckState()
        self._load(reel, track, play=play, start=before.position)
        for part in before.parts:
            self._deck.mute(part.name, part.muted)
            self._deck.solo(part.name, part.soloed)
            self._deck.gain(part.name, part.gain_db)
        if before.source == "stems":
            self._deck.select("stems")

    # --- inside

    @property
    def _last(self) -> DeckState:
        """The deck as it stands, or as it stood before it lost the track."""
        state = self.deck_state
        return self._heard if state.transport == "empty" else state

    def _on_deck(self, state: DeckState) -> None:
        if state.transport != "empty":
            self._heard = state
        self._emit(DeckChanged(state))

    def _downloads_changed(self) -> None:
        if self._reel is not None and self.opened is not None:
            self._show(
                replace(
                    self.opened,
                    downloads=dict(self._reel.downloads),
                    troubles=dict(self._reel.troubles),
                )
            )

    def _if_current(self, reel: Reel, **changes: Any) -> None:
        if self._reel is reel and self.opened is not None:
            self._show(replace(self.opened, **changes))

    def _show(self, opened: Opened) -> None:
        self.opened = opened
        self._emit(TrackChanged())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) and self.on_crash:
            self.on_crash(fault)


def _part(state: DeckState, name: str) -> PartState | None:
    parts: Iterable[PartState] = state.parts
    return next((part for part in parts if part.name == name), None)


def _nothing(job: Job) -> tuple[str]:
    if job.status.active:
        return (f"this job is {job.status}; it can be heard once it has succeeded.",)
    return (f"this job is {job.status}: there is nothing to hear.",)
