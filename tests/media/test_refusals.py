"""Downloads that end in a clear error, and the signature, which shows in none."""

from __future__ import annotations

import logging
import resource
import socket
import traceback
from pathlib import Path

import pytest

from takedeck import errors
from takedeck.media.fetch import Fetcher
from tests.media.rig import DATA, download
from tests.media.storage import SIGNATURE, Storage
from tests.providers.server import Request, head, reply


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (reply(200, b"<html>", content_type="text/html; charset=utf-8"), errors.MediaError, "text"),
        (reply(200, b"{}", content_type="application/json"), errors.MediaError, "text"),
        (reply(200, b"x", content_encoding="gzip"), errors.MediaError, "packed"),
        (reply(200, b""), errors.MediaError, "empty"),
        (head(200, content_length="2000000000"), errors.MediaError, "larger than"),
        (reply(206, b"x", content_range="bytes 0-0/1"), errors.MediaError, "piece"),
        (reply(302, location="http://127.0.0.1:1/"), errors.UrlRefused, "redirect"),
        (reply(400), errors.UrlRefused, "status 400"),
    ],
)
async def test_what_is_not_the_part_is_refused(
    tmp_path: Path, answer: bytes, kind: type[errors.MediaError], says: str
) -> None:
    with Storage({"master": DATA}) as storage:
        storage.before = lambda *_: answer
        with pytest.raises(kind, match=says):
            await download(storage, tmp_path)
    assert len(storage.server.requests) == 1
    assert not list(tmp_path.iterdir())


async def test_a_body_without_end_is_cut_at_the_cap(tmp_path: Path) -> None:
    def flood(_: Request, connection: socket.socket) -> None:
        connection.sendall(head(200))
        while not storage.server.ending.is_set():
            connection.sendall(b"x" * 65_536)

    with Storage({"master": DATA}) as storage:
        storage.before = flood
        with pytest.raises(errors.MediaError, match="larger than 2 MiB"):
            await download(storage, tmp_path, fetcher=Fetcher(largest=2 * 1024 * 1024))


@pytest.mark.parametrize("drip", [b"x", b""])
async def test_a_body_that_drips_for_ever_ends_in_a_message(tmp_path: Path, drip: bytes) -> None:
    def answer(_: Request, connection: socket.socket) -> None:
        connection.sendall(head(200, content_length="100000", etag='"a"') if drip else b"")
        while drip and not storage.server.ending.wait(0.01):
            connection.sendall(drip)

    with Storage({"master": DATA}) as storage:
        storage.before = answer
        with pytest.raises(errors.MediaError, match=r"KiB/s for" if drip else "not one byte for"):
            await download(storage, tmp_path, fetcher=Fetcher(window=0.5, floor=1_024))


async def test_a_full_disk_is_a_clear_error(tmp_path: Path) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Storage({"master": DATA}) as storage:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old[1]))
        try:
            with pytest.raises(errors.DiskFull):
                await download(storage, tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "answer",
    [
        reply(403),
        reply(302, location="http://x/"),
        b"nonsense\r\n\r\n",
        reply(200, b"<p>", content_type="text/html"),
        None,
    ],
)
async def test_the_signature_shows_nowhere(
    tmp_path: Path, answer: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Storage({"master": DATA}) as storage:
        storage.before = lambda *_: answer
        with pytest.raises(errors.MediaError) as caught:
            await download(storage, tmp_path, fetcher=Fetcher(window=0.3))
    assert SIGNATURE in storage.server.requests[0].target
    error: BaseException | None = caught.value
    while error is not None:
        assert SIGNATURE not in "".join(traceback.format_exception(error)) + repr(vars(error))
        error = error.__context__
    assert SIGNATURE not in caplog.text
