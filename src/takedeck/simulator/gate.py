"""ASGI middleware of both origins: the Host check, the request log, the common headers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from email.utils import format_datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from takedeck.simulator.clock import Clock
from takedeck.simulator.requests import Request, RequestLog, harmless

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]+)(?::\d{1,5})?")


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine; another name may be a DNS rebinding attack."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match[1].strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Gate:
    """Wraps an ASGI app: refuses foreign hosts and logs every answered request."""

    def __init__(
        self,
        app: ASGIApp,
        origin: str,
        clock: Clock,
        log: RequestLog,
        refuse: Callable[[], Response],
    ) -> None:
        self._app, self._origin, self._clock, self._log = app, origin, clock, log
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        headers = Headers(scope=scope)

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(scope, message["status"], headers.get("range"))
                answer = MutableHeaders(raw=message["headers"])
                answer["Date"] = format_datetime(self._clock.now(), usegmt=True)
                answer["X-Content-Type-Options"] = "nosniff"
                message["headers"] = answer.raw
            await send(message)

        allowed = is_loopback(headers.get("host", ""))
        await (self._app if allowed else self._refuse())(scope, receive, noted)

    def _note(self, scope: Scope, status: int, range_: str | None) -> None:
        query = harmless(scope["query_string"])
        self._log.add(Request(self._origin, scope["method"], scope["path"], query, status, range_))
