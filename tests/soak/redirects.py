"""Redirects of every kind from the API and from the storage, and what reaches the other end."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import tempfile
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from takedeck.errors import TakedeckError
from takedeck.media.fetch import Fetcher
from takedeck.media.mint import Mint
from takedeck.model import Track
from takedeck.providers import aitronos, mureka
from takedeck.providers.base import Provider
from takedeck.text import Secret, SignedUrl
from tests.media.rig import growing
from tests.providers.server import Server, reply
from tests.soak.trial import Outcome, Trial

KEY: Final = "ak_PLANTED0123456789"
_CODES: Final = (301, 302, 303, 307, 308)
_DEADLINE: Final = 20.0
_PATIENCE: Final = 5.0


class Elsewhere:
    """The other end, on every address of this machine: keeps whatever anyone sends it."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.met = 0
        self.heard = b""
        self.visited = threading.Event()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(_PATIENCE)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection:
                    connection.settimeout(_PATIENCE)
                    self.met += 1
                    with contextlib.suppress(OSError):
                        self.heard += connection.recv(65_536)
                        connection.sendall(reply(200, b'{"jobs": []}'))
                self.visited.set()


_TARGETS: Final[dict[str, Callable[[str, int], str]]] = {
    "other port": lambda path, port: f"http://127.0.0.1:{port}{path}",
    "other host": lambda path, port: f"http://localhost:{port}{path}",
    "other scheme": lambda path, port: f"https://127.0.0.1:{port}{path}",
    "userinfo": lambda path, port: f"http://127.0.0.1@127.0.0.2:{port}{path}",
    "without scheme": lambda path, port: f"//127.0.0.2:{port}{path}",
}


async def _with(provider: Provider, call: Callable[[Provider], Awaitable[object]]) -> None:
    try:
        await call(provider)
    finally:
        await provider.close()


def _first(url: str) -> Provider:
    return aitronos.connect(url, Secret(KEY), "org_1")


def _second(url: str) -> Provider:
    return mureka.connect(url, Secret(KEY), "default")


async def _download(url: str) -> None:
    signed = SignedUrl(f"{url}/master?sig={KEY}", datetime.now(UTC))

    async def ask() -> Track:
        return Track("mtrack_1", master=signed)

    with tempfile.TemporaryDirectory() as folder, growing(Path(folder)) as target:
        await Fetcher().download("master", Mint(ask, lambda: datetime.now(UTC)), target)


_CALLS: Final[dict[str, Callable[[str], Awaitable[None]]]] = {
    "X-API-Key, list": lambda url: _with(_first(url), lambda it: it.list_jobs()),
    "X-API-Key, job": lambda url: _with(_first(url), lambda it: it.get_job("mgen_1")),
    "X-API-Key, track": lambda url: _with(_first(url), lambda it: it.get_track("mtrack_1")),
    "bearer, running": lambda url: _with(_second(url), lambda it: it.list_jobs()),
    "bearer, job": lambda url: _with(_second(url), lambda it: it.get_job("j1-u7-a1-bot:mureka")),
    "storage": _download,
}


def _run(count: int, seed: int) -> Outcome:
    every = [(code, kind, call) for code in _CODES for kind in _TARGETS for call in _CALLS]
    random.Random(seed).shuffle(every)
    harm: list[str] = []
    with Elsewhere() as control:
        asyncio.run(_download(f"http://127.0.0.1:{control.port}"))
        if KEY.encode() not in control.heard:
            harm.append("the other end hears nothing, so the trial shows nothing")
    chosen = every[:count]
    for code, kind, call in chosen:
        harm += [f"{code} to {kind}, {call}: {what}" for what in _one(code, kind, call)]
    return Outcome(len(chosen), tuple(harm), {"keys at the other end": str(_keys(harm))})


def _one(code: int, kind: str, call: str) -> list[str]:
    with Elsewhere() as elsewhere:

        def answer(request: object, _: socket.socket) -> bytes:
            path = urlsplit(getattr(request, "target", "/")).path
            return reply(code, location=_TARGETS[kind](path, elsewhere.port))

        with Server(answer) as server:
            harm = asyncio.run(_said(call, server.url))
            if not server.requests:
                harm.append("it was not asked at all")
    if elsewhere.met:
        harm.append(f"{elsewhere.met} connections to the other end")
    if KEY.encode() in elsewhere.heard:
        harm.append(_LEAK)
    return harm


_LEAK: Final = "the key at the other end"


def _keys(harm: list[str]) -> int:
    return sum(what.endswith(_LEAK) for what in harm)


async def _said(call: str, url: str) -> list[str]:
    """What is wrong with what the user is told."""
    try:
        async with asyncio.timeout(_DEADLINE):
            await _CALLS[call](url)
    except TakedeckError as error:
        return [] if "redirect" in str(error) else [f"the error says nothing of it: {error}"]
    except TimeoutError:
        return ["no answer"]
    return ["no error"]


TRIAL = Trial(
    promise="no redirect is followed, no key is at the other end",
    unit="codes × targets × calls",
    whole=len(_CODES) * len(_TARGETS) * len(_CALLS),
    small=30,
    run=_run,
)
