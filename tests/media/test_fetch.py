"""Downloads over real sockets: faults, expiry, changed files, and what is not audio."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import random
import resource
import socket
import traceback
from pathlib import Path
from typing import Any

import pytest

from takedeck import errors
from takedeck.media.fetch import Fetcher
from takedeck.media.growing import Growing
from takedeck.media.mint import Mint
from takedeck.media.transfer import Fetched
from takedeck.model import Track
from tests.media.storage import SIGNATURE, STEMS, Storage
from tests.providers.server import Request, Server, head, reply

DATA = random.Random(1).randbytes(600_000)


def growing(tmp_path: Path, name: str = "a") -> Growing:
    return Growing(tmp_path / f"{name}.part", tmp_path / f"{name}.audio")


def download(
    storage: Storage, tmp_path: Path, *, fetcher: Fetcher | None = None, **options: Any
) -> tuple[Fetched, bytes]:
    async def main() -> tuple[Fetched, bytes]:
        with growing(tmp_path) as target:
            fetched = await (fetcher or Fetcher()).download(
                "master", storage.mint(), target, **options
            )
            return fetched, target.path.read_bytes()

    return asyncio.run(main())


def test_a_part_arrives_whole(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:
        fetched, data = download(storage, tmp_path)
    assert data == DATA
    assert fetched == Fetched(len(DATA), "audio/mpeg", '"master-1"')
    request = storage.server.requests[0]
    assert request.headers["accept-encoding"] == "identity"
    assert not {"x-api-key", "authorization", "cookie", "range"} & request.headers.keys()


def test_what_was_reported_can_be_read_by_others(tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []

    def check(available: int, total: int | None) -> None:
        assert (tmp_path / "a.part").stat().st_size >= available
        seen.append((available, total))

    with Storage({"master": DATA}) as storage:
        download(storage, tmp_path, on_progress=check)
    assert seen == sorted(seen)
    assert seen[-1] == (len(DATA), len(DATA))


def test_a_dropped_line_is_taken_up_at_the_byte(tmp_path: Path) -> None:
    restarts: list[int] = []
    with Storage({"master": DATA}) as storage:
        storage.breaks.extend([200_000, 100_000, 0])
        _, data = download(storage, tmp_path, on_restart=lambda: restarts.append(1))
    assert data == DATA
    assert not restarts
    assert storage.ranges[0] is None
    assert all(wanted is not None for wanted in storage.ranges[1:])
    assert storage.minted == 1


@pytest.mark.parametrize("share", [0, 25, 50, 99])
@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_ended_url_is_minted_anew_once(tmp_path: Path, share: int, status: int) -> None:
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if request.target.rpartition("sig=")[2] not in storage.tokens:
                return reply(status)
            if storage.minted == 1:
                storage.breaks.append(len(DATA) * share // 100)
                data = storage.serve(request, connection)
                storage.expire()
                return data
            return storage.serve(request, connection)

        storage.before = answer
        _, data = download(storage, tmp_path)
    assert data == DATA
    assert storage.minted == 2


def test_many_parts_that_expire_together_share_one_mint(tmp_path: Path) -> None:
    files = {"master": DATA, **{part: DATA[::-1] + part.encode() for part in STEMS}}

    async def main(storage: Storage) -> None:
        mint = storage.mint()
        await mint.refresh()
        storage.expire()

        async def one(part: str) -> None:
            with growing(tmp_path, part) as target:
                await Fetcher().download(part, mint, target)
                assert target.path.read_bytes() == files[part]

        await asyncio.gather(*(one(part) for part in files))

    with Storage(files) as storage:
        asyncio.run(main(storage))
    assert storage.minted == 2


def test_a_part_that_is_always_refused_ends_after_two_mints(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:
        storage.before = lambda *_: reply(403)
        with pytest.raises(errors.UrlRefused, match="minted 2 times"):
            download(storage, tmp_path)
    assert storage.minted == 3
    assert len(storage.server.requests) == 3
    assert not list(tmp_path.iterdir())


def test_a_changed_file_is_fetched_from_its_beginning(tmp_path: Path) -> None:
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
        fetched, data = download(storage, tmp_path, on_restart=lambda: restarts.append(1))
    assert data == DATA[::-1]
    assert fetched.etag == '"master-2"'
    assert restarts == [1]


@pytest.mark.parametrize(
    ("bad_range", "fails"),
    [
        ("bytes 5-599999/600000", False),
        ("bytes 100000-599999/700000", False),
        ("nonsense", True),
        ("", True),
    ],
)
def test_a_piece_that_does_not_fit_is_never_joined(
    tmp_path: Path, bad_range: str, fails: bool
) -> None:
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if "range" in request.headers:
                return reply(206, b"x" * 500_000, etag='"master-1"', content_range=bad_range)
            if len(storage.server.requests) == 1:
                storage.breaks.append(100_000)
            return storage.serve(request, connection)

        storage.before = answer
        if fails:
            with pytest.raises(errors.MediaError, match="piece"):
                download(storage, tmp_path)
        else:
            assert download(storage, tmp_path)[1] == DATA


def test_a_storage_without_ranges_is_read_past_what_is_there(tmp_path: Path) -> None:
    restarts: list[int] = []
    with Storage({"master": DATA}) as storage:
        storage.breaks.append(250_000)

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            bare = {k: v for k, v in request.headers.items() if k not in ("range", "if-range")}
            return storage.serve(Request(request.method, request.target, bare), connection)

        storage.before = answer
        _, data = download(storage, tmp_path, on_restart=lambda: restarts.append(1))
    assert data == DATA
    assert not restarts


@pytest.mark.parametrize("etag", ['W/"weak"', "bare", ""])
def test_without_a_strong_etag_nothing_is_joined(tmp_path: Path, etag: str) -> None:
    with Storage({"master": DATA}) as storage:
        storage.etags["master"] = etag
        storage.breaks.append(250_000)
        _, data = download(storage, tmp_path)
    assert data == DATA
    assert storage.ranges == [None, None]


def test_a_body_without_a_length_that_was_cut_is_completed(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:

        def answer(request: Request, connection: socket.socket) -> bytes | None:
            if "range" in request.headers:
                return storage.serve(request, connection)
            connection.sendall(head(200, etag='"master-1"') + DATA[:350_000])
            return None

        storage.before = answer
        _, data = download(storage, tmp_path)
        assert data == DATA
        storage.before = lambda request, connection: (
            storage.serve(request, connection)
            if "range" in request.headers
            else connection.sendall(head(200, etag='"master-1"') + DATA)
        )
        _, data = download(storage, tmp_path)
    assert data == DATA


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
def test_what_is_not_the_part_is_refused(
    tmp_path: Path, answer: bytes, kind: type[errors.MediaError], says: str
) -> None:
    with Storage({"master": DATA}) as storage:
        storage.before = lambda *_: answer
        with pytest.raises(kind, match=says):
            download(storage, tmp_path)
    assert len(storage.server.requests) == 1
    assert not list(tmp_path.iterdir())


def test_a_body_without_end_is_cut_at_the_cap(tmp_path: Path) -> None:
    def flood(_: Request, connection: socket.socket) -> None:
        connection.sendall(head(200))
        while not storage.server.ending.is_set():
            connection.sendall(b"x" * 65_536)

    with Storage({"master": DATA}) as storage:
        storage.before = flood
        with pytest.raises(errors.MediaError, match="larger than 2 MiB"):
            download(storage, tmp_path, fetcher=Fetcher(largest=2 * 1024 * 1024))


@pytest.mark.parametrize("drip", [b"x", b""])
def test_a_body_that_drips_for_ever_ends_in_a_message(tmp_path: Path, drip: bytes) -> None:
    def answer(_: Request, connection: socket.socket) -> None:
        connection.sendall(head(200, content_length="100000", etag='"a"') if drip else b"")
        while drip and not storage.server.ending.wait(0.01):
            connection.sendall(drip)

    with Storage({"master": DATA}) as storage:
        storage.before = answer
        with pytest.raises(errors.MediaError, match=r"KiB/s for" if drip else "not one byte for"):
            download(storage, tmp_path, fetcher=Fetcher(window=0.5, floor=1_024))


def test_waiting_for_the_listener_is_not_held_against_the_storage(tmp_path: Path) -> None:
    turns = iter(range(4))

    async def slow(_: int) -> None:
        if next(turns, None) is not None:
            await asyncio.sleep(0.3)

    big = DATA * 10
    with Storage({"master": big}) as storage:
        fetcher = Fetcher(window=0.05, floor=100_000)
        _, data = download(storage, tmp_path, fetcher=fetcher, throttle=slow)
    assert data == big


def test_a_storage_that_is_overloaded_is_asked_again(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:
        statuses = iter([503, 429, 500])
        storage.before = lambda request, connection: (
            reply(status)
            if (status := next(statuses, None))
            else storage.serve(request, connection)
        )
        _, data = download(storage, tmp_path)
    assert data == DATA
    assert storage.minted == 1


def test_an_api_that_fails_for_a_moment_does_not_end_the_download(tmp_path: Path) -> None:
    faults = iter(
        [errors.NetworkError("gone"), errors.RateLimited("", status=429, retry_after=0.01)]
    )

    async def main(storage: Storage) -> bytes:
        async def ask() -> Track:
            if storage.minted and (fault := next(faults, None)):
                raise fault
            return await storage.ask()

        mint = Mint(ask, storage.mint()._now)
        await mint.refresh()
        storage.expire()
        with growing(tmp_path) as target:
            await Fetcher().download("master", mint, target)
            return target.path.read_bytes()

    with Storage({"master": DATA}) as storage:
        assert asyncio.run(main(storage)) == DATA


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
def test_a_given_hash_is_checked(tmp_path: Path, number: int) -> None:
    with Storage({"master": DATA}) as storage:
        storage.before = lambda *_: reply(200, DATA, **digests(DATA)[number])
        assert download(storage, tmp_path)[1] == DATA
        storage.before = lambda *_: reply(200, DATA, **digests(DATA + b"x")[number])
        with pytest.raises(errors.MediaError, match="hash"):
            download(storage, tmp_path)


def test_a_full_disk_is_a_clear_error(tmp_path: Path) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Storage({"master": DATA}) as storage:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old[1]))
        try:
            with pytest.raises(errors.DiskFull):
                download(storage, tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert not list(tmp_path.iterdir())


def test_cancelling_at_any_tick_leaves_no_connection_and_no_file(tmp_path: Path) -> None:
    ticks = random.Random(3)

    async def main(storage: Storage) -> None:
        mint, fetcher = storage.mint(), Fetcher()
        for number in range(60):
            with growing(tmp_path, str(number)) as target:
                task = asyncio.create_task(fetcher.download("master", mint, target))
                for _ in range(ticks.randrange(40)):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with Storage({"master": DATA * 20}) as storage:
        asyncio.run(main(storage))
        assert storage.server.all_closed(10)
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
def test_the_signature_shows_nowhere(
    tmp_path: Path, answer: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Storage({"master": DATA}) as storage:
        storage.before = lambda *_: answer
        with pytest.raises(errors.MediaError) as caught:
            download(storage, tmp_path, fetcher=Fetcher(window=0.3))
    assert SIGNATURE in storage.server.requests[0].target
    error: BaseException | None = caught.value
    while error is not None:
        assert SIGNATURE not in "".join(traceback.format_exception(error)) + repr(vars(error))
        error = error.__context__
    assert SIGNATURE not in caplog.text


def test_a_proxy_of_the_environment_does_not_see_this_machines_audio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(reply(200, b"x")) as proxy, Storage({"master": DATA}) as storage:
        for name in ("http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        download(storage, tmp_path)
        assert proxy.accepted == 0
