"""Storages that never come to an end, each in a way of its own: every one ends in a message."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from takedeck import errors
from takedeck.media.fetch import Fetcher
from takedeck.media.pace import Pace
from tests.media.rig import DATA, download
from tests.media.storage import Storage
from tests.providers.server import Request, head

_HASTY = {"window": 0.6, "silence": 0.2}


@contextmanager
def _dripping(first: bytes, drop: bytes, pause: float) -> Iterator[Storage]:
    with Storage({"master": DATA}) as storage:

        def answer(_: Request, connection: socket.socket) -> None:
            with suppress(OSError):
                connection.sendall(first)
                while not storage.server.ending.wait(pause):
                    connection.sendall(drop)

        storage.before = answer
        yield storage


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nx-a: ", b"a"),
        (head(200, transfer_encoding="chunked") + b"1;", b"a"),
    ],
    ids=["answers before the answer", "a head", "the size of a chunk"],
)
async def test_what_drips_outside_the_body_is_no_progress(
    tmp_path: Path, first: bytes, drop: bytes
) -> None:
    silent = pytest.raises(errors.MediaError, match="not one byte for")
    with _dripping(first, drop, 0.01) as storage, silent:
        await download(storage, tmp_path, fetcher=Fetcher(**_HASTY))
    assert not list(tmp_path.iterdir())


def test_a_drip_is_told_whatever_time_the_throttle_takes() -> None:
    now = 0.0
    pace = Pace(window=60.0, floor=1024.0, monotonic=lambda: now)

    def drip() -> None:
        nonlocal now
        for _ in range(100):
            now += 1.0
            pace.got(100)
            pace.pause()
            now += 5.0
            pace.resume()

    with pytest.raises(errors.MediaError, match="less than 1 KiB/s for 60 s"):
        drip()
    assert now == 60 + 59 * 5


async def test_the_throttle_takes_its_time(tmp_path: Path) -> None:
    async def wait(_: int) -> None:
        await asyncio.sleep(0.3)

    with Storage({"master": DATA[:10]}) as storage:
        _, data = await download(storage, tmp_path, fetcher=Fetcher(**_HASTY), throttle=wait)
    assert data == DATA[:10]
    assert len(storage.server.requests) == 1


async def test_sending_the_beginning_again_and_again_is_no_progress(tmp_path: Path) -> None:
    def cut(_: Request, connection: socket.socket) -> bytes | None:
        connection.sendall(head(200, content_length="600000", etag='"a"') + b"x" * 300_000)
        return None

    with Storage({"master": DATA}) as storage:
        storage.before = cut
        with pytest.raises(errors.MediaError, match="not one byte for"):
            await download(storage, tmp_path, fetcher=Fetcher(**_HASTY))


async def test_a_storage_that_knows_no_range_is_put_up_with(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            request.headers.pop("range", None)  # type: ignore[attr-defined]
            return storage.serve(request, connection)

        storage.before = answer
        storage.breaks.extend((150_000, 300_000, 450_000))
        _, data = await download(storage, tmp_path)
    assert data == DATA


async def test_a_few_bytes_at_a_time_are_not_asked_for_at_once(tmp_path: Path) -> None:
    def nibble(request: Request, connection: socket.socket) -> bytes | None:
        asked = request.headers.get("range", "bytes=0-")
        at = int(asked[6:-1])
        span = {"content_range": f"bytes {at}-{at + 3}/9000000"} if at else {}
        size = "4" if at else "9000000"
        connection.sendall(head(206 if at else 200, content_length=size, etag='"a"', **span))
        connection.sendall(b"xxxx")
        return None

    with Storage({"master": DATA}) as storage:
        storage.before = nibble
        with pytest.raises(errors.MediaError, match=r"KiB/s for"):
            await download(storage, tmp_path, fetcher=Fetcher(**_HASTY))
    # At once would be hundreds.
    assert 1 < len(storage.server.requests) < 40


async def test_one_byte_to_a_chunk_is_refused(tmp_path: Path) -> None:
    tiny = pytest.raises(errors.MediaError, match="pieces of less")
    first = head(200, transfer_encoding="chunked")
    with _dripping(first, b"1\r\nx\r\n" * 1_000, 0.0) as storage, tiny:
        await download(storage, tmp_path)


async def test_a_length_that_chunks_overrule_is_not_believed(tmp_path: Path) -> None:
    said = head(200, transfer_encoding="chunked", content_length="10", etag='"a"')
    with Storage({"master": DATA}) as storage:
        storage.before = lambda *_: said + b"14\r\n" + b"x" * 20 + b"\r\n0\r\n\r\n"
        _, data = await download(storage, tmp_path)
    assert data == b"x" * 20


async def test_a_piece_that_goes_on_past_the_end_of_the_file_is_refused(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if "range" not in request.headers:
                storage.breaks.append(100_000)
                return storage.serve(request, connection)
            span = "bytes 100000-599999/600000"
            fields = {"content_range": span, "etag": '"master-1"', "transfer_encoding": "chunked"}
            return head(206, **fields) + b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n0\r\n\r\n"

        storage.before = answer
        with pytest.raises(errors.MediaError, match="more than it said"):
            await download(storage, tmp_path)
