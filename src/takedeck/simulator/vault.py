"""Encoded parts on disk: made once, readable while they are encoded, shared by simulators."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

from takedeck.simulator import encode
from takedeck.simulator.songs.catalogue import Song

_CHUNK = 64 * 1024
_STALE_SECONDS = 7 * 24 * 3600


class Growing:
    """A file that a thread is writing; readers wait for the bytes they need."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self.available = 0
        self.broken = False
        self.fault: OSError | None = None
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def publish(self, available: int, *, broken: bool = False) -> None:
        """Say how many bytes are there, or that no more will come; wakes every reader."""
        with self._lock:
            self.available, self.broken = available, broken
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            # If the reader's event loop has ended meanwhile, nobody waits any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_wake, future)

    async def until(self, position: int) -> int:
        """Wait until a byte at `position` is there; return how many are. Raises OSError."""
        while True:
            with self._lock:
                if self.available > position:
                    return self.available
                if self.broken:
                    raise OSError("this part could not be made") from self.fault
                loop = asyncio.get_running_loop()
                future: asyncio.Future[None] = loop.create_future()
                self._waiting.append((loop, future))
            await future


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Vault:
    """The cache folder and the threads that fill it."""

    def __init__(self, folder: Path) -> None:
        """Make the folder if need be. Raises OSError when it cannot be written to."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._growing: dict[str, Growing] = {}
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._sweep()

    def _sweep(self) -> None:
        # Removes what a killed process or an older version left behind. Newer files stay:
        # another simulator may be using them.
        oldest = time.time() - _STALE_SECONDS
        for path in self._folder.iterdir():
            if path.suffix in {".part", ".mp3", ".wav"} and _modified(path) < oldest:
                path.unlink(missing_ok=True)

    def open(self, song: Song, part: str) -> tuple[BinaryIO, Growing | None]:
        """Open a part for reading; also return its `Growing` if it is still being encoded."""
        path = self._folder / encode.file_name(song, part)
        with self._lock:
            growing = self._growing.get(path.name)
            if growing is None:
                try:
                    file = path.open("rb")
                except FileNotFoundError:
                    growing = self._begin(song, part, path)
                else:
                    if os.fstat(file.fileno()).st_size == encode.size(song):
                        os.utime(path)
                        return file, None
                    file.close()
                    growing = self._begin(song, part, path)
            return growing.path.open("rb"), growing

    def _begin(self, song: Song, part: str, path: Path) -> Growing:
        temporary = path.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}.part")
        temporary.touch(mode=0o600)
        growing = self._growing[path.name] = Growing(temporary, encode.size(song))
        thread = threading.Thread(
            target=self._make, args=(song, part, path, growing), name=f"encode {path.name}"
        )
        self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        thread.start()
        return growing

    def _make(self, song: Song, part: str, path: Path, growing: Growing) -> None:
        written, done = 0, False
        try:
            with growing.path.open("wb", buffering=0) as file:
                for chunk in self._chunks(song, part):
                    file.write(chunk)
                    written += len(chunk)
                    if written < growing.size:
                        growing.publish(written)
                os.fsync(file.fileno())
            if not self._stopping.is_set():
                with self._lock:
                    os.replace(growing.path, path)
                    del self._growing[path.name]
                done = True
        except OSError as fault:
            growing.fault = fault
        finally:
            if not done:
                growing.path.unlink(missing_ok=True)
                with self._lock:
                    self._growing.pop(path.name, None)
            growing.publish(written, broken=not done)

    def _chunks(self, song: Song, part: str) -> Iterator[bytes]:
        for chunk in encode.chunks(song, part):
            if self._stopping.is_set():
                return
            yield chunk

    def close(self) -> None:
        """Stop making parts, throw away unfinished ones and wait for the threads."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


async def read(file: BinaryIO, growing: Growing | None, span: range) -> AsyncIterator[bytes]:
    """Yield the bytes of `span`, waiting for those not yet made; closes the file."""
    with file:
        position = span.start
        while position < span.stop:
            there = span.stop if growing is None else await growing.until(position)
            file.seek(position)
            chunk = file.read(min(_CHUNK, min(there, span.stop) - position))
            if not chunk:
                raise OSError("the part is shorter than promised")
            position += len(chunk)
            yield chunk
