"""The opened track on the deck: opening, switching, and every command of the transport."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from takedeck.deck.client import DeckClient
from takedeck.deck.state import PEAK_FRAMES, DeckState, PartState
from takedeck.errors import MediaError, NotFound, NothingToPlay, TakedeckError
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

_LOG: Final = logging.getLogger(__name__)


class Player:
    """Holds one opened job at a time. Commands return at once; what they lead to is told.

    What was asked for counts, not what the deck last told of itself: it tells 20 times a second,
    and two quick keys must not cancel each other out.

    `find` gives a job as it is known, `fetch_job` fetches it by itself, `gone` hears of one that
    the API no longer knows, `learn` of a job's track that was fetched. Its tasks end with `tasks`,
    which is closed first. `owner` is whose the audio is in the cache.
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
        """Whether the open track is where an earlier start left it, and not on the deck yet."""
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
        """The id of the job that is being opened, while another one may still play."""
        deck.volume(volume)
        deck.subscribe(self._on_deck)

    # --- what is shown

    @property
    def deck_state(self) -> DeckState:
        """The deck as it last told of itself."""
        return self._deck.state

    @property
    def shown_state(self) -> DeckState:
        """The deck as it is shown: one that has died keeps its place and volume on screen."""
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

    def peaks(self, name: str) -> bytes:
        """The waveform of a part so far, one byte for each bin."""
        return self._deck.peaks(name) if self._open_key else b""

    def expected_peaks(self, name: str) -> int:
        """How many bins the part's waveform will have; 0 while it cannot be told."""
        state = self._deck.state
        part = _part(state, name)
        if part is not None and part.frames:
            return part.frames // PEAK_FRAMES + 1
        return int((state.duration or 0) * state.rate) // PEAK_FRAMES + 1

    @property
    def _open_key(self) -> str | None:
        """The deck's key of the track that is open."""
        track = self.opened.track if self.opened else None
        return track.id if track else None

    def fresh_for(self) -> float | None:
        """Seconds that the opened track's URLs stay fresh; None where unknown."""
        return self._downloads.mint.fresh_for() if self._downloads else None

    # --- opening

    def open(self, job_id: str) -> None:
        """Play that job's track from its start; on the opened one, play or pause.

        What was open before stays as it is until the other track is there, and for good where it
        cannot be had.
        """
        opened = self.opened
        if self.opening is None and opened and opened.job_id == job_id and opened.track:
            self.toggle()
        elif self.opening != job_id:
            self._begin(job_id, None)

    def version(self, step: int) -> bool:
        """Go on at the same second in the next or the previous track of the opened job.

        False where the job has no other.
        """
        opened = self.opened
        versions = opened.versions if opened else ()
        if opened is None or len(versions) < 2:
            return False
        # Keys may be quicker than a track is loaded: what the last one led to counts.
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
        """The open track as it is now, for the next start; None while none is open."""
        opened = self.opened
        if opened is None or opened.track is None:
            return None
        track = opened.track.without_urls()
        here = self._place() if self._last_state.key == track.id else self._awaited or 0.0
        return Place(opened.job_id, track, here, deepcopy(self.mixer))

    def resume(self, place: Place) -> None:
        """Open the track where it was left, paused.

        Nothing is asked for before the first key: it is put on the deck at once only where all
        that is heard of it is in the cache.
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
        """Fetch the opened track's URLs anew, and try again what could not be fetched."""
        opened = self.opened
        if opened is None or opened.minting:
            return
        if self._downloads is not None:
            self._tasks.spawn(self._mint_anew(self._downloads))
        elif self.opening is None:
            self._begin(opened.job_id, None)

    async def keep_what_arrived(self) -> None:
        """Wait until the parts whose last byte is here are in the cache, 2 s at most."""
        if self._downloads is not None:
            await self._downloads.keep_what_arrived()

    async def close(self) -> None:
        """Stop fetching, and end the deck's process."""
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
        """The job's track, and what will fetch its parts. Nothing that plays is touched."""
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
        """Say why; the track that is open stays, with its sound, its mix and its waveforms."""
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
        """From here on this track is the open one. Raises DiskFull."""
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
            # Not awaited: opening yet another track must not leave this one half closed.
            self._tasks.spawn(old.close())
        if opened.track is not None:
            start = _within(self._awaited, opened.track)
            self._load(downloads, opened.track, play=self._wants_sound, start=start)
            self._restore()

    def _kept(self, versions: tuple[Track, ...]) -> Track | None:
        """The first of the tracks that is in the cache."""
        keys = ((track, PartKey(self._owner, track.id, MASTER)) for track in versions)
        return next((track for track, key in keys if self._cache.find(key) is not None), None)

    async def _fetched(
        self,
        downloads: PartDownloads,
        opened: OpenTrack,
        known: Track | None,
        version: Track | None,
    ) -> OpenTrack:
        """With the track: fetched anew, or as it is known where its audio is at hand."""
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
        """The job's tracks where it has several, and that one of them as it is known."""
        job = self._find(job_id)
        tracks = job.tracks if job else ()
        known = next((track for track in tracks if track.id == track_id), None)
        return (tracks if len(tracks) > 1 else ()), known

    async def _track_id(self, job_id: str) -> str:
        job = self._find(job_id)
        if job is None or (job.track_id is None and not job.status.settled):
            job = await self._fetch_job(job_id)
        if job.track_id is None:
            raise _nothing(job)
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
        """Fall silent and go to the start."""
        self._sought, self._wants_sound = None, False
        if self._resumed:
            self._last_state = replace(self._last_state, position=0.0)
        self._deck.stop()

    def seek_to(self, seconds: float) -> None:
        """Go to that second of the track."""
        end = self._last_state.duration
        self._sought = max(0.0, min(seconds, end) if end else seconds)
        if self._resumed:
            self._last_state = replace(self._last_state, position=self._sought)
        self._deck.seek(self._sought)

    def seek_by(self, seconds: float) -> None:
        """Move by so many seconds, from where the last key led."""
        self.seek_to(self._place() + seconds)

    def seek_share(self, share: float) -> None:
        """Go to that share (0–1) of the track."""
        if self._last_state.duration:
            self.seek_to(share * self._last_state.duration)

    def volume_by(self, change: float) -> None:
        """Change the volume of everything by so much of 0–1."""
        self._deck.volume(self.mixer.add_volume(change))

    # --- the loop

    def loop_in(self) -> None:
        """Begin the loop here."""
        self._set_loop(start=self._place())

    def loop_out(self) -> None:
        """End the loop here, and go to its start."""
        self._set_loop(end=self._place(), on=True)
        self.seek_to(self.mixer.loop.start or 0.0)

    def loop_switch(self) -> None:
        """Loop or no longer; without a region, the whole track."""
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
        """Play or pause; a deck that has lost the track gets it again, at the same place.

        While it waits for a lost sound device it has that tried at once.
        """
        self._wants_sound = self.deck_state.transport == "waiting" or not self.deck_state.busy
        spoiled = self._downloads.spoiled.values() if self._downloads else ()
        if self._wants_sound and any(each.kept_before and each.playable for each in spoiled):
            self.mint_anew()
        if not self._fetch_again() and not self._revive(play=True):
            self._deck.toggle()

    def switch_source(self) -> None:
        """Switch between the master and its stems, at the same instant."""
        if self.mixer.stems:
            self._hear(stems=False)
        else:
            self._to_stems()

    def mute(self, name: str) -> None:
        """Mute a stem or unmute it; the stems are heard from now on."""
        if self._to_stems():
            self._deck.mute(name, self.mixer.toggle_mute(name))

    def solo(self, name: str) -> None:
        """Solo a stem or no longer; the stems are heard from now on."""
        if self._to_stems():
            self._deck.solo(name, self.mixer.toggle_solo(name))

    def gain_by(self, name: str, decibels: float) -> None:
        """Change a stem's gain, within −60 to +6 dB; the stems are heard from now on."""
        if self._to_stems():
            self._deck.gain(name, self.mixer.add_gain(name, decibels))

    def null_test(self) -> None:
        """Measure what is left of the master without its stems, as soon as all are there."""
        self._null_wanted = self._add_stems()

    def output(self, kind: str) -> None:
        """Send the sound elsewhere: a kind of `takedeck.config.OUTPUTS`, or wav:PATH."""
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
        """Before it plays, fetch anew what was spoiled; whether there was anything."""
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
            # An old file: nobody has asked for it in vain yet, so it is fetched anew at once.
            downloads.retry()
            self._load_again(downloads, track, play=self._wants_sound)
        elif spoiled.kept_before and self._wants_sound:
            # What there is plays on until the API has answered.
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
        """Load the track with everything as it was when the deck last had it."""
        start = self._last_state.position if self._last_state.key == track.id else 0.0
        try:
            self._load(downloads, track, play=play, start=start)
        except TakedeckError as error:
            self._emit(Trouble(error))
            return
        self._restore()

    def _started_over(self) -> None:
        # What the storage has now is another file: what was decoded of the old one is void.
        track = self.opened.track if self.opened else None
        if self._downloads is not None and track is not None and self._loaded:
            self._load_again(self._downloads, track, play=self.deck_state.busy)

    # --- inside

    def _restore(self) -> None:
        """Set a deck that has just been loaded anew as the old one was."""
        for name, channel in self.mixer.strips.items():
            self._deck.mute(name, channel.muted)
            self._deck.solo(name, channel.soloed)
            self._deck.gain(name, channel.gain)
        if self.mixer.stems:
            self._deck.select("stems")
        if self.mixer.loop.on:
            self._send_loop()

    def _on_deck(self, state: DeckState) -> None:
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
        """Take in what the deck says of itself."""
        if state.transport != "empty":
            self._last_state, self._resumed = state, False
        if state.transport == "ended":
            self._wants_sound = False
        if self._deck.has_sought(state):
            self._sought = None
        if self.mixer.loop.on and not self._loop_sent:
            self._send_loop()

    def _fall_back(self, state: DeckState, *, play: bool) -> None:
        """Hear the master again where not one of the stems can be had."""
        stems = [part for part in state.parts if part.role == "stem"]
        if state.source != "stems" or not stems or not all(part.fault for part in stems):
            return
        master = _part(state, MASTER)
        if master is not None and not master.fault:
            # The wish stays: once they can be had, they are heard.
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
                    f"the null test needs every part, and {', '.join(broken)} is not there.",
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
    """What a deck that had loaded the track would tell of it."""
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
    """That second of the track; its beginning where it is shorter."""
    length = track.duration if track else None
    return 0.0 if start is None or (length is not None and start >= length) else start


def _nothing(job: Job) -> NothingToPlay:
    if job.status.active:
        return NothingToPlay(f"this job is {job.status}; it can be heard once it has succeeded.")
    return NothingToPlay(
        f"this job is {job.status}: there is nothing to hear.", next_step=job.reason
    )
