"""An API and its storage that repeat key and signatures in every kind of fault."""

from __future__ import annotations

import io
import json
import socket
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.providers.server import Request, Server, head, json_reply, reply
from tests.soak.planted import Planted

STATUSES = (400, 401, 402, 403, 404, 408, 410, 412, 422, 429, 500, 502, 503, 504, 596)
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class World:
    """The API's address, and the place that a redirect leads to."""

    api: str
    elsewhere: Server


Fault = Callable[[Planted, str], bytes]
"""Makes an answer; the second argument is where a redirect leads to."""


def _echo(planted: Planted) -> str:
    return f"X-API-Key: {planted.key} for https://u:{planted.word}@s.test/a?sig={planted.signature}"


def _status(status: int) -> Fault:
    def answer(planted: Planted, _: str) -> bytes:
        said = {"error": {"code": "INVALID_API_KEY", "message": _echo(planted)}}
        return json_reply(said, status, retry_after="0", x_request_id=planted.key)

    return answer


def _redirect(status: int) -> Fault:
    def answer(planted: Planted, elsewhere: str) -> bytes:
        return reply(status, location=f"{elsewhere}/x?key={planted.key}&sig={planted.signature}")

    return answer


FAULTS: dict[str, Fault] = {
    **{str(status): _status(status) for status in STATUSES},
    **{f"redirect {status}": _redirect(status) for status in REDIRECTS},
    "HTML": lambda planted, _: reply(
        200, f"<html>{_echo(planted)}</html>".encode(), content_type="text/html"
    ),
    "text": lambda planted, _: reply(500, _echo(planted).encode()),
    "truncated": lambda planted, _: json_reply({"jobs": _echo(planted)})[:-6] + b" " * 6,
    "wrong types": lambda planted, _: json_reply({"jobs": _echo(planted), "id": [planted.key]}),
    "short": lambda planted, _: head(200, content_length="9999") + _echo(planted).encode(),
    "no HTTP": lambda planted, _: f"{planted.key} {_echo(planted)}\r\n\r\n".encode(),
    "headers": lambda planted, _: reply(
        429, b"{}", retry_after=planted.key, date=planted.key, set_cookie=f"k={planted.key}"
    ),
    "hung up": lambda *_: b"",
}
"""Every way to answer wrongly."""


def sound() -> bytes:
    """A fifth of a second of silence, as WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(44_100)
        out.writeframes(bytes(4 * 8_820))
    return file.getvalue()


@contextmanager
def world(planted: Planted, api: Fault | None, storage: Fault | None) -> Iterator[World]:
    """An API and a storage that answer with these faults; None answers as it should."""
    with ExitStack() as stack:
        elsewhere = stack.enter_context(Server(reply(200, b"{}")))

        def answer_file(request: Request, _: socket.socket) -> bytes | None:
            if storage is not None:
                return storage(planted, elsewhere.url) or None
            return reply(200, sound(), content_type="audio/wav")

        files = stack.enter_context(Server(answer_file))

        def answer(request: Request, _: socket.socket) -> bytes | None:
            if api is not None:
                return api(planted, elsewhere.url) or None
            return json_reply(_object(request.path, files.url, planted))

        yield World(stack.enter_context(Server(answer)).url, elsewhere)


def _object(path: str, storage: str, planted: Planted) -> dict[str, Any]:
    url = f"{storage}/a.wav?exp=4102444800&sig={planted.signature}"
    track = {
        "id": "mtrack_1", "title": "A Take", "engine": "studio", "mode": "creation",
        "measured_duration_seconds": 0.2, "instrumental": True, "licence_class": "personal_only",
        "created_at": "2026-06-28T10:31:00Z", "playback_url": url,
        "stem_urls": {"drums": url, "bass": f"https://u:{planted.word}@s.test/b?s={planted.key}"},
    }  # fmt: skip
    job = {
        "id": "mgen_1", "status": "succeeded", "progress": 100, "engine": "studio",
        "mode": "creation", "created_at": "2026-06-28T10:30:00Z", "result_track_id": "mtrack_1",
        "error_message": None, "refusal_reason": None, "playback_url": url, "track": track,
    }  # fmt: skip
    failed = job | {
        "id": "mgen_2", "status": "failed", "result_track_id": None, "track": None,
        "playback_url": None, "error_message": f"could not write {url} with {planted.key}",
    }  # fmt: skip
    if path.endswith("/mtrack_1"):
        return track
    if path.endswith("/mgen_1"):
        return job
    if path.endswith("/mgen_2"):
        return failed
    return json.loads(json.dumps({"jobs": [job, failed], "limit": 50, "offset": 0}))
