"""A client for one piece of work, on a clock moved by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from takedeck.providers.api_client import ApiClient, Reply
from takedeck.providers.clock import Clock
from takedeck.providers.origin import Credential
from takedeck.text import Secret
from tests.providers.server import json_reply

KEY = "ak_PLANTED0123456789"
OK = json_reply({"fine": True})


class Paused:
    """A clock whose sleeps return at once and are written down; time moves by hand."""

    def __init__(self) -> None:
        self.sleeps: list[float] = []
        self.time = 1_000.0
        self.clock = Clock(monotonic=lambda: self.time, sleep=self._sleep, jitter=lambda: 1.0)

    async def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)


async def ask(
    url: str, *, deadline: float = 10.0, clock: Clock | None = None, path: str = "/v1/jobs"
) -> Reply:
    return await use(url, lambda it: it.get(path), deadline=deadline, clock=clock)


async def use(
    url: str,
    work: Callable[[ApiClient], Awaitable[Any]],
    *,
    deadline: float = 10.0,
    clock: Clock | None = None,
) -> Any:
    it = ApiClient(
        url,
        Credential("X-API-Key", Secret(KEY)),
        deadline=deadline,
        clock=clock or Paused().clock,
    )
    try:
        return await work(it)
    finally:
        await it.close()
