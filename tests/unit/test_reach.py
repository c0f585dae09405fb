"""What is connected to: checked addresses only, each name resolved once, its TLS kept."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpcore
import httpx
import pytest

from takedeck import errors, http
from takedeck.hosts import Reach
from takedeck.media.fetch import Fetcher
from tests.media.rig import DATA, download
from tests.media.storage import Storage
from tests.providers.server import Server, reply

TLS = Path(__file__).with_name("tls")
NAME = "storage.test"


class Names:
    """A name service: each name's addresses, changed each time that one is asked for."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


class Outside(httpcore.AsyncNetworkBackend):
    """The internet, as far as a test may go: writes down what is tried, and lets nobody in."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    async def connect_tcp(
        self, host: str, port: int, *_: object, **__: object
    ) -> httpcore.AsyncNetworkStream:
        self.tried.append(host)
        raise httpcore.ConnectError("not from here")


async def get(
    url: str, backend: http.Reaching, tls: ssl.SSLContext | None = None
) -> httpx.Response:
    """Ask for the URL through that backend."""
    context = tls or http.tls_for("http")
    transport = http._CheckedTransport(context, backend)
    target = httpx.URL(url)
    async with http.client(target, context, {}, transport=transport) as client:
        return await client.get(target)


LOCAL = [["127.0.0.1"], ["10.0.0.1", "fe80::1%2"], ["::ffff:192.168.0.1"], ["64:ff9b::7f00:1"]]


@pytest.mark.parametrize("addresses", LOCAL)
async def test_a_name_that_leads_to_local_addresses_only_is_refused(addresses: list[str]) -> None:
    outside = Outside()
    with pytest.raises(errors.UrlRefused, match="local network") as caught:
        await get(
            f"http://{NAME}/", http.Reaching(Reach(), resolve=Names(addresses), inner=outside)
        )
    assert "storage_hosts" in caught.value.next_step
    assert outside.tried == []


async def test_of_several_addresses_only_public_ones_are_tried_and_all_of_them() -> None:
    outside, names = Outside(), Names(["10.0.0.1", "2606:4700::1", "8.8.8.8", "::1"])
    with pytest.raises(httpx.ConnectError):
        await get(f"http://{NAME}/", http.Reaching(Reach(), resolve=names, inner=outside))
    assert outside.tried == ["2606:4700::1", "8.8.8.8"]


async def test_a_name_that_changes_its_address_is_not_asked_twice() -> None:
    outside, names = Outside(), Names(["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(httpx.ConnectError):
        await get(f"http://{NAME}/", http.Reaching(Reach(), resolve=names, inner=outside))
    assert (names.asked, outside.tried) == ([NAME], ["8.8.8.8"])


async def test_an_allowed_host_is_reached_by_its_name() -> None:
    names = Names(["127.0.0.1"])
    with Server(reply(200, b"x")) as server:
        url = f"http://{NAME}:{server.port}/"
        got = await get(url, http.Reaching(Reach(allowed=("*.test",)), resolve=names))
    assert got.status_code == 200
    assert f"http://{server.requests[0].headers['host']}/" == url


@contextmanager
def storage_with_tls() -> Iterator[int]:
    """A server that is `storage.test` by its certificate; its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "storage.pem")
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield int(server.server_port)
        server.shutdown()
        thread.join()


async def test_the_certificate_is_checked_for_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "ca.pem"))
    tls = http.tls_for("https")
    with storage_with_tls() as port:
        for host, answers in ((NAME, True), ("other.test", False)):
            backend = http.Reaching(Reach(allowed=("*.test",)), resolve=Names(["127.0.0.1"]))
            if answers:
                assert (await get(f"https://{host}:{port}/", backend, tls)).status_code == 204
            else:
                with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                    await get(f"https://{host}:{port}/", backend, tls)


async def test_a_download_asks_the_system_and_stays_out(tmp_path: Path) -> None:
    with Storage({"master": DATA}) as storage:
        with pytest.raises(errors.UrlRefused, match="local network"):
            await download(storage, tmp_path, fetcher=Fetcher(reach=Reach()))
        assert storage.server.accepted == 0
        fetched, _ = await download(
            storage, tmp_path, fetcher=Fetcher(reach=Reach(allowed=("127.1",)))
        )
        assert fetched.size == len(DATA)


async def test_a_name_that_nobody_knows_is_a_fault_of_the_network() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(httpx.ConnectError, match="not known"):
        await get(f"http://{NAME}/", http.Reaching(Reach(), resolve=unknown))


async def test_a_proxy_is_given_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        target = httpx.URL("https://storage.test/a")
        tls = http.tls_for("https")
        async with http.client(target, tls, {}, reach=Reach()) as client:
            with pytest.raises(httpx.ProxyError):
                await client.get(target)

    with Server(reply(403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        await ask()
    assert proxy.requests[0].target == "storage.test:443"
