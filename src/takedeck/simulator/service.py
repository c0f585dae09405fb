"""The whole simulator: both origins on real sockets, in their own thread."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import socket
import threading
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from takedeck.simulator.api import Api
from takedeck.simulator.clock import Clock, SystemClock
from takedeck.simulator.errors import ApiError
from takedeck.simulator.gate import Gate
from takedeck.simulator.jobs import Jobs
from takedeck.simulator.limits import RateLimit
from takedeck.simulator.mureka import Mureka, Refusal
from takedeck.simulator.requests import RequestLog
from takedeck.simulator.scenario import planned
from takedeck.simulator.signing import Signer
from takedeck.simulator.storage import Storage
from takedeck.simulator.takes import Takes
from takedeck.simulator.takes import planned as planned_takes
from takedeck.simulator.vault import Vault
from takedeck.simulator.weather import Weather

ORGANIZATION = "org_demo"


class Simulator:
    """A generation API and its storage on loopback; use it as a context manager.

    `port` and `storage_port` of 0 take any free one. `ttl` is the seconds a signed URL lives.
    `rate_limit` is requests a minute (None: no limit, no headers). `faults` is a queue of
    errors for the next admitted API requests, `weather` sets the storage's network faults;
    `jobs` can be added to and changed, `requests` logs every request. The second API is served
    on the same port, with its own `token`, `takes` (its jobs) and `refusals` (its faults).
    """

    def __init__(
        self,
        *,
        cache: Path,
        clock: Clock | None = None,
        scenario: str = "studio",
        seed: int = 1,
        ttl: float = 60.0,
        rate_limit: int | None = 100,
        port: int = 0,
        storage_port: int = 0,
    ) -> None:
        """Raises ValueError for an unknown scenario."""
        self.clock: Clock = clock or SystemClock()
        self.scenario = scenario
        self.organization = ORGANIZATION
        self.api_key = (
            "ak_" + hashlib.sha256(f"takedeck simulator {seed}".encode()).hexdigest()[:32]
        )
        self.token = (
            "user:777-" + hashlib.sha256(f"takedeck takes {seed}".encode()).hexdigest()[:20]
        )
        start = self.clock.now()
        self.jobs = Jobs(planned(scenario, seed, start))
        self.takes = Takes([] if scenario == "empty" else planned_takes(seed, start))
        self.requests = RequestLog()
        self.faults: deque[ApiError] = deque()
        self.refusals: deque[Refusal] = deque()
        self.weather = Weather()
        self._ports = (port, storage_port)
        self._cache = cache
        self._signer = Signer(secrets.token_bytes(32), ttl)
        self._limit = RateLimit(self.clock, rate_limit)
        self.base_url = self.storage_url = ""
        self._servers: list[_Server] = []
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Bind both ports and return once connections are accepted.

        Raises OSError when a port is taken or the cache folder is not usable.
        """
        self._vault = Vault(self._cache)
        with contextlib.ExitStack() as bound:
            sockets = [bound.enter_context(_listen(port)) for port in self._ports]
            bound.pop_all()
        self.base_url, self.storage_url = (
            f"http://127.0.0.1:{sock.getsockname()[1]}" for sock in sockets
        )
        second = Mureka(
            self.token, self.clock, self.takes, self._signer, self.storage_url, self.refusals
        )
        api = Api(
            self.organization, self.api_key, self.clock, self.jobs, self._signer, self._limit,
            self.storage_url, self.faults,
        )  # fmt: skip
        storage = Storage(
            self.clock, self.jobs, self.takes, self._signer, self._vault, self.weather
        )
        gates = [
            Gate(api.app(second.routes()), "api", self.clock, self.requests, api.refuse_host),
            Gate(storage.app(), "storage", self.clock, self.requests, storage.refuse_host),
        ]
        self._servers = [_Server(gate) for gate in gates]
        self._thread = threading.Thread(target=self._run, args=(sockets,), name="simulator")
        self._thread.start()
        for server in self._servers:
            server.ready.wait()

    def _run(self, sockets: list[socket.socket]) -> None:
        async def both() -> None:
            pairs = zip(self._servers, sockets, strict=True)
            await asyncio.gather(*(server.serve([sock]) for server, sock in pairs))

        asyncio.run(both())

    def stop(self) -> None:
        """Close every connection, stop every thread; a second call does nothing."""
        if self._thread is None:
            return
        for server in self._servers:
            server.should_exit = True
        self._thread.join()
        self._thread = None
        self._vault.close()

    def signed_url(self, path: str) -> str:
        """Return a fresh URL of any storage path, whether or not the file exists."""
        return self.storage_url + self._signer.sign(path, self.clock.now())

    def curl(self) -> str:
        """Return a curl command line that lists three jobs, ready to run."""
        return (
            f"curl -H 'X-API-Key: {self.api_key}' "
            f"'{self.base_url}/v1/music/{self.organization}/generations?limit=3'"
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Server(uvicorn.Server):
    """A silent uvicorn that says when it is ready and stops without waiting for requests."""

    def __init__(self, app: ASGIApp) -> None:
        self.ready = threading.Event()
        super().__init__(
            uvicorn.Config(
                app, loop="asyncio", http="h11", ws="none", lifespan="off", log_config=None,
                log_level="critical", access_log=False, server_header=False, date_header=False,
                timeout_keep_alive=30, timeout_graceful_shutdown=0,
            )
        )  # fmt: skip

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _listen(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock
