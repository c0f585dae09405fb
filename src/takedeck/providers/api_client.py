"""The HTTP client of an API: its key, retries, deadline, rate limits, and a record of requests."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from takedeck import errors
from takedeck.hosts import Reach
from takedeck.http import RenewableClient
from takedeck.providers import limits
from takedeck.providers.answer import parse, read_body
from takedeck.providers.base import Allowance
from takedeck.providers.clock import Clock
from takedeck.providers.exchange import Exchange, Record
from takedeck.providers.origin import Credential, checked_base
from takedeck.providers.refusals import refusal
from takedeck.text import redact, safe_line

TRIES: Final = 3
DEADLINE: Final = 30.0
"""Seconds for one call, retries and pauses included."""

_LOG: Final = logging.getLogger(__name__)
_LONGEST_PAUSE: Final = 5.0
"""Seconds between two tries at most: if the server asks for more, the call fails instead."""

_PATH: Final = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._~%@:+=-]*)+")
_TRACE_HEADERS: Final = ("x-request-id", "x-trace-id")


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx response: its status, its parsed JSON, and the server's id of the request."""

    status: int
    body: Any
    trace_id: str | None


@dataclass(slots=True)
class _Try:
    """What is known of one try so far."""

    status: int | None = None
    size: int = 0
    trace_id: str | None = None
    outcome: Reply | errors.TakedeckError = field(
        default_factory=lambda: errors.NetworkError("The request was cut off.")
    )


class ApiClient:
    """A client of one origin.

    The key is sent to `base_url`'s own origin only: paths are relative, and a redirect is an error.
    `storage_hosts` are hosts in a local network from which media may be fetched (see
    `hosts.Reach`). `deadline` is in seconds, over all tries and pauses of one call. `clock` and
    `backend` are for tests. Raises `ConfigError` for an unusable base URL, proxy or certificate
    file.
    """

    def __init__(
        self,
        base_url: str,
        credential: Credential,
        *,
        storage_hosts: tuple[str, ...] = (),
        deadline: float = DEADLINE,
        clock: Clock | None = None,
        backend: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base = checked_base(base_url)
        self.reach = Reach.of(self._base.host, storage_hosts)
        """The hosts from which this API's media may be fetched."""
        self._credential = credential
        self._deadline = deadline
        self._clock = clock or Clock()
        self._paused_until = 0.0
        self._limits_in_a_row = 0
        self._server_date: tuple[datetime, float] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False
        self.allowance = Allowance()
        self.record = Record()
        self._clients = RenewableClient(self._base, backend)

    @property
    def host(self) -> str:
        """The API's host and port, safe to show."""
        return safe_line(self._base.netloc.decode("ascii"), 80)

    def server_now(self) -> datetime:
        """The server's time (UTC) by its latest `Date` header; the local clock before the first.

        The time since that header is measured by a clock that nobody can set.
        """
        if self._server_date is None:
            return self._clock.now()
        date, at = self._server_date
        return date + timedelta(seconds=self._clock.steady() - at)

    async def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Reply:
        """GET a path under the base URL; `path` starts with a slash and is percent-encoded.

        Tries up to three times, with backoff, after a `NetworkError` or `ServerFault`. Raises
        `NetworkError` (also as `Timeout`), `BadAnswer` for a redirect or an invalid body, a
        subclass of `ApiError` for a status of 400 or more. While the pause after a 429 lasts,
        raises `RateLimited` without a request. A malformed `path` raises `ValueError`.

        If the caller is cancelled, the request still runs to its end: cancelling one can leak its
        connection.
        """
        self._check_open(path)
        return await self._in_task(self._within_deadline(path, dict(params or {})))

    async def renew(self) -> None:
        """Drop all connections, as after the machine has slept; the next request opens new ones.

        Requests under way fail and are retried.
        """
        await self._clients.renew()

    async def close(self) -> None:
        """Cancel requests under way and close all connections; calling it twice is harmless."""
        self._closed = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._clients.close()

    def _check_open(self, path: str) -> None:
        if self._closed:
            raise errors.NetworkError("The connection to the API was closed.")
        if not _PATH.fullmatch(path):
            raise ValueError("a path starts with one slash and is quoted")
        wait = self._paused_until - self._clock.monotonic()
        if wait > 0:
            raise errors.RateLimited(
                f"The API asked for a pause; {wait:.0f} s of it are left.",
                status=429,
                retry_after=wait,
            )

    async def _in_task(self, call: Coroutine[Any, Any, Reply]) -> Reply:
        task = asyncio.create_task(call)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        await asyncio.wait((task,))
        return task.result()

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    async def _within_deadline(self, path: str, params: Mapping[str, str | int]) -> Reply:
        latest: list[Reply | errors.TakedeckError] = []
        late = False
        try:
            async with asyncio.timeout(self._deadline):
                await self._try_repeatedly(path, params, latest)
        except TimeoutError:
            late = True
            await self._clients.retire()
        if late and not latest:
            raise errors.Timeout(f"{self.host} took longer than {self._deadline:g} s.")
        if isinstance(latest[-1], errors.TakedeckError):
            raise latest[-1]
        return latest[-1]

    async def _try_repeatedly(
        self,
        path: str,
        params: Mapping[str, str | int],
        latest: list[Reply | errors.TakedeckError],
    ) -> None:
        for attempt in range(1, TRIES + 1):
            outcome = await self._try_once(path, params, attempt)
            latest.append(outcome)
            if attempt == TRIES or not isinstance(
                outcome, (errors.NetworkError, errors.ServerFault)
            ):
                return
            asked = (isinstance(outcome, errors.ApiError) and outcome.retry_after) or 0.0
            if asked > _LONGEST_PAUSE:
                return
            await self._clock.sleep(max(asked, self._clock.jitter() * 0.5 * 2 ** (attempt - 1)))

    async def _try_once(
        self, path: str, params: Mapping[str, str | int], attempt: int
    ) -> Reply | errors.TakedeckError:
        """One try. Returns errors: raised, they would carry httpx's own, with the key's header."""
        this, started, at = _Try(), self._clock.monotonic(), self._clock.now()
        shown = httpx.URL(path, params=params)
        try:
            async with self._clients.client() as client:
                await self._send(client, client.build_request("GET", path, params=params), this)
        except errors.TakedeckError as error:
            this.outcome = error
        except httpx.PoolTimeout:
            await self._clients.retire()
            this.outcome = errors.NetworkError("Every connection was in use; they were renewed.")
        except httpx.TimeoutException as error:
            this.outcome = errors.Timeout(f"{self.host} did not answer ({type(error).__name__}).")
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            this.outcome = errors.NetworkError(_why(self.host, error))
        finally:
            self._record_try(shown, this, started, at, attempt)
        return this.outcome

    async def _send(self, client: httpx.AsyncClient, request: httpx.Request, this: _Try) -> None:
        if (request.url.scheme, request.url.netloc) != (self._base.scheme, self._base.netloc):
            raise ValueError("a request leaves the API's own origin")
        request.headers[self._credential.header] = self._credential.value()
        response = await client.send(request, stream=True)
        try:
            this.status = response.status_code
            this.trace_id = _trace_id(response.headers, self._credential.key.reveal())
            self._read_limits(response.headers)
            body = await self._body(response)
            this.size = response.num_bytes_downloaded
        finally:
            await response.aclose()
        this.outcome = self._to_outcome(response, body, this)

    async def _body(self, response: httpx.Response) -> bytes:
        """The body, with the key masked in case the server echoes it; empty if it is unreadable."""
        try:
            body = await read_body(response)
        except errors.BadAnswer:
            if response.is_success:
                raise
            return b""
        return body.replace(self._credential.key.reveal().encode(), "•••".encode())

    def _to_outcome(
        self, response: httpx.Response, body: bytes, this: _Try
    ) -> Reply | errors.TakedeckError:
        status = response.status_code
        if status < 200 or 300 <= status < 400:
            return errors.BadAnswer(
                f"{self.host} answered with status {status}, a redirect, which is not followed.",
                next_step="Check the base URL: the API key goes to that host only.",
            )
        if status < 300:
            self._limits_in_a_row = 0
            return Reply(status, parse(body), this.trace_id)
        error = refusal(
            status,
            _parsed_or_none(body),
            trace_id=this.trace_id,
            retry_after=limits.retry_after(response.headers, self.server_now()),
        )
        return self._start_pause(error) if isinstance(error, errors.RateLimited) else error

    def _start_pause(self, error: errors.RateLimited) -> errors.RateLimited:
        if error.retry_after is None:
            error.retry_after = min(2.0**self._limits_in_a_row, limits.LONGEST_WAIT)
        self._limits_in_a_row = min(self._limits_in_a_row + 1, 10)
        until = self._clock.monotonic() + error.retry_after
        self._paused_until = max(self._paused_until, until)
        return error

    def _read_limits(self, headers: httpx.Headers) -> None:
        if (date := limits.server_date(headers)) is not None:
            self._server_date = date, self._clock.steady()
        if (allowance := limits.allowance(headers)) is not None:
            self.allowance = allowance

    def _record_try(
        self, shown: httpx.URL, this: _Try, started: float, at: datetime, attempt: int
    ) -> None:
        fault = type(this.outcome).__name__ if isinstance(this.outcome, Exception) else None
        told = this.outcome.trace_id if isinstance(this.outcome, (Reply, errors.ApiError)) else None
        exchange = Exchange(
            at=at,
            method="GET",
            path=safe_line(shown.raw_path.decode("ascii")),
            attempt=attempt,
            status=this.status,
            duration=self._clock.monotonic() - started,
            size=this.size,
            trace_id=told or this.trace_id,
            fault=fault,
        )
        _LOG.debug(
            "%s %s (try %d): %s in %.0f ms, %d bytes",
            exchange.method, exchange.path, attempt, exchange.status or fault,
            exchange.duration * 1_000, exchange.size,
        )  # fmt: skip
        self.record.add(exchange)


def _trace_id(headers: httpx.Headers, key: str) -> str | None:
    found = (headers.get(name, "").replace(key, "•••") for name in _TRACE_HEADERS)
    return next((redact(safe_line(value, 80)) for value in found if value), None)


def _parsed_or_none(body: bytes) -> Any:
    try:
        return parse(body)
    except errors.BadAnswer:
        return None


def _why(host: str, error: Exception) -> str:
    if isinstance(error, httpx.ConnectError):
        return f"{host} could not be reached ({safe_line(str(error), 120)})."
    return f"The connection to {host} broke ({type(error).__name__})."
