"""Answers of both APIs, and every way to mangle one."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Callable
from typing import Any, Final

from tests.providers.mureka_page import FAILED, JOB_ID, MUSIC, PROCESSING, SPEECH

STEMS: Final = ("drums", "bass", "lead")
GOOD: Final = "mgen_good"


def _url(part: str) -> str:
    return f"https://storage.test/{part}.mp3?exp=4102444800&sig=abc"


TRACK: Final[dict[str, Any]] = {
    "id": "mtrack_1", "title": "Late Night Study", "engine": "studio", "mode": "focus",
    "instrumental": True, "measured_duration_seconds": 183.4, "mime_type": "audio/mpeg",
    "licence_class": "commercial_cleared", "created_at": "2026-06-28T10:31:00Z",
    "playback_url": _url("master"), "stem_urls": {name: _url(name) for name in STEMS},
}  # fmt: skip
JOB: Final[dict[str, Any]] = {
    "id": "mgen_1", "status": "succeeded", "progress": 100, "engine": "studio", "mode": "focus",
    "created_at": "2026-06-28T10:30:00Z", "result_track_id": "mtrack_1", "error_message": None,
    "refusal_reason": None, "playback_url": _url("master"), "track": TRACK,
}  # fmt: skip
LIST: Final[dict[str, Any]] = {
    "jobs": [JOB, JOB | {"id": GOOD, "status": "failed", "track": None, "error_message": "no"}],
    "limit": 50,
    "offset": 0,
}
RUNNING: Final[dict[str, Any]] = {
    "total": 1,
    "accounts": {"12345678901234": {"jobs": [{"jobid": JOB_ID, "elapsed": "00:00:20"}]}},
}
BODIES: Final[dict[str, tuple[Any, ...]]] = {
    "first list": (LIST,),
    "first job": (JOB,),
    "first track": (TRACK,),
    "second running": (RUNNING,),
    "second job": tuple(it | {"jobid": JOB_ID} for it in (MUSIC, SPEECH, PROCESSING, FAILED)),
    "second track": (MUSIC, SPEECH, PROCESSING, FAILED),
}

_HUGE: Final = 1 << 70
CONTROLS: Final = (
    "\x00\x1b]52;c;aGk=\x07\x1b[2J\x9b31m\u202e\u2066\udfff\ud800[@click=app.quit]x[/]"
)
VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 101, _HUGE, -_HUGE, 1.5, 1e308, -0.0, "", " ", "0", "NaN", [], {},
    [None], [[]], {"a": 1}, CONTROLS, "a" * 5_000, "\u0301" * 300,
    "\U0001f469\u200d\U0001f467" * 40, "../../etc/passwd",
    "CON", "NUL", "aux.mp3", "a/b", "a\\b", "%2e%2e%2f", "mgen_1\n", "x" * 1_000_000,
    "file:///etc/passwd", "http://evil.test/a.mp3", "https://u:p@storage.test/a", "https://",
    "https://[::1", "https://[fe80::1%25eth0]/a", "https://storage.test:99999/a",
    "//storage.test/a",
    "http://127.0.0.1/a", "http://localhost:1/a", "https://storage.test/a\r\nX: y", "javascript:1",
    "https://xn--a/a", "https://0x7f.1/a", "https://[::ffff:127.0.0.1]/a", "https://a..b/a",
    "https://10.0.0.1/a", "https://169.254.169.254/a", "https://[64:ff9b::7f00:1]/a",
    "https://[::127.0.0.1]/a", "https://[2002:a00:1::]/a", "https://100.64.0.1/a",
    "https://sub.localhost/a", "https://0/a", "https://storage.test:0/a", "http:///a",
    "data:audio/mpeg;base64,AAAA", "https://xn--80ak6aa92e.test/a", "https://ex\u00e4mple.test/a",
    "0000-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "2026-06-28",
    "2026-06-28T10:30:00", "2026-06-28T10:30:00+99:99", "2026-02-30T00:00:00Z", 1e18, -1e18,
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z", 10**400, -(10**400), 10**300, "succeeded", "SUCCEEDED", "deleted",
)  # fmt: skip
_MANY: Final[tuple[Callable[[], Any], ...]] = (
    lambda: {f"stem{n}": _url(str(n)) for n in range(10_000)},
    lambda: [{"song_id": str(n), "mp3_url": _url(str(n))} for n in range(10_000)],
    lambda: [JOB | {"id": f"mgen_{n}", "track": None} for n in range(500)],
    lambda: "z" * 10_000_000,
    lambda: "\x1b" * 3_000_000,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        found += _places(inner, (*path, key))
    return found


def _holder(body: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        body = body[key]
    return body


def change(body: Any, dice: random.Random, times: int) -> Any:
    """The body with values changed, gone, or where they do not belong."""
    body = copy.deepcopy(body)
    for _ in range(times):
        places = _places(body)
        if not places:
            return body
        path = dice.choice(places)
        holder, kind = _holder(body, path), dice.random()
        if kind < 0.004:
            holder[path[-1]] = dice.choice(_MANY)()
        elif kind < 0.75:
            holder[path[-1]] = copy.deepcopy(dice.choice(VALUES))
        elif kind < 0.85:
            del holder[path[-1]]
        elif isinstance(holder, dict):
            holder[str(dice.choice(VALUES))[:50]] = copy.deepcopy(dice.choice(VALUES))
        else:
            holder.append(copy.deepcopy(dice.choice(VALUES)))
    return body


def text(body: Any) -> bytes:
    return json.dumps(body).encode()


RAW: Final[tuple[Callable[[bytes, random.Random], bytes], ...]] = (
    lambda data, dice: data[: dice.randrange(len(data))],
    lambda data, dice: data.replace(b"null", b"NaN").replace(b"100", b"Infinity"),
    lambda data, dice: data.replace(b": 0", b": -1e999").replace(b"183.4", b"1e400"),
    lambda data, dice: data.replace(b"{", b'{"id": "twice", "status": [],', 1),
    lambda data, dice: b"[" * dice.choice((60, 70, 5_000, 200_000)),
    lambda data, dice: b'{"jobs":' * 70 + b"0" + b"}" * 70,
    lambda data, dice: data.decode().encode("utf-16"),
    lambda data, dice: b"\xef\xbb\xbf" + data,
    lambda data, dice: data.replace(b"e", bytes([dice.randrange(128, 256)])),
    lambda data, dice: b"<html><body>Sign in</body></html>",
    lambda data, dice: b"",
    lambda data, dice: b" " * 9_000_000,
    lambda data, dice: b"9" * dice.choice((4_000, 5_000, 400_000)),
    lambda data, dice: data + data,
    lambda data, dice: dice.randbytes(dice.randrange(2_000)),
    lambda data, dice: bytes(b ^ (dice.random() < 0.01) * dice.randrange(256) for b in data),
)


def mangled(call: str, dice: random.Random) -> tuple[bytes, dict[str, str]]:
    """An answer to that call, and its headers."""
    body = dice.choice(BODIES[call])
    if dice.random() < 0.75:
        data = text(change(body, dice, dice.choice((1, 1, 2, 8))))
    else:
        data = dice.choice(RAW)(text(body), dice)
    if dice.random() < 0.05:
        packed = gzip.compress(data)
        return dice.choice((packed, packed[:-9], data)), {"content-encoding": "gzip"}
    return data, {}


def one_wrong(dice: random.Random) -> bytes:
    """A page with one job that is anything, beside one that is as it should be."""
    wrong = dice.choice((change(JOB, dice, 4), dice.choice(VALUES), dice.choice(VALUES)))
    return text(LIST | {"jobs": dice.sample([wrong, LIST["jobs"][1]], 2)})
