"""The state of one part's download: what has arrived, and whether it is what was announced."""

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
"""How often one download may start over because the file has changed."""

OnProgress = Callable[[int, int | None], None]
Throttle = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A complete part: its size in bytes, and the type and ETag that the storage gave."""

    size: int
    mime_type: str | None
    etag: str | None


@dataclass(slots=True)
class Transfer:
    """The state of one download across its requests.

    `largest` and `total` are in bytes, `total` is None while unknown; `whole` means complete.
    """

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
    _repeated: int = 0
    _may_be_cut: bool = False
    _ended: bool = False
    _restarts: int = 0

    @property
    def label(self) -> str:
        """The part's name, safe to show."""
        return safe_line(self.part, 40)

    def wanted(self) -> dict[str, str]:
        """The request headers for the missing bytes.

        Without a strong ETag, the rest may belong to another version, so the whole file is
        requested again; a range is then only used to find out whether there is any more.
        """
        if not self.target.size or (self.etag is None and not self._may_be_cut):
            return {}
        only_if = {} if self.etag is None else {"if-range": self.etag}
        return {"range": f"bytes={self.target.size}-", **only_if}

    def accept(self, status: int, headers: Mapping[str, str]) -> bool:
        """Prepare for the body of a 200 or 206; returns whether the body is to be read.

        Raises `MediaError` if the body is not the file: a web page, compressed, or too large.
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
        if self._may_be_cut and self.etag is None:
            told = total is not None or "transfer-encoding" in headers
            if total == self.target.size or not told:
                # The storage supports no ranges, so there is no way to find out more.
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
        """Write a chunk of the body; returns whether it held new bytes. Raises as `accept` does."""
        skipped = min(self._skip, len(chunk))
        self._skip -= skipped
        self._repeated += skipped
        fresh = chunk[skipped:]
        # A storage without ranges sends the beginning again. It counts for the pace only twice.
        forgiven = self._repeated <= 2 * self.target.size
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
        """Wait because the API asked for it, without counting it against the storage's rate."""
        self.pace.pause()
        await asyncio.sleep(seconds)
        self.pace.resume()

    def ended(self, chunked: bool) -> None:
        """The body has ended without an error: decide whether the part is complete.

        A body with neither a length nor chunked encoding looks complete wherever it is cut, so the
        storage is asked once for the bytes after its end. Raises `MediaError` for an empty file.
        """
        self._ended = True
        if self.total is not None:
            self.whole = self.target.size == self.total
        elif chunked or self._may_be_cut:
            self.whole = True
        else:
            self._may_be_cut = True
        if self.whole and not self.target.size:
            raise self._fault("the file is empty.")

    def nothing_there(self, headers: Mapping[str, str]) -> None:
        """Handle a 416: no bytes follow, so the part is complete, or the file has changed.

        If the 416 states no total size, the part counts as complete only if its size was known, or
        if the previous body had ended without an error.
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
        """Raise `MediaError` if the storage gave a hash and the file has another. Blocks."""
        if self.digest is None:
            return
        with self.target.path.open("rb") as file:
            found = hashlib.file_digest(file, self.digest.algorithm)
        if found.digest() != self.digest.value:
            raise self._fault("what arrived does not have the hash that the storage gave.")

    def fetched(self) -> Fetched:
        """The result, once the part is complete."""
        return Fetched(self.target.size, self.mime_type, self.etag)

    def _start_over(self) -> None:
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            raise self._fault("it is another file, or is cut short, whenever it is asked for.")
        self.target.restart()
        self.total = self.etag = self.digest = None
        self._may_be_cut = self._ended = False
        self._skip = 0
        if self.on_restart:
            self.on_restart()

    def _too_large(self) -> MediaError:
        return self._fault(f"the file is larger than {self.largest // 1024**2} MiB.")

    def _fault(self, what: str) -> MediaError:
        return MediaError(f"{self.label}: {what}")
