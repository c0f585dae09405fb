"""The key: where it may go, what it may be, and that it shows nowhere."""

from __future__ import annotations

import logging
import traceback

import pytest

from takedeck import errors
from takedeck.providers.api_client import ApiClient
from takedeck.providers.origin import Credential
from takedeck.text import Secret
from tests.providers.rig import KEY, OK, ask, use
from tests.providers.server import Server, json_reply, reply


@pytest.mark.parametrize("path", ["v1", "//evil/", "https://evil/", "/a/../b", "/a b", "/a?b", ""])
async def test_only_relative_quoted_paths_are_asked(path: str) -> None:
    with Server(OK) as server:
        with pytest.raises(ValueError, match="path"):
            await ask(server.url, path=path)
        assert not server.requests


@pytest.mark.parametrize(
    "url",
    ["http://api.example.com", "ftp://127.0.0.1", "", "https://", "https://a:b@example.com",
     "https://example.com?x=1", "http://127.0.0.1.example.com", "http://[::", "http://127.1",
     "https://127.0.0.1:99999", "api.example.com", "https://exa mple.com:port"],
)  # fmt: skip
def test_a_base_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(errors.ConfigError):
        ApiClient(url, Credential("X-API-Key", Secret(KEY)))


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "nul\0", "ключ", "\x7f"])
def test_a_key_that_cannot_be_one_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(errors.ConfigError) as caught:
        Credential("X-API-Key", Secret(key))
    assert not key.strip() or key.strip() not in str(caught.value)


def test_white_space_around_a_key_goes() -> None:
    assert Credential("Authorization", Secret(" k \n"), "Bearer").value() == "Bearer k"


def everything(error: BaseException) -> str:
    """All that a traceback, a report or a log could show of an error and what stands behind it."""
    shown = "".join(traceback.format_exception(error))
    seen: list[BaseException] = []
    rest: list[BaseException | None] = [error]
    while rest:
        if (this := rest.pop()) is None or this in seen:
            continue
        seen.append(this)
        shown += repr(this) + str(this) + repr(vars(this))
        request = getattr(this, "_request", None)
        shown += repr(getattr(request, "headers", ""))
        rest += [this.__cause__, this.__context__]
    return shown


@pytest.mark.parametrize(
    "answer",
    [
        json_reply({"error": {"code": "INVALID_API_KEY", "message": f"{KEY} is bad"}}, 401),
        json_reply({"error": f"bad {KEY}"}, 403),
        json_reply({"detail": [{"loc": ["header", KEY], "msg": KEY}]}, 422),
        reply(500, KEY.encode()),
        json_reply({"error": "no"}, 400, x_request_id=f"req {KEY}"),
        reply(200, KEY.encode()),
        reply(302, location=f"https://example.com/{KEY}"),
        reply(429, KEY.encode(), retry_after=KEY, date=KEY, x_ratelimit_limit=KEY),
        b"not http " + KEY.encode() + b"\r\n\r\n",
        b"",
    ],
    ids=range(10),
)
async def test_the_key_shows_nowhere(answer: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def work(it: ApiClient) -> str:
        with pytest.raises(errors.TakedeckError) as caught:
            await it.get("/v1/jobs")
        return everything(caught.value) + repr(list(it.record)) + repr(it) + repr(it._credential)

    with Server(lambda *_: answer or None) as server:
        shown = await use(server.url, work)
    assert KEY in server.requests[0].headers["x-api-key"]
    assert KEY not in shown
    assert KEY not in caplog.text
    assert not [
        one for one in caplog.records if one.name.partition(".")[0] in ("httpx", "httpcore")
    ]
