"""A storage on a real socket whose URLs end when a test says so, and whose lines break."""

from __future__ import annotations

import re
import socket
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

from takedeck.media.mint import Mint
from takedeck.model import Stem, Track
from takedeck.text import SignedUrl
from tests.providers.server import Request, Server, head, reply, reset

SIGNATURE = "PLANTEDSIGNATURE"
STEMS = ("drums", "bass", "lead")


class Storage:
    """Serves `files` by part, to whoever has the token that was minted last.

    Each entry of `breaks` is for one request that would be answered with bytes: it gets so many
    bytes of the body and then a reset. `before` may answer instead.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.etags = {part: f'"{part}-1"' for part in files}
        self.breaks: deque[int] = deque()
        self.before: Callable[[Request, socket.socket], bytes | None] | None = None
        self.tokens: set[str] = set()
        self.minted = 0
        self.expires_at: datetime | None = None
        self.server = Server(self._answer)

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.__exit__(*error)

    def mint(self) -> Mint:
        """A mint that asks this storage."""
        return Mint(self.ask, lambda: datetime.now(UTC))

    async def ask(self) -> Track:
        """A track whose URLs, and no earlier ones, open."""
        self.minted += 1
        token = f"{SIGNATURE}{self.minted}"
        self.tokens = {token}
        urls = {part: self._url(part, token) for part in self.files}
        stems = tuple(Stem(part, url) for part, url in urls.items() if part != "master")
        return Track("mtrack_1", master=urls.get("master"), stems=stems)

    def expire(self) -> None:
        """No URL minted so far opens any more."""
        self.tokens = set()

    @property
    def ranges(self) -> list[str | None]:
        """The Range header of each request so far."""
        return [request.headers.get("range") for request in self.server.requests]

    def _url(self, part: str, token: str) -> SignedUrl:
        url = f"{self.server.url}/{part}?sig={token}"
        return SignedUrl(url, datetime.now(UTC), self.expires_at)

    def _answer(self, request: Request, connection: socket.socket) -> bytes | None:
        if self.before is not None:
            return self.before(request, connection)
        return self.serve(request, connection)

    def serve(self, request: Request, connection: socket.socket) -> bytes | None:
        """The answer of a storage that does as it should, but for `breaks`."""
        if request.target.rpartition("sig=")[2] not in self.tokens:
            return reply(403, b"<Error>expired</Error>", content_type="application/xml")
        part = request.path[1:]
        data, etag = self.files[part], self.etags[part]
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        start = int(wanted[1]) if wanted and request.headers.get("if-range", etag) == etag else 0
        if wanted and start >= len(data):
            return reply(416, content_range=f"bytes */{len(data)}")
        fields = {"etag": etag, "content_type": "audio/mpeg"}
        if start:
            fields["content_range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        body = data[start:]
        first = head(206 if start else 200, content_length=str(len(body)), **fields)
        if self.breaks:
            connection.sendall(first + body[: self.breaks.popleft()])
            reset(connection)
            return None
        return first + body
