"""Runs the real command line as a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from takedeck.simulator.service import Simulator
from tests.providers.server import Request, Server, reply

DEADLINE = 100.0


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def environment(simulator: Simulator | None = None, **more: str) -> dict[str, str]:
    """The clean environment of the test; with a simulator, the settings that lead to it."""
    found = dict(os.environ)
    if simulator is not None:
        found |= {
            "FREDDY_API_KEY": simulator.api_key,
            "TAKEDECK_ORGANIZATION": simulator.organization,
            "TAKEDECK_BASE_URL": simulator.base_url,
            "TAKEDECK_OUTPUT": "null",
        }
    return found | more


def start(*arguments: str, env: dict[str, str], module: str = "takedeck") -> subprocess.Popen[str]:
    """Start `takedeck` with these arguments; nothing on its standard input."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )


def finish(process: subprocess.Popen[str]) -> Done:
    """Wait for its end. Raises TimeoutExpired, the process killed."""
    try:
        out, err = process.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Done(process.returncode, out, err)


def takedeck(
    *arguments: str, simulator: Simulator | None = None, env: dict[str, str] | None = None
) -> Done:
    """Run `takedeck` to its end; no traceback may be seen."""
    done = finish(start(*arguments, env=environment(simulator, **(env or {}))))
    assert "Traceback" not in done.err, done.err
    return done


@contextmanager
def altered(simulator: Simulator, alter: Callable[[dict[str, Any]], None]) -> Iterator[str]:
    """The base URL of an API that answers as the simulator's does, each object altered."""

    def answer(request: Request, _: socket.socket) -> bytes:
        url = simulator.base_url + request.target
        found = httpx.get(url, headers={"X-API-Key": simulator.api_key}, trust_env=False)
        body = found.json()
        alter(body)
        return reply(
            found.status_code, json.dumps(body).encode(),
            content_type="application/json", date=found.headers["date"],
        )  # fmt: skip

    with Server(answer) as server:
        yield server.url
