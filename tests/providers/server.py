"""A small HTTP server on a real socket that can misbehave in any way a test asks for."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

PHRASES = {200: "OK", 206: "Partial Content"}


@dataclass(frozen=True)
class Request:
    """What arrived: header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


Answer = Callable[[Request, socket.socket], bytes | None]


class Server:
    """Answers each request with what `answer` returns; None closes the connection.

    Bytes are sent as they are and the connection is kept, so a body needs its length. `answer`
    may also write to the socket itself. It runs in one thread per connection.
    """

    def __init__(self, answer: Answer | bytes | list[bytes]) -> None:
        self.requests: list[Request] = []
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Condition()
        self.ending = threading.Event()
        self.accepted = 0

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        self.ending.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=10)

    def all_closed(self, timeout: float) -> bool:
        """Wait until every client has closed its connections; False when one has not."""
        return self.open_at_most(0, timeout)

    def open_at_most(self, count: int, timeout: float) -> bool:
        """Wait until no more than so many connections are open; False when more still are."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self._open) <= count, timeout)

    def _start(self, run: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=run, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.ending.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.accepted += 1
            with self._lock:
                self._open.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection.makefile("rb") as file:
            while (request := _read(file)) is not None:
                with self._lock:
                    self.requests.append(request)
                    number = len(self.requests)
                if (data := self._data(request, connection, number)) is None:
                    break
                connection.sendall(data)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        with self._lock:
            self._open.discard(connection)
            self._lock.notify_all()

    def _data(self, request: Request, connection: socket.socket, number: int) -> bytes | None:
        if isinstance(self._answer, bytes):
            return self._answer
        if isinstance(self._answer, list):
            return self._answer[min(number, len(self._answer)) - 1]
        return self._answer(request, connection)


def _read(file: Any) -> Request | None:
    line = file.readline().decode("latin-1").split()
    if len(line) < 2:
        return None
    headers: dict[str, str] = {}
    while (header := file.readline().decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        headers[name.strip().lower()] = value.strip()
    return Request(line[0], line[1], headers)


def reply(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer with its Content-Length; `_` in a header's name stands for `-`."""
    fields = {"content_length": str(len(body)), **headers}
    return head(status, **fields) + body


def head(status: int = 200, **headers: str) -> bytes:
    """An answer's first lines."""
    lines = [f"HTTP/1.1 {status} {PHRASES.get(status, 'Status')}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def json_reply(value: Any, status: int = 200, **headers: str) -> bytes:
    """A JSON answer."""
    return reply(status, json.dumps(value).encode(), content_type="application/json", **headers)


def reset(connection: socket.socket) -> None:
    """End the connection with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
