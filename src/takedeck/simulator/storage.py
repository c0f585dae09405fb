"""The storage origin: serves files behind signed URLs, whole or by range, even while encoding."""

from __future__ import annotations

import re
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from takedeck.simulator import encode, ranges
from takedeck.simulator.clock import Clock
from takedeck.simulator.jobs import Jobs
from takedeck.simulator.signing import Refused, Signer
from takedeck.simulator.songs.catalogue import MASTER, SONGS, Song
from takedeck.simulator.takes import Takes
from takedeck.simulator.vault import Vault, read
from takedeck.simulator.weather import Weather

_NAME = re.compile(r"(mtrack_[0-9a-f]+)(?:_([a-z0-9]+))?\.([a-z0-9]+)")


@dataclass(slots=True)
class Storage:
    """Serves ``/music/{track_id}.mp3`` and ``/music/{track_id}_{stem}.mp3`` (or ``.wav``).

    The second API's songs are ``/music/mureka_{number}.mp3``.
    """

    clock: Clock
    jobs: Jobs
    takes: Takes
    signer: Signer
    vault: Vault
    weather: Weather

    def app(self) -> Starlette:
        """Return the ASGI app of this origin."""
        routes = [Route("/music/{name}", self.serve, methods=["GET"])]
        app = Starlette(routes=routes, exception_handlers={404: _not_found, 405: _not_allowed})
        app.router.redirect_slashes = False
        return app

    async def serve(self, request: Request) -> Response:
        """Answer GET and HEAD of one part."""
        query = request.query_params
        try:
            self.signer.check(
                request.url.path, query.get("exp", ""), query.get("sig", ""), self.clock.now()
            )
        except Refused as refusal:
            return _xml(403, "AccessDenied", str(refusal))
        found = self._find(request.path_params["name"])
        if found is None:
            return _xml(404, "NoSuchKey", "The specified key does not exist")
        if found[1] in self.weather.broken:
            return _xml(503, "ServiceUnavailable", "This part cannot be served now")
        return self._part(request, *found)

    def _find(self, name: str) -> tuple[Song, str] | None:
        if (taken := self.takes.behind(name, self.clock.now())) is not None:
            return SONGS[taken[0]], taken[1]
        match = _NAME.fullmatch(name)
        plan = match and self.jobs.by_track(match[1], self.clock.now())
        if not match or plan is None:
            return None
        song, stem = SONGS[plan.song], match[2]
        known = stem is None or (plan.has_stems and stem in song.stems)
        return (song, stem or MASTER) if known and match[3] == song.extension else None

    def _part(self, request: Request, song: Song, part: str) -> Response:
        size = encode.size(song)
        if (spoiled := self.weather.spoiled.pop(part, None)) is not None:
            if spoiled.body is not None:
                return Response(spoiled.body, media_type=spoiled.mime_type)
            size = min(size, spoiled.keep)
        etag = f'"{encode.digest(song, part)}"'
        headers = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": "private"}
        if request.headers.get("if-none-match") in {etag, "*"}:
            return Response(status_code=304, headers=headers)
        try:
            span = ranges.wanted(_range_header(request, etag), size)
        except ranges.Unsatisfiable:
            refusal = _xml(416, "InvalidRange", "The requested range is not satisfiable")
            refusal.headers["Content-Range"] = f"bytes */{size}"
            return refusal
        status = 200
        if span is not None:
            status = 206
            headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
        span = range(size) if span is None else span
        headers |= {"Content-Length": str(len(span)), "Content-Type": song.mime_type}
        if request.method == "HEAD":
            return _Head(status_code=status, headers=headers)
        file, growing = self.vault.open(song, part)
        body = self.weather.pass_through(read(file, growing, span))
        # A client that goes before the first byte leaves a body that was never begun.
        weakref.finalize(body, file.close)
        return StreamingResponse(body, status, headers)

    def refuse_host(self) -> Response:
        """Answer a request whose Host header names another machine."""
        return _xml(400, "InvalidHost", "The Host header does not name this machine")


class _Head(Response):
    """The answer to a HEAD request: no body, but Content-Length as given."""

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        pairs = (headers or {}).items()
        self.raw_headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in pairs]


def _range_header(request: Request, etag: str) -> str | None:
    # Ranges are for GET alone (RFC 9110, 14.2); an If-Range that is not our strong ETag asks
    # for the whole file.
    if request.method != "GET" or request.headers.get("if-range", etag) != etag:
        return None
    return request.headers.get("range")


def _xml(status: int, code: str, message: str) -> Response:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    )
    return Response(body, status, media_type="application/xml")


async def _not_found(request: Request, reason: Exception) -> Response:
    return _xml(404, "NoSuchKey", "The specified key does not exist")


async def _not_allowed(request: Request, reason: Exception) -> Response:
    return _xml(405, "MethodNotAllowed", "Only GET and HEAD are allowed here")
