"""The parts of one track on disk: each from the cache, or downloaded while it plays."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import weakref
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from takedeck.deck.state import DeckState, PartSpec
from takedeck.errors import MediaError, TakedeckError
from takedeck.media.cache import Cache, PartKey
from takedeck.media.fetch import Fetcher
from takedeck.media.mint import Mint
from takedeck.media.partial_file import PartialFile
from takedeck.model import MASTER, Track
from takedeck.providers.base import Provider
from takedeck.session.open_track import Download
from takedeck.session.priority import PartProgress, may_read

TellAvailable = Callable[[str, int, bool, str | None, str | None], None]
"""`DeckClient.set_available`: part, bytes that may be read, complete, fault, track id."""
MOST_TOGETHER: Final = 4 * 1024**3
"""Bytes of all parts of a track at most."""
_KEEP_SECONDS: Final = 2.0
Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


@dataclass(frozen=True, slots=True)
class DamagedPart:
    """A completely downloaded part that cannot be decoded or is much shorter than the track.

    `fault` is the deck's sentence, None if the part is only too short. `playable` means that some
    of it can be heard, `kept_before` that it came from the cache.
    """

    name: str
    fault: str | None
    playable: bool
    kept_before: bool


class PartDownloads:
    """Downloads the requested parts, once each, and tells the deck how much of them it may read.

    `changed` is called when a download has made visible progress, `started_over` when a download
    was restarted because the file changed at the storage, `spoiled` when the deck found a complete
    part to be damaged (if nothing of it can be played, it has been removed from the cache). `owner`
    identifies the account in the cache. `spawn` starts a task and reports its exceptions. `job_id`
    is the job that made the track, if known; `known` is the track with URLs that may still be
    valid. `largest` limits the bytes of all parts together, which stay on disk until `close`.
    `as_is` holds parts (track id, name) that were still too short after a new download, so that
    the stated length must be wrong; this object adds to it.

    `progress` and `troubles` (why a download failed) are by part name.
    """

    def __init__(
        self,
        track_id: str,
        provider: Provider,
        fetcher: Fetcher,
        cache: Cache,
        set_available: TellAvailable,
        *,
        owner: str,
        changed: Callable[[], None],
        started_over: Callable[[], None],
        spoiled: Callable[[DamagedPart], None] = lambda _: None,
        spawn: Spawn,
        job_id: str | None = None,
        known: Track | None = None,
        as_is: set[tuple[str, str]] | None = None,
        largest: int = MOST_TOGETHER,
    ) -> None:
        self.progress: dict[str, Download] = {}
        self.troubles: dict[str, str] = {}
        self.mint = Mint(
            lambda: provider.get_track(track_id, job_id), provider.server_now, track=known
        )
        self._owner = (owner, track_id)
        self._fetcher = fetcher
        self._cache = cache
        self._set_available = set_available
        self._track_id = track_id
        self._largest = largest
        self._changed = changed
        self._started_over = started_over
        self._on_spoiled = spoiled
        self._spawn = spawn
        self._deck = DeckState()
        self._closing = False
        self._progressed = asyncio.Event()
        self._paths: dict[str, Path] = {}
        self._partial: dict[str, PartialFile] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._links: list[Path] = []
        self._attempts: dict[str, int] = {}
        self._as_is = set() if as_is is None else as_is
        self._from_cache: set[str] = set()
        self._redownloading: set[str] = set()
        self.spoiled: dict[str, DamagedPart] = {}
        # Cleans up even if `close` never runs, because its task was cancelled before it began.
        # A running download holds a reference to this object, so its files are not removed.
        self._give_back = weakref.finalize(self, _give_back, self._links, self._partial)

    def has(self, name: str) -> bool:
        """Whether the part is in the cache."""
        return self._cache.find(PartKey(*self._owner, name)) is not None

    def specs(self, track: Track, names: Iterable[str]) -> list[PartSpec]:
        """The deck's specs of these parts, whose files exist from now on. Raises `DiskFull`."""
        return [self._spec(track, name) for name in names]

    def feed(self) -> None:
        """Start the missing downloads, and tell the deck what it may read of each part."""
        for name, growing in self._partial.items():
            if name not in self._tasks:
                self._tasks[name] = self._spawn(self._fetch(name, growing))
        for name, download in self.progress.items():
            self._report(name, download.have, download.complete, self.troubles.get(name))

    def follow(self, state: DeckState) -> None:
        """Take the deck's state, which sets the downloads' priority and reports damaged parts."""
        self._deck = state
        self._progressed.set()
        self._drop_spoiled()

    @property
    def failed(self) -> frozenset[str]:
        """The parts whose download failed, or that the deck found to be damaged."""
        return frozenset(self.troubles) | frozenset(self.spoiled)

    def retry(self) -> None:
        """Forget the failed parts, so that `specs` and `feed` download them again."""
        for name in [name for name in self.failed if name in self._paths]:
            del self._paths[name], self.progress[name]
            self.troubles.pop(name, None)
            self._tasks.pop(name, None)
            self._attempts[name] = self._attempts.get(name, 0) + 1
            spoiled = self.spoiled.pop(name, None)
            if spoiled is not None and spoiled.playable:
                # It stays in the cache until the new download is complete.
                self._redownloading.add(name)
            if spoiled is not None and spoiled.fault is None:
                # If it is as short again, the storage has no more, and the stated length is wrong.
                self._as_is.add((self._track_id, name))

    async def keep_what_arrived(self) -> None:
        """Wait, at most 2 s, until the parts whose last byte has arrived are in the cache."""
        arrived = [
            task
            for name, task in self._tasks.items()
            if (part := self.progress.get(name)) and part.total and part.have >= part.total
        ]
        if arrived:
            await asyncio.wait(arrived, timeout=_KEEP_SECONDS)

    async def close(self) -> None:
        """Cancel the downloads, and remove partial files and links; see `keep_what_arrived`."""
        # The same track may be opened again meanwhile: what is said of its parts is not of these.
        self._closing = True
        await self.keep_what_arrived()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._give_back()

    def _spec(self, track: Track, name: str) -> PartSpec:
        if name not in self._paths or self._vanished(name):
            self._tasks.pop(name, None)
            self._prepare(name)
        download, attempt = self.progress[name], self._attempts.get(name, 0)
        mime = track.mime_type if name == MASTER else None
        return PartSpec(
            name,
            self._paths[name],
            "master" if name == MASTER else "stem",
            download.total,
            mime=mime,
            seconds=None if (self._track_id, name) in self._as_is else track.duration,
            attempt=attempt,
        )

    def _prepare(self, name: str) -> None:
        key = PartKey(*self._owner, name)
        self._from_cache.discard(name)
        if name not in self._redownloading and (found := self._cache.find(key)):
            path = self._link_for_deck(found)
            # The cache may have evicted it just now.
            with contextlib.suppress(FileNotFoundError):
                size = path.stat().st_size
                self._from_cache.add(name)
                self._paths[name] = path
                self.progress[name] = Download(size, size, complete=True)
                return
        growing = self._cache.begin(key)
        self._partial[name], self._paths[name] = growing, self._link_for_deck(growing.path)
        self.progress[name] = Download()

    def _vanished(self, name: str) -> bool:
        """Whether a complete part's file has been removed."""
        return self.progress[name].complete and not self._paths[name].exists()

    def _link_for_deck(self, path: Path) -> Path:
        """A hard link to the file for the deck, which stays until `close`; `path` if that fails.

        The file itself is renamed when it is complete, and evicted when the cache needs the space:
        both may happen before the deck, whose process may still be starting, has opened it.
        """
        second = path.with_name(f"deck-{path.stem}-{secrets.token_hex(4)}.part")
        try:
            second.hardlink_to(path)
        except OSError:
            return path
        self._links.append(second)
        return second

    async def _fetch(self, name: str, growing: PartialFile) -> None:
        try:
            await self._fetcher.download(
                name,
                self.mint,
                growing,
                on_progress=lambda have, total: self._on_progress(name, have, total),
                on_restart=self._started_over,
                throttle=lambda _: self._wait_for_turn(name),
            )
            final = await self._keep(growing)
            if self._paths[name] not in self._links:
                self._paths[name] = final
            self.progress[name] = Download(growing.size, growing.size, complete=True)
            self._redownloading.discard(name)
            self._report(name, growing.size, True, None)
            self._drop_spoiled()
        except TakedeckError as error:
            if name in self._redownloading:
                # Go back to the old file, which can be heard in part: better than nothing.
                self._redownloading.discard(name)
                del self._paths[name], self.progress[name]
                self._attempts[name] += 1
                self._started_over()
                return
            self.troubles[name] = f"{error.what} {error.next_step}"
            self._report(name, growing.size, True, error.what)
            growing.abandon()
        finally:
            self._partial.pop(name, None)
            growing.abandon()
            self._progressed.set()
            self._changed()

    def _drop_spoiled(self) -> None:
        """Handle the parts that the deck has found to be damaged, each file once."""
        if self._deck.key != self._track_id:
            return
        for part in self._deck.parts:
            name, download = part.name, self.progress.get(part.name)
            known = name in self.failed or part.attempt != self._attempts.get(name, 0)
            if not part.damaged or known or download is None or not download.complete:
                continue
            before = name in self._from_cache and not part.attempt
            spoiled = DamagedPart(name, part.fault, playable=part.decoded > 0, kept_before=before)
            self.spoiled[name] = spoiled
            if not spoiled.playable:
                self._cache.drop(PartKey(*self._owner, name))
            self._on_spoiled(spoiled)

    async def _keep(self, growing: PartialFile) -> Path:
        """Put the complete file into the cache, even if this task is cancelled.

        The thread cannot be cancelled. If the file were abandoned meanwhile, its descriptor would
        be closed twice, and might belong to another file by then.
        """
        keeping = asyncio.create_task(asyncio.to_thread(self._cache.finish, growing))
        try:
            return await asyncio.shield(keeping)
        except asyncio.CancelledError:
            await asyncio.wait((keeping,))
            keeping.exception()
            raise

    async def _wait_for_turn(self, name: str) -> None:
        """Wait until the part may use bandwidth. Raises `MediaError` if all parts are too large."""
        taken = sum(part.have for at, part in self.progress.items() if at not in self.troubles)
        if taken > self._largest:
            raise MediaError(f"The track's parts are larger than {self._largest // 1024**2} MiB.")
        while not may_read(name, self._part_progress(), self._deck.position, self._length()):
            self._progressed.clear()
            await self._progressed.wait()

    def _part_progress(self) -> dict[str, PartProgress]:
        audible = {part.name for part in self._deck.parts if part.audible and not part.fault}
        return {
            name: PartProgress(
                part.have / part.total if part.total else None,
                part.complete or name in self.troubles,
                name in audible,
            )
            for name, part in self.progress.items()
        }

    def _length(self) -> float:
        track = self.mint.track
        return (track.duration if track else None) or self._deck.duration or 0.0

    def _report(self, name: str, have: int, complete: bool, fault: str | None) -> None:
        if not self._closing:
            self._set_available(name, have, complete, fault, self._track_id)

    def _on_progress(self, name: str, have: int, total: int | None) -> None:
        before, self.progress[name] = self.progress[name], Download(have, total)
        self._report(name, have, False, None)
        self._progressed.set()
        if _percent(before) != _percent(self.progress[name]):
            self._changed()


def _give_back(links: Iterable[Path], growing: Mapping[str, PartialFile]) -> None:
    for file in growing.values():
        file.abandon()
    for link in links:
        link.unlink(missing_ok=True)


def _percent(download: Download) -> int:
    return download.have * 100 // download.total if download.total else 0
