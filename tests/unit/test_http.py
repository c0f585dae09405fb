"""What the environment says of the network: used where it can be, told by its name where not."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import certifi
import httpx
import pytest

from takedeck import http
from takedeck.errors import ConfigError
from tests.providers.server import Server, reply

API = httpx.URL("https://api.test/v1")


def through(monkeypatch: pytest.MonkeyPatch, url: httpx.URL = API, **names: str) -> str | None:
    """The proxy for the URL in an environment of these variables."""
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    proxy = http.proxy_for(url)
    return None if proxy is None else str(proxy.url)


def test_the_proxy_of_the_scheme_counts_before_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert through(monkeypatch) is None
    assert through(monkeypatch, ALL_PROXY="http://a.test:1") == "http://a.test:1"
    assert through(monkeypatch, https_proxy="b.test:2") == "http://b.test:2"
    assert through(monkeypatch, httpx.URL("http://here.localhost")) == "http://a.test:1"
    assert through(monkeypatch, httpx.URL("http://127.0.0.1:9/x")) is None


def test_one_that_is_not_used_may_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"ALL_PROXY": "socks://a.test:1", "HTTP_PROXY": "garbage://x"}
    assert through(monkeypatch, **names, HTTPS_PROXY="http://b.test:2") == "http://b.test:2"
    assert through(monkeypatch, httpx.URL("http://127.0.0.1:9/x")) is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("HTTPS_PROXY", "garbage://PLANTED", "no proxy"),
        ("https_proxy", "http://user:PLANTED@", "no proxy"),
        ("ALL_PROXY", "http://x:PLANTED", "no proxy"),
        ("all_proxy", "http://x:99999", "no proxy"),
        ("ALL_PROXY", "http://[PLANTED", "no proxy"),
        ("ALL_PROXY", "http://a\x7fPLANTED", "no proxy"),
        ("NO_PROXY", "localhost,[::1", "neither"),
        ("no_proxy", "a@b", "neither"),
        ("NO_PROXY", "host:port", "neither"),
        ("NO_PROXY", "a\x7f", "neither"),
        ("NO_PROXY", "\u3002.test/x", "neither"),
    ],
)
def test_a_variable_that_is_wrong_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    with pytest.raises(ConfigError, match=f"{name}.*{says}") as caught:
        through(monkeypatch, **{name: value})
    assert "PLANTED" not in str(caught.value)


def test_a_socks_proxy_needs_its_package_or_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("socksio"):
        assert through(monkeypatch, ALL_PROXY="socks5://a.test:1") == "socks5://a.test:1"
        return
    with pytest.raises(ConfigError, match="ALL_PROXY") as caught:
        through(monkeypatch, ALL_PROXY="socks5://a.test:1")
    assert "takedeck[socks]" in caught.value.next_step


@pytest.mark.parametrize(
    ("url", "entry", "excepted"),
    [
        ("https://api.test", "api.test", True),
        ("https://api.test", "API.test.", True),
        ("https://api.test", ".test", True),
        ("https://api.test", "*.test", True),
        ("https://api.test", "pi.test", False),
        ("https://api.test", "api.test:443", True),
        ("https://api.test", "api.test:8443", False),
        ("https://api.test:8443", "api.test:8443", True),
        ("https://api.test", "api.test:*", True),
        ("https://api.test", "http://api.test", False),
        ("https://api.test", "https://api.test/", True),
        ("https://api.test", "localhost 127.0.0.1,, api.test", True),
        ("https://api.test", "*", True),
        ("https://api.test", "<local>,example.com,%zz,-", False),
        ("https://10.1.2.3", "10.0.0.0/8", True),
        ("https://11.1.2.3", "10.0.0.0/8", False),
        ("https://10.1.2.3", "10.1.2.3", True),
        ("https://[fe80::9]", "fe80::/10", True),
        ("https://[fd00::1]", "fd00::1", True),
        ("https://[fd00::1]:8443", "[fd00::1]:8443", True),
        ("https://[fd00::1]", "::1/128,[::2]", False),
        ("https://b\u00fccher.test", "b\u00fccher.test", True),
        ("https://b\u00fccher.test", "xn--bcher-kva.test", True),
    ],
)
def test_what_no_proxy_excepts(
    monkeypatch: pytest.MonkeyPatch, url: str, entry: str, excepted: bool
) -> None:
    found = through(monkeypatch, httpx.URL(url), ALL_PROXY="http://p.test:1", NO_PROXY=entry)
    assert (found is None) == excepted


async def test_the_proxy_is_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        async with http.client(API, http.tls_for("https"), {}) as client:
            with pytest.raises(httpx.ProxyError):
                await client.get(API)

    with Server(reply(403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        await ask()
    assert [(it.method, it.target) for it in proxy.requests] == [("CONNECT", "api.test:443")]


def test_certificates_that_are_not_there_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty, text = tmp_path / "empty.pem", tmp_path / "text.pem"
    empty.touch()
    text.write_text("-----BEGIN CERTIFICATE-----\nPLANTED\n-----END CERTIFICATE-----\n")
    for named in (tmp_path / "gone.pem", tmp_path, empty, text, "a\0b"[:1] + "/" * 5000):
        monkeypatch.setenv("SSL_CERT_FILE", str(named))
        with pytest.raises(ConfigError, match="SSL_CERT_FILE"):
            http.tls_for("https")
        http.tls_for("http")
    monkeypatch.delenv("SSL_CERT_FILE")
    for named in (tmp_path / "gone", tmp_path, empty):
        monkeypatch.setenv("SSL_CERT_DIR", str(named))
        with pytest.raises(ConfigError, match="SSL_CERT_DIR"):
            http.tls_for("https")


def test_certificates_that_are_there_are_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert http.tls_for("https").cert_store_stats()["x509"] > 50
    pem = Path(certifi.where()).read_text()
    one = re.findall(r"-----BEGIN.*?END CERTIFICATE-----\n", pem, re.DOTALL)[0]
    (tmp_path / "one.pem").write_text(one)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "one.pem"))
    assert http.tls_for("https").cert_store_stats()["x509"] == 1
    monkeypatch.delenv("SSL_CERT_FILE")
    shutil.copy(tmp_path / "one.pem", tmp_path / "0a1b2c3d.0")
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path / 'gone'}:{tmp_path}")
    http.tls_for("https")
