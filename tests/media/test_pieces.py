"""Downloads in pieces: what is joined, what is fetched anew, and the hash of the whole."""

from __future__ import annotations

import base64
import hashlib
import socket
from pathlib import Path

import pytest

from takedeck import errors
from takedeck.media.headers import Span, content_range
from tests.media.rig import DATA, download
from tests.media.storage import Storage
from tests.providers.server import Request, head, reply


def cut(connection: socket.socket, size: int) -> None:
    """Send the first `size` bytes and end the line: unlike after a reset, all of them arrive."""
    first = head(200, content_length=f"{len(DATA)}", etag='"master-1"')
    connection.sendall(first + DATA[:size])


async def test_a_changed_file_is_fetched_from_its_beginning(tmp_path: Path) -> None:
    restarts: list[int] = []
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            first = len(storage.server.requests) == 1
            if first:
                storage.breaks.append(300_000)
            sent = storage.serve(request, connection)
            if first:
                storage.files["master"], storage.etags["master"] = DATA[::-1], '"master-2"'
            return sent

        storage.before = answer
        fetched, data = await download(storage, tmp_path, on_restart=lambda: restarts.append(1))
    assert data == DATA[::-1]
    assert fetched.etag == '"master-2"'
    assert restarts == [1]


@pytest.mark.parametrize(
    ("bad_range", "fails"),
    [
        ("bytes 5-599999/600000", False),
        ("bytes 100000-699999/700000", False),
        ("nonsense", True),
        ("", True),
    ],
)
async def test_a_piece_that_does_not_fit_is_never_joined(
    tmp_path: Path, bad_range: str, fails: bool
) -> None:
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if "range" in request.headers:
                return reply(206, b"x" * 600_000, etag='"master-1"', content_range=bad_range)
            if len(storage.server.requests) == 1:
                return cut(connection, 100_000)
            return storage.serve(request, connection)

        storage.before = answer
        if fails:
            with pytest.raises(errors.MediaError, match="piece"):
                await download(storage, tmp_path)
        else:
            assert (await download(storage, tmp_path))[1] == DATA


async def test_a_piece_of_another_version_is_never_joined(tmp_path: Path) -> None:
    """A storage may ignore If-Range and answer with the rest of what it has now."""
    restarts: list[int] = []
    changed = DATA[::-1]
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if len(storage.server.requests) == 1:
                return cut(connection, 100_000)
            storage.files["master"], storage.etags["master"] = changed, '"master-2"'
            headers = {k: v for k, v in request.headers.items() if k != "if-range"}
            return storage.serve(Request(request.method, request.target, headers), connection)

        storage.before = answer
        fetched, data = await download(storage, tmp_path, on_restart=lambda: restarts.append(1))
    assert data == changed
    assert fetched.etag == '"master-2"'
    assert restarts == [1]
    assert storage.ranges == [None, "bytes=100000-", None]


async def test_the_rest_is_asked_for_only_of_the_version_that_was_begun(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:
        storage.breaks.extend([200_000, 100_000])
        await download(storage, tmp_path)
    only_if = [request.headers.get("if-range") for request in storage.server.requests]
    assert only_if == [None, '"master-1"', '"master-1"']


async def test_the_last_byte_alone_can_be_what_is_missing(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if len(storage.server.requests) == 1:
                return cut(connection, len(DATA) - 1)
            return storage.serve(request, connection)

        storage.before = answer
        _, data = await download(storage, tmp_path)
    assert data == DATA
    assert storage.ranges == [None, f"bytes={len(DATA) - 1}-"]


@pytest.mark.parametrize(
    ("said", "span"),
    [
        ("bytes 5-9/10", Span(5, 10, 10)),
        ("bytes 9-9/10", Span(9, 10, 10)),
        ("bytes 0-0/*", Span(0, 1, None)),
        ("bytes 5-10/10", None),
        ("bytes 9-8/10", None),
        ("bytes */10", None),
    ],
)
def test_a_range_ends_with_its_last_byte(said: str, span: Span | None) -> None:
    assert content_range({"content-range": said}) == span


async def test_a_storage_without_ranges_is_read_past_what_is_there(tmp_path: Path) -> None:
    restarts: list[int] = []
    with Storage({"master": DATA}) as storage:
        storage.breaks.append(250_000)

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            bare = {k: v for k, v in request.headers.items() if k not in ("range", "if-range")}
            return storage.serve(Request(request.method, request.target, bare), connection)

        storage.before = answer
        _, data = await download(storage, tmp_path, on_restart=lambda: restarts.append(1))
    assert data == DATA
    assert not restarts


@pytest.mark.parametrize("etag", ['W/"weak"', "bare", ""])
async def test_without_a_strong_etag_nothing_is_joined(tmp_path: Path, etag: str) -> None:
    with Storage({"master": DATA}) as storage:
        storage.etags["master"] = etag
        storage.breaks.append(250_000)
        _, data = await download(storage, tmp_path)
    assert data == DATA
    assert storage.ranges == [None, None]


async def test_a_body_without_a_length_that_was_cut_is_completed(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if "range" in request.headers:
                return storage.serve(request, connection)
            connection.sendall(head(200, etag='"master-1"') + DATA[:350_000])
            return None

        storage.before = answer
        _, data = await download(storage, tmp_path)
        assert data == DATA
        storage.before = lambda request, connection: (
            storage.serve(request, connection)
            if "range" in request.headers
            else connection.sendall(head(200, etag='"master-1"') + DATA)
        )
        _, data = await download(storage, tmp_path)
    assert data == DATA


async def test_a_body_that_says_nothing_of_itself_and_was_cut_is_fetched_anew(
    tmp_path: Path,
) -> None:
    restarts: list[int] = []
    cuts = iter([350_000, 350_000])
    with Storage({"master": DATA}) as storage:
        storage.etags["master"] = ""

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if "range" in request.headers:
                return storage.serve(request, connection)
            connection.sendall(head(200) + DATA[: next(cuts, None)])
            return None

        storage.before = answer
        _, data = await download(storage, tmp_path, on_restart=lambda: restarts.append(1))
    assert data == DATA
    assert restarts == [1, 1]
    behind_the_cut, behind_the_end = f"bytes={350_000}-", f"bytes={len(DATA)}-"
    assert storage.ranges == [None, behind_the_cut, None, behind_the_cut, None, behind_the_end]


async def test_a_body_that_is_always_cut_and_says_nothing_of_itself_is_no_file(
    tmp_path: Path,
) -> None:
    with Storage({"master": DATA}) as storage:
        storage.etags["master"] = ""

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if "range" in request.headers:
                return storage.serve(request, connection)
            connection.sendall(head(200) + DATA[:350_000])
            return None

        storage.before = answer
        with pytest.raises(errors.MediaError):
            await download(storage, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("length", [{}, {"content_length": f"{len(DATA)}"}])
async def test_where_nobody_tells_the_size_what_came_is_the_file(
    tmp_path: Path, length: dict[str, str]
) -> None:
    """A storage without ranges, tags and lengths; the length may come when it is asked again."""
    restarts: list[int] = []
    fields: dict[str, str] = {}
    with Storage({"master": DATA}) as storage:

        def answer(_: Request, connection: socket.socket) -> None:
            connection.sendall(head(200, **fields) + DATA)
            fields.update(length)

        storage.before = answer
        _, data = await download(storage, tmp_path, on_restart=lambda: restarts.append(1))
    assert data == DATA
    assert not restarts
    assert len(storage.server.requests) == 2


async def test_a_length_that_is_told_late_shows_that_the_body_was_cut(tmp_path: Path) -> None:
    heads = iter([(head(200), 350_000)])
    with Storage({"master": DATA}) as storage:

        def answer(_: Request, connection: socket.socket) -> None:
            whole = head(200, content_length=f"{len(DATA)}"), None
            first, count = next(heads, whole)
            connection.sendall(first + DATA[:count])

        storage.before = answer
        _, data = await download(storage, tmp_path)
    assert data == DATA


def digests(data: bytes) -> list[dict[str, str]]:
    sha = base64.b64encode(hashlib.sha256(data).digest()).decode()
    md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    return [
        {"repr_digest": f"sha-256=:{sha}:"},
        {"digest": f"SHA-256={sha}"},
        {"x_goog_hash": f"crc32c=AAAAAA==,md5={md5}"},
        {"content_md5": md5},
    ]


@pytest.mark.parametrize("number", range(4))
async def test_a_given_hash_is_checked(tmp_path: Path, number: int) -> None:
    with Storage({"master": DATA}) as storage:
        storage.before = lambda *_: reply(200, DATA, **digests(DATA)[number])
        assert (await download(storage, tmp_path))[1] == DATA
        storage.before = lambda *_: reply(200, DATA, **digests(DATA + b"x")[number])
        with pytest.raises(errors.MediaError, match="hash"):
            await download(storage, tmp_path)


async def test_a_416_that_tells_no_size_is_no_end_of_a_body_that_was_cut(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if "range" in request.headers:
                return reply(416)
            first = head(200, transfer_encoding="chunked", etag='"a"')
            if len(storage.server.requests) == 1:
                connection.sendall(first + b"249f0\r\n" + DATA[:150_000] + b"\r\n")
                return None
            return first + b"927c0\r\n" + DATA + b"\r\n0\r\n\r\n"

        storage.before = answer
        _, data = await download(storage, tmp_path)
    assert data == DATA


async def test_a_416_that_tells_no_size_ends_a_body_that_ended_by_itself(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if "range" in request.headers:
                return reply(416)
            connection.sendall(head(200, connection="close", etag='"a"') + DATA)
            return None

        storage.before = answer
        _, data = await download(storage, tmp_path)
    assert data == DATA
    assert storage.ranges == [None, f"bytes={len(DATA)}-"]
