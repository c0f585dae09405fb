"""A proxy that can break its connections, and what they say, from one moment to another."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Final

from tests.soak.untrue import CHANGED, INSTEAD, asked, changed

_PIECE: Final = 8_192
_PACE: Final = 0.01
"""Seconds between two pieces, so that a fault finds something under way."""
_DRIP: Final = 0.05

_AT_ACCEPT: Final = ("refused", "reset", *INSTEAD)
_UNDER_WAY: Final = ("head reset", "body reset", "body cut", "body stalled", "body drips")
KINDS: Final = (*_AT_ACCEPT, "silent", *_UNDER_WAY, *CHANGED)


class Faulty:
    """Listens on a port of its own and passes everything on to `upstream`, but for its faults.

    `struck` counts the connections that a fault has met.
    """

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.StreamWriter] = set()
        # Bound and never listening: while connections are refused, nobody else gets the port.
        self._held = socket.socket()
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._held.bind(("127.0.0.1", 0))
        self._port = int(self._held.getsockname()[1])
        self._kind: str | None = None
        self.struck = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen, on the same port each time."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)

    async def begin(self, kind: str) -> None:
        """Break connections in that way from now on, those under way too."""
        self._kind = kind
        if kind == "refused" and self._server is not None:
            self._server.close()
        if kind in _AT_ACCEPT:
            self.struck += len(self._open)
            for writer in tuple(self._open):
                _reset(writer)

    async def end(self) -> None:
        """All is well again, but for what hangs since."""
        before, self._kind = self._kind, None
        if before == "refused":
            await self.start()

    async def close(self) -> None:
        """Let go of everything."""
        if self._server is not None:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        self._held.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        kind = self._kind
        try:
            if kind == "reset":
                self.struck += 1
                _reset(writer)
            elif kind in INSTEAD:
                self.struck += 1
                await reader.readuntil(b"\r\n\r\n")
                writer.write(next(INSTEAD[kind]))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
            else:
                await self._relay(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            # The other end has gone, as it may.
            pass
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._upstream)
        there = asyncio.create_task(self._pass_on(reader, to_server))
        try:
            while data := await from_server.read(_PIECE):
                if self._kind is not None:
                    data = await self._broken(self._kind, data, writer)
                if not data:
                    # What hangs does so until the client has enough of it.
                    await there
                    return
                writer.write(data)
                await writer.drain()
                await asyncio.sleep(_PACE)
        finally:
            there.cancel()
            await asyncio.gather(there, return_exceptions=True)
            to_server.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_PIECE):
                writer.write(asked(self._kind, data))
                await writer.drain()

    async def _broken(self, kind: str, data: bytes, writer: asyncio.StreamWriter) -> bytes:
        """What is left to pass on of a piece that meets a fault; nothing where that is the end."""
        self.struck += 1
        if kind in CHANGED:
            writer.write(changed(kind, data))
            await writer.drain()
            writer.write_eof()
            return b""
        half = data[: len(data) // 2]
        if kind == "silent":
            return b""
        if kind == "head reset":
            writer.write(data[:20])
            _reset(writer)
            return b""
        if kind == "body drips":
            while half and self._kind == kind:
                writer.write(half[:5])
                data, half = data[5:], half[5:]
                await asyncio.sleep(_DRIP)
            return data
        writer.write(half)
        await writer.drain()
        if kind == "body reset":
            _reset(writer)
        elif kind == "body cut":
            writer.write_eof()
        return b""


def _reset(writer: asyncio.StreamWriter) -> None:
    """End it with RST instead of FIN."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
