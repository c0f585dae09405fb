"""One part on its way: what has come, what the storage promised, and whether the two agree."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from takedeck.errors import MediaError
from takedeck.media import headers as said
from takedeck.media.pace import Pace
from takedeck.media.partial_file import PartialFile
from takedeck.text import safe_line

MOST_RESTARTS: Final = 3

OnProgress = Callable[[int, int | None], None]
Throttle = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A part that is there whole: its size in bytes, and what the storage said of it."""

    size: int
    mime_type: str | None
    etag: str | None


@dataclass(slots=True)
class Transfer:
    """The state of one download across its requests. `total` is in bytes, None while unknown."""

    part: str
    target: PartialFile
    largest: int
    pace: Pace
    on_progress: OnProgress | None = None
    on_restart: Callable[[], None] | None = None
    throttle: Throttle | None = None
    total: int | None = None
    etag: str | None = None
    mime_type: str | None = None
    digest: said.Digest | None = None
    whole: bool = False
    _skip: int = 0
    _again: int = 0
    _unsure: bool = False
    _ended: bool = False
    _restarts: int = 0

    @property
    def label(self) -> str:
        """The part's name, as it may be shown."""
        return safe_line(self.part, 40)

    def wanted(self) -> dict[str, str]:
        """The headers that ask for what is missing.

        Without a strong ETag nobody can say that the rest belongs to the beginning, so the whole
        is asked for again; it may only be asked whether there is a rest.
        """
        if not self.target.size or (self.etag is None and not self._unsure):
            return {}
        only_if = {} if self.etag is None else {"if-range": self.etag}
        return {"range": f"bytes={self.target.size}-", **only_if}

    def accept(self, status: int, headers: Mapping[str, str]) -> bool:
        """Prepare for the body of a 200 or 206; False when it is of no use.

        Raises MediaError for a body that is not the file: a web page, packed, or too large.
        """
        if said.is_page(headers):
            raise self._fault("the storage answered with text instead of audio.")
        if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise self._fault("the storage packed the audio, though it was asked not to.")
        fits = self._accept_rest(headers) if status == 206 else self._accept_whole(headers)
        self._ended = self._ended and not fits
        if self.total is not None and self.total > self.largest:
            raise self._too_large()
        return fits

    def _accept_whole(self, headers: Mapping[str, str]) -> bool:
        etag, total = said.strong_etag(headers), said.content_length(headers)
        if self._unsure and self.etag is None:
            told = total is not None or "transfer-encoding" in headers
            if total == self.target.size or not told:
                # It knows no ranges, and no more can be learned.
                self.whole = True
                return False
        if self.target.size and (etag is None or etag != self.etag):
            self._start_over()
        self._skip = self.target.size
        self.etag, self.mime_type = etag, said.mime_type(headers)
        self.total, self.digest = total, said.whole_digest(headers)
        return True

    def _accept_rest(self, headers: Mapping[str, str]) -> bool:
        span, etag = said.content_range(headers), headers.get("etag", self.etag)
        if span is None or not self.target.size:
            raise self._fault("the storage answered with a piece that was not asked for.")
        moved = self.total is not None and span.total not in (None, self.total)
        if self.etag is None or span.start != self.target.size or etag != self.etag or moved:
            self._start_over()
            return False
        self.total = span.total if span.total is not None else self.total
        self._skip = 0
        return True

    async def take(self, chunk: bytes) -> bool:
        """Write a piece of the body. Whether anything in it was new."""
        skipped = min(self._skip, len(chunk))
        self._skip -= skipped
        self._again += skipped
        fresh = chunk[skipped:]
        # A storage that knows no Range sends the beginning again; twice over is enough of that.
        forgiven = self._again <= 2 * self.target.size
        if counted := len(fresh) + skipped * forgiven:
            self.pace.got(counted)
        if not fresh:
            return False
        if self.target.size + len(fresh) > self.largest:
            raise self._too_large()
        if self.total is not None and self.target.size + len(fresh) > self.total:
            raise self._fault("the storage sends more than it said there is.")
        self.target.write(fresh)
        if self.on_progress:
            self.on_progress(self.target.size, self.total)
        if self.throttle:
            self.pace.pause()
            await self.throttle(self.target.size)
            self.pace.resume()
        return True

    async def idle(self, seconds: float) -> None:
        """Wait because the API asked for it: that is no fault of the storage's pace."""
        self.pace.pause()
        await asyncio.sleep(seconds)
        self.pace.resume()

    def ended(self, chunked: bool) -> None:
        """The body has ended without a fault: is the part whole?

        A body with neither length nor chunks looks whole wherever it is cut, so the storage is
        asked once what lies behind its end.
        """
        self._ended = True
        if self.total is not None:
            self.whole = self.target.size == self.total
        elif chunked or self._unsure:
            self.whole = True
        else:
            self._unsure = True
        if self.whole and not self.target.size:
            raise self._fault("the file is empty.")

    def nothing_there(self, headers: Mapping[str, str]) -> None:
        """A 416: nothing lies behind what is there, so it is whole, or it is another file.

        Without the size of the whole it says too little where the body before had been cut.
        """
        size = said.size_outside(headers)
        if size is None and self.total is not None:
            size = self.total
        elif size is None and self._ended:
            size = self.target.size
        if self.target.size and size == self.target.size and self.total in (None, size):
            self.total = self.target.size
            self.whole = True
        else:
            self._start_over()

    def check_digest(self) -> None:
        """Raise MediaError unless the file has the hash that the storage gave, if it gave one."""
        if self.digest is None:
            return
        with self.target.path.open("rb") as file:
            found = hashlib.file_digest(file, self.digest.algorithm)
        if found.digest() != self.digest.value:
            raise self._fault("what arrived does not have the hash that the storage gave.")

    def fetched(self) -> Fetched:
        """What is there, once it is whole."""
        return Fetched(self.target.size, self.mime_type, self.etag)

    def _start_over(self) -> None:
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            raise self._fault("it is another file, or is cut short, whenever it is asked for.")
        self.target.restart()
        self.total = self.etag = self.digest = None
        self._unsure = self._ended = False
        self._skip = 0
        if self.on_restart:
            self.on_restart()

    def _too_large(self) -> MediaError:
        return self._fault(f"the file is larger than {self.largest // 1024**2} MiB.")

    def _fault(self, what: str) -> MediaError:
        return MediaError(f"{self.label}: {what}")
