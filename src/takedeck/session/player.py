"""The open track on the deck: opens jobs, switches versions, and has all transport commands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from takedeck.deck.client import DeckClient
from takedeck.deck.state import BIN_FRAMES, DeckState, PartState
from takedeck.errors import MediaError, NotFound, TakedeckError
from takedeck.media.cache import Cache, PartKey
from takedeck.media.fetch import Fetcher
from takedeck.model import MASTER, Job, Track
from takedeck.providers.base import Provider
from takedeck.session.events import DeckChanged, Listener, TrackChanged, TrackEnded, Trouble
from takedeck.session.mixer import ChannelStrip, MixerState
from takedeck.session.open_track import OpenTrack
from takedeck.session.part_downloads import DamagedPart, PartDownloads
from takedeck.session.resume import Place
from takedeck.session.tasks import Tasks
from takedeck.session.words import no_audio

_LOG: Final = logging.getLogger(__name__)


class Player:
    """Holds one open job at a time. Use it from one event loop.

    Commands return at once and raise nothing: results are emitted as `TrackChanged`, `DeckChanged`
    and `TrackEnded`, errors as `Trouble`. Each command builds on what the last one asked for, not
    on the deck's last state, which may be 50 ms old: two quick keys must not cancel each other out.

    `find` returns a known job, `fetch_job` requests it, `gone` is called with the id of a job that
    the API no longer has, and `learn` with a job's fetched track. `tasks` must be closed before
    the player. `owner` identifies the account in the cache; `volume` is 0..1.
    """

    def __init__(
        self,
        provider: Provider,
        deck: DeckClient,
        fetcher: Fetcher,
        cache: Cache,
        *,
        owner: str,
        volume: float,
        find: Callable[[str], Job | None],
        fetch_job: Callable[[str], Coroutine[Any, Any, Job]],
        gone: Callable[[str], None],
        learn: Callable[[str, Track], None],
        emit: Listener,
        tasks: Tasks,
    ) -> None:
        self.opened: OpenTrack | None = None
        self.mixer = MixerState(volume=volume)
        self._deck = deck
        self._last_state = DeckState()
        self._wants_sound = False
        self._sought: float | None = None
        self._loop_sent = False
        self._resumed = False
        """Whether the open track was restored from the last run and is not on the deck yet."""
        self._tasks = tasks
        self._provider = provider
        self._fetcher = fetcher
        self._cache = cache
        self._owner = owner
        self._find = find
        self._fetch_job = fetch_job
        self._gone = gone
        self._learn = learn
        self._emit = emit
        self._downloads: PartDownloads | None = None
        self._loaded: list[str] = []
        self._null_wanted = False
        self._awaited: float | None = None
        self._version: str | None = None
        self._opening: asyncio.Task[None] | None = None
        self._as_is: set[tuple[str, str]] = set()
        self.opening: str | None = None
        """The id of the job being opened, while another one may still play."""
        deck.volume(volume)
        deck.subscribe(self._on_deck)

    # --- what is shown

    @property
    def deck_state(self) -> DeckState:
        """The deck's latest state."""
        return self._deck.state

    @property
    def shown_state(self) -> DeckState:
        """The deck's state for the screen: if the deck has died, the last one before that."""
        state = self._deck.state
        if state.transport != "empty":
            return state
        if self._last_state.key is None or not (state.output_fault or self._resumed):
            return replace(state, volume=self.mixer.volume)
        return replace(
            self._last_state,
            transport="paused" if self._resumed else "stopped",
            volume=self.mixer.volume,
            output=state.output,
            output_fault=state.output_fault,
        )

    def bands(self, name: str) -> bytes:
        """The part's waveform so far: `BANDS` bytes, 0..255 each, per `BIN_FRAMES` frames."""
        return self._deck.bands(name) if self._open_key else b""

    def expected_bins(self, name: str) -> int:
        """How many bins the part's waveform will have; 1 while its length is unknown."""
        state = self._deck.state
        part = _part(state, name)
        if part is not None and part.frames:
            return part.frames // BIN_FRAMES + 1
        return int((state.duration or 0) * state.rate) // BIN_FRAMES + 1

    @property
    def _open_key(self) -> str | None:
        """The deck's key of the open track."""
        track = self.opened.track if self.opened else None
        return track.id if track else None

    def fresh_for(self) -> float | None:
        """Seconds until the first of the open track's URLs expires; None if unknown."""
        return self._downloads.mint.fresh_for() if self._downloads else None

    # --- opening

    def open(self, job_id: str) -> None:
        """Play the job's track from its start; for the open job, toggle play and pause.

        The track that was open before plays on until the new one is ready, and stays open if that
        fails.
        """
        opened = self.opened
        if self.opening is None and opened and opened.job_id == job_id and opened.track:
            self.toggle()
        elif self.opening != job_id:
            self._begin(job_id, None)

    def version(self, step: int) -> bool:
        """Switch to the next (`step` 1) or previous (-1) track of the job, at the same position.

        Returns False if the job has no other track.
        """
        opened = self.opened
        versions = opened.versions if opened else ()
        if opened is None or len(versions) < 2:
            return False
        # Keys may come faster than a track is loaded: count from the version last asked for.
        at = self._version or (opened.track.id if opened.track else versions[0].id)
        here = next((n for n, track in enumerate(versions) if track.id == at), 0)
        self._begin(opened.job_id, versions[(here + step) % len(versions)])
        return True

    def _begin(self, job_id: str, version: Track | None) -> None:
        if self._opening is not None:
            self._opening.cancel()
        _LOG.info("opening job %s%s", job_id, f", track {version.id}" if version else "")
        self._version = version.id if version else None
        self.opening = job_id
        self._opening = self._tasks.spawn(self._open(job_id, version))
        self._emit(TrackChanged())

    def place(self) -> Place | None:
        """The open track with its position and mix, for the next run; None if none is open."""
        opened = self.opened
        if opened is None or opened.track is None:
            return None
        track = opened.track.without_urls()
        here = self._place() if self._last_state.key == track.id else self._awaited or 0.0
        return Place(opened.job_id, track, here, deepcopy(self.mixer))

    def resume(self, place: Place) -> None:
        """Open the track of the last run, paused at its position.

        Makes no requests: the track is loaded at once only if all parts needed are in the cache.
        A no-op if a track is open or being opened.
        """
        if self.opened is not None or self.opening is not None:
            return
        versions, known = self._known(place.job_id, place.track.id)
        track = known if known is not None and known.stems else place.track
        self._downloads = downloads = self._downloads_of(place.job_id, track.id, None)
        stems = [stem.name for stem in track.stems] if place.mix.stems else []
        self.mixer = replace(place.mix, volume=self.mixer.volume)
        self._loaded = [MASTER, *stems]
        kept = all(downloads.has(name) for name in self._loaded)
        self._resumed = True
        self._last_state = _as_left(track, place)
        self._show(
            OpenTrack(place.job_id, track=track, versions=versions, kept=kept, resumed=not kept)
        )
        if kept:
            self._load_again(downloads, track, play=False)

    def mint_anew(self) -> None:
        """Fetch fresh URLs for the open track, and retry failed downloads."""
        opened = self.opened
        if opened is None or opened.minting:
            return
        if self._downloads is not None:
            self._tasks.spawn(self._mint_anew(self._downloads))
        elif self.opening is None:
            self._begin(opened.job_id, None)

    async def keep_what_arrived(self) -> None:
        """Wait, at most 2 s, until the parts whose last byte has arrived are in the cache."""
        if self._downloads is not None:
            await self._downloads.keep_what_arrived()

    async def close(self) -> None:
        """Cancel downloads, and end the deck's process."""
        if self._downloads is not None:
            await self._downloads.close()
        await self._deck.close()

    async def _open(self, job_id: str, version: Track | None) -> None:
        try:
            downloads, opened = await self._found(job_id, version)
        except TakedeckError as error:
            self._opened_nothing(job_id, error)
            return
        try:
            self._put_on_deck(downloads, opened, version)
        except TakedeckError as error:
            self._show(replace(opened, trouble=error))
            self._emit(Trouble(error))

    async def _found(self, job_id: str, version: Track | None) -> tuple[PartDownloads, OpenTrack]:
        """Find the job's track and prepare its downloads, without changing what is playing."""
        track_id = version.id if version else await self._track_id(job_id)
        versions, known = self._known(job_id, track_id)
        opened = OpenTrack(job_id, versions=versions)
        downloads = self._downloads_of(job_id, track_id, version)
        try:
            return downloads, await self._fetched(downloads, opened, known, version)
        except TakedeckError:
            if version is not None or (other := self._kept(versions)) is None:
                raise
            kept = self._downloads_of(job_id, other.id, other)
            return kept, replace(opened, track=other, kept=True)

    def _downloads_of(self, job_id: str, track_id: str, known: Track | None) -> PartDownloads:
        return PartDownloads(
            track_id,
            self._provider,
            self._fetcher,
            self._cache,
            self._deck.set_available,
            owner=self._owner,
            changed=self._downloads_changed,
            started_over=self._started_over,
            spoiled=self._on_spoiled,
            as_is=self._as_is,
            spawn=self._tasks.spawn,
            job_id=job_id,
            known=known,
        )

    def _opened_nothing(self, job_id: str, error: TakedeckError) -> None:
        """Report why opening failed; the open track stays as it is."""
        _LOG.info("job %s could not be opened: %s", job_id, error.what)
        self.opening = self._version = self._awaited = None
        if self.opened is None or self.opened.track is None:
            self._show(OpenTrack(job_id, trouble=error))
        else:
            self._emit(TrackChanged())
        self._emit(Trouble(error))

    def _put_on_deck(
        self, downloads: PartDownloads, opened: OpenTrack, version: Track | None
    ) -> None:
        """Make this the open track, and load it. Raises `DiskFull`."""
        if version is None:
            self.mixer, self._awaited, self._wants_sound = self.mixer.for_track(), None, True
        else:
            self.mixer = self.mixer.for_version()
            if self._last_state.key is not None and self._last_state.key == self._open_key:
                self._awaited = self._place()
        old, self._downloads = self._downloads, downloads
        self._loaded, self._last_state, self._resumed = [], DeckState(), False
        self._sought, self._null_wanted = None, False
        self.opening = None
        self._deck.unload()
        self._show(opened)
        if old is not None:
            # Not awaited: opening another track cancels this task, but must not cancel that.
            self._tasks.spawn(old.close())
        if opened.track is not None:
            start = _within(self._awaited, opened.track)
            self._load(downloads, opened.track, play=self._wants_sound, start=start)
            self._restore()

    def _kept(self, versions: tuple[Track, ...]) -> Track | None:
        """The first of the tracks whose master is in the cache, or None."""
        keys = ((track, PartKey(self._owner, track.id, MASTER)) for track in versions)
        return next((track for track, key in keys if self._cache.find(key) is not None), None)

    async def _fetched(
        self,
        downloads: PartDownloads,
        opened: OpenTrack,
        known: Track | None,
        version: Track | None,
    ) -> OpenTrack:
        """`opened` with its track: fetched, or the known one if that fails and the cache has it."""
        if version is not None and (version.master is not None or downloads.has(MASTER)):
            return replace(opened, track=version, kept=version.master is None)
        try:
            track = await downloads.mint.refresh()
            self._learn(opened.job_id, track)
            return replace(opened, track=track)
        except TakedeckError as error:
            if isinstance(error, NotFound):
                self._gone(opened.job_id)
            if known is None or not downloads.has(MASTER):
                raise
            return replace(opened, track=known, kept=True)

    def _known(self, job_id: str, track_id: str) -> tuple[tuple[Track, ...], Track | None]:
        """The job's tracks if it has several, and the track of that id if it is known."""
        job = self._find(job_id)
        tracks = job.tracks if job else ()
        known = next((track for track in tracks if track.id == track_id), None)
        return (tracks if len(tracks) > 1 else ()), known

    async def _track_id(self, job_id: str) -> str:
        job = self._find(job_id)
        if job is None or (job.track_id is None and not job.status.settled):
            job = await self._fetch_job(job_id)
        if job.track_id is None:
            raise no_audio(job)
        return job.track_id

    def _load(
        self, downloads: PartDownloads, track: Track, *, play: bool, start: float = 0.0
    ) -> None:
        names = self._loaded or [MASTER]
        specs = downloads.specs(track, names)
        self._loaded = names
        if self.opened is not None and self.opened.resumed:
            self.opened = replace(self.opened, resumed=False)
        self._deck.load(track.id, specs, play, start)
        downloads.feed()
        self._downloads_changed()

    async def _mint_anew(self, downloads: PartDownloads) -> None:
        opened = self.opened
        if opened is None:
            return
        self._show(replace(opened, minting=True))
        try:
            track = await downloads.mint.refresh()
        except TakedeckError as error:
            self._if_current(downloads, minting=False)
            if isinstance(error, NotFound):
                self._gone(opened.job_id)
            self._emit(Trouble(error))
            return
        failed = bool(downloads.failed)
        play = self.deck_state.busy or (failed and self._wants_sound)
        downloads.retry()
        self._if_current(downloads, track=track, minting=False, trouble=None, kept=False)
        if self._downloads is downloads and (failed or not self._loaded):
            self._load_again(downloads, track, play=play)

    # --- the transport

    def stop(self) -> None:
        """Stop sounding and go to the start."""
        self._sought, self._wants_sound = None, False
        if self._resumed:
            self._last_state = replace(self._last_state, position=0.0)
        self._deck.stop()

    def seek_to(self, seconds: float) -> None:
        """Move to `seconds`, clamped to the track where its length is known."""
        end = self._last_state.duration
        self._sought = max(0.0, min(seconds, end) if end else seconds)
        if self._resumed:
            self._last_state = replace(self._last_state, position=self._sought)
        self._deck.seek(self._sought)

    def seek_by(self, seconds: float) -> None:
        """Move by `seconds`, from the target of the last seek if that is still under way."""
        self.seek_to(self._place() + seconds)

    def seek_share(self, share: float) -> None:
        """Move to a share (0..1) of the track; a no-op while its length is unknown."""
        if self._last_state.duration:
            self.seek_to(share * self._last_state.duration)

    def volume_by(self, change: float) -> None:
        """Change the master volume by `change`, within 0..1."""
        self._deck.volume(self.mixer.add_volume(change))

    # --- the loop

    def loop_in(self) -> None:
        """Set the loop's start to the current position."""
        self._set_loop(start=self._place())

    def loop_out(self) -> None:
        """Set the loop's end to the current position, turn it on, and go to its start."""
        self._set_loop(end=self._place(), on=True)
        self.seek_to(self.mixer.loop.start or 0.0)

    def loop_switch(self) -> None:
        """Turn the loop on or off; without a region it is the whole track."""
        self._set_loop(on=not self.mixer.loop.on)

    def _set_loop(
        self, *, start: float | None = None, end: float | None = None, on: bool | None = None
    ) -> None:
        self.mixer.loop.set(start=start, end=end, on=on)
        self._send_loop()

    def _send_loop(self) -> None:
        region = self.mixer.loop.within(self._last_state.duration)
        self._loop_sent = region is not None
        if region is not None:
            self._deck.loop(*region, self.mixer.loop.on)

    def _place(self) -> float:
        return self._last_state.position if self._sought is None else self._sought

    # --- the keys that need the track's parts

    def toggle(self) -> None:
        """Play or pause. If the deck has died, loads the track again at the same position.

        While the deck waits for a lost sound device, makes it retry that at once.
        """
        self._wants_sound = self.deck_state.transport == "waiting" or not self.deck_state.busy
        spoiled = self._downloads.spoiled.values() if self._downloads else ()
        if self._wants_sound and any(each.kept_before and each.playable for each in spoiled):
            self.mint_anew()
        if not self._fetch_again() and not self._revive(play=True):
            self._deck.toggle()

    def switch_source(self) -> None:
        """Switch between the master and its stems, at the same position."""
        if self.mixer.stems:
            self._hear(stems=False)
        else:
            self._to_stems()

    def mute(self, name: str) -> None:
        """Mute or unmute a stem; switches to the stems."""
        if self._to_stems():
            self._deck.mute(name, self.mixer.toggle_mute(name))

    def solo(self, name: str) -> None:
        """Solo or unsolo a stem; switches to the stems."""
        if self._to_stems():
            self._deck.solo(name, self.mixer.toggle_solo(name))

    def gain_by(self, name: str, decibels: float) -> None:
        """Change a stem's gain by `decibels`, within `GAIN_DB`; switches to the stems."""
        if self._to_stems():
            self._deck.gain(name, self.mixer.add_gain(name, decibels))

    def clear_mix(self) -> None:
        """Clear every mute and solo."""
        for name in self.mixer.clear():
            self._deck.mute(name, False)
            self._deck.solo(name, False)
        self._revive(play=False)

    def reset_gains(self) -> None:
        """Set every stem's gain to 0 dB."""
        for name in self.mixer.reset_gains():
            self._deck.gain(name, 0.0)
        self._revive(play=False)

    def null_test(self) -> None:
        """Measure master minus stems, once all are decoded; the result is in the deck's state."""
        self._null_wanted = self._add_stems()

    def output(self, kind: str) -> None:
        """Switch to another output: one of `takedeck.config.OUTPUTS`, or wav:PATH."""
        self._deck.output(kind)

    def _hear(self, *, stems: bool) -> None:
        self.mixer.stems = stems
        self._deck.select("stems" if stems else "master")

    def _to_stems(self) -> bool:
        if not self._add_stems():
            return False
        if not self.mixer.stems:
            self._hear(stems=True)
        return True

    def _add_stems(self) -> bool:
        track = self.opened.track if self.opened else None
        if self._downloads is None or track is None or not track.stems:
            return False
        self._revive(play=False)
        missing = [stem.name for stem in track.stems if stem.name not in self._loaded]
        try:
            specs = self._downloads.specs(track, missing)
        except TakedeckError as error:
            self._emit(Trouble(error))
            return False
        if specs:
            self._deck.add_parts(specs)
            self._loaded += missing
            self._downloads.feed()
        return True

    def _revive(self, *, play: bool) -> bool:
        track = self.opened.track if self.opened else None
        if self._downloads is None or track is None or self.deck_state.transport != "empty":
            return False
        self._load_again(self._downloads, track, play=play)
        return True

    def _fetch_again(self) -> bool:
        """Before playing, download damaged parts again; returns whether there were any."""
        downloads, track = self._downloads, self.opened.track if self.opened else None
        if downloads is None or track is None or not self._wants_sound:
            return False
        damaged = {name for name, spoiled in downloads.spoiled.items() if spoiled.fault is not None}
        wanted = [name for name in self._loaded if (name != MASTER) == self.mixer.stems]
        if not damaged and not (wanted and downloads.failed.issuperset(wanted)):
            return False
        downloads.retry()
        self._load_again(downloads, track, play=True)
        return True

    def _on_spoiled(self, spoiled: DamagedPart) -> None:
        downloads, track = self._downloads, self.opened.track if self.opened else None
        if downloads is None or track is None:
            return
        online = self.opened is not None and not self.opened.kept
        if spoiled.kept_before and (online or not spoiled.playable):
            # The cached file is damaged, not a fresh download: try a new download at once.
            downloads.retry()
            self._load_again(downloads, track, play=self._wants_sound)
        elif spoiled.kept_before and self._wants_sound:
            # What there is plays on until fresh URLs have arrived.
            self.mint_anew()
        elif spoiled.fault is None:
            self._emit(
                Trouble(
                    MediaError(
                        f"{spoiled.name}: it ends long before the track does.",
                        next_step="Press r to fetch it again.",
                    )
                )
            )

    def _load_again(self, downloads: PartDownloads, track: Track, *, play: bool) -> None:
        """Load the track again, with the position and the mix it had."""
        start = self._last_state.position if self._last_state.key == track.id else 0.0
        try:
            self._load(downloads, track, play=play, start=start)
        except TakedeckError as error:
            self._emit(Trouble(error))
            return
        self._restore()

    def _started_over(self) -> None:
        # The file at the storage has changed: discard what was decoded of the old one.
        track = self.opened.track if self.opened else None
        if self._downloads is not None and track is not None and self._loaded:
            self._load_again(self._downloads, track, play=self.deck_state.busy)

    # --- inside

    def _restore(self) -> None:
        """Send the mixer's settings to a deck that has just been loaded."""
        for name, channel in self.mixer.strips.items():
            self._deck.mute(name, channel.muted)
            self._deck.solo(name, channel.soloed)
            self._deck.gain(name, channel.gain)
        if self.mixer.stems:
            self._deck.select("stems")
        if self.mixer.loop.on:
            self._send_loop()

    def _on_deck(self, state: DeckState) -> None:
        if state.key is not None and state.key != self._open_key:
            # On its way while another track was opened. Its end would skip the one just opened.
            return
        wanted, before = self._wants_sound, self._last_state.transport
        self._keep(state)
        self._fall_back(state, play=wanted)
        if state.key == self._version and state.transport != "loading":
            self._awaited = None
        if self._downloads is not None:
            self._downloads.follow(state)
        if self._null_wanted and state.parts and all(part.complete for part in state.parts):
            self._null_wanted = False
            self._null_test(state)
        self._emit(DeckChanged(state))
        if state.transport == "ended" and before != "ended":
            self._emit(TrackEnded())

    def _keep(self, state: DeckState) -> None:
        """Take over the deck's new state."""
        if state.transport != "empty":
            self._last_state, self._resumed = state, False
        if state.transport == "ended":
            self._wants_sound = False
        if self._deck.has_sought(state):
            self._sought = None
        if self.mixer.loop.on and not self._loop_sent:
            self._send_loop()

    def _fall_back(self, state: DeckState, *, play: bool) -> None:
        """Switch back to the master if every stem has failed."""
        stems = [part for part in state.parts if part.role == "stem"]
        if state.source != "stems" or not stems or not all(part.fault for part in stems):
            return
        master = _part(state, MASTER)
        if master is not None and not master.fault:
            # `mixer.stems` stays set: once they can be played, the stems are heard.
            self._deck.select("master")
            if play:
                self._wants_sound = True
                self._deck.play()

    def _null_test(self, state: DeckState) -> None:
        broken = [part.name for part in state.parts if part.fault]
        if not broken:
            self._deck.null_test()
            return
        self._emit(
            Trouble(
                MediaError(
                    f"The null test needs every part, and {', '.join(broken)} is not there.",
                    next_step="Press r to fetch it again, then N.",
                )
            )
        )

    def _downloads_changed(self) -> None:
        if self._downloads is not None and self.opened is not None:
            self._show(
                replace(
                    self.opened,
                    downloads=dict(self._downloads.progress),
                    troubles=dict(self._downloads.troubles),
                )
            )

    def _if_current(self, downloads: PartDownloads, **changes: Any) -> None:
        if self._downloads is downloads and self.opened is not None:
            self._show(replace(self.opened, **changes))

    def _show(self, opened: OpenTrack) -> None:
        self.opened = opened
        self._emit(TrackChanged())


def _as_left(track: Track, place: Place) -> DeckState:
    """The state that the deck would have with this track loaded."""
    mixer = place.mix
    audible = mixer.audible(stem.name for stem in track.stems)
    parts = [PartState(MASTER, "master", audible=not mixer.stems)]
    for stem in track.stems:
        strip = mixer.strips.get(stem.name, ChannelStrip())
        parts.append(
            PartState(
                stem.name,
                "stem",
                audible=stem.name in audible,
                muted=strip.muted,
                soloed=strip.soloed,
                gain_db=strip.gain,
            )
        )
    return DeckState(
        key=track.id,
        transport="paused",
        position=place.position,
        duration=track.duration,
        source="stems" if mixer.stems else "master",
        parts=tuple(parts),
    )


def _part(state: DeckState, name: str) -> PartState | None:
    parts: Iterable[PartState] = state.parts
    return next((part for part in parts if part.name == name), None)


def _within(start: float | None, track: Track | None) -> float:
    """`start` if it lies within the track, else 0."""
    length = track.duration if track else None
    return 0.0 if start is None or (length is not None and start >= length) else start
