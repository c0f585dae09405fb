"""Which media URLs are followed: https to elsewhere, or to here when the API is here."""

from __future__ import annotations

import pytest

from takedeck.errors import ConfigError
from takedeck.hosts import Reach, is_loopback
from takedeck.providers.origin import checked_base, refused_media_url

HERE = [
    "127.0.0.1", "localhost", "LOCALHOST.", "sub.localhost", "127.1", "127.9.9.9", "2130706433",
    "0x7f.1", "0.0.0.0", "0", "[::]", "[::1]", "[::1%25lo]", "[::ffff:127.0.0.1]",  # noqa: S104
    "127\u30020\u30020\u30021", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
]  # fmt: skip


@pytest.mark.parametrize("host", HERE)
def test_a_distant_api_sends_nobody_to_this_machine(host: str) -> None:
    why = refused_media_url(f"https://{host}:8443/a.mp3", Reach())

    assert why == "its link leads to this machine, where the API is not"


@pytest.mark.parametrize(
    "host",
    ["storage.test", "8.8.8.8", "[2606:4700::1]", "[::ffff:8.8.8.8]", "[64:ff9b::808:808]",
     "localhost.test"],
)  # fmt: skip
def test_https_to_elsewhere_is_followed(host: str) -> None:
    assert refused_media_url(f"https://{host}/a.mp3", Reach()) is None


LOCAL = [
    "10.0.0.1", "10.1", "0x0a000001", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.1.2.3", "198.18.0.1", "203.0.113.7", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "[fc00::1]", "[fd12::1]", "[fe80::1]", "[fe80::1%25eth0]", "[fec0::1]", "[ff0e::1]",
    "[2001:db8::1]", "[::10.0.0.1]", "[::8.8.8.8]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]",
    "[64:ff9b:1::808:808]", "[2002:a00:1::]", "[2002:808:808::]", "[2001:0:808:808::f5ff:fffe]",
]  # fmt: skip


@pytest.mark.parametrize("host", LOCAL)
def test_a_distant_api_sends_nobody_into_a_local_network(host: str) -> None:
    url = f"https://{host}:8443/a.mp3"

    assert "local network" in (refused_media_url(url, Reach()) or "")
    assert refused_media_url(url, Reach(everywhere=True)) is None
    assert refused_media_url(url, Reach(allowed=(host.replace("%25", "%"),))) is None
    assert "not https" in (refused_media_url(url.replace("s:", ":"), Reach(allowed=(host,))) or "")


@pytest.mark.parametrize(
    ("host", "allowed", "fits"),
    [
        ("minio.lan", "minio.lan", True),
        ("MinIO.lan.", "minio.LAN", True),
        ("minio.lan", "*.lan", True),
        ("lan", "*.lan", False),
        ("evil-lan", "*.lan", False),
        ("a.minio.lan", "minio.lan", False),
        ("10.0.0.5", "10.0.0.5", True),
        ("10.5", "10.0.0.5", True),
        ("10.0.0.6", "10.0.0.5", False),
        ("[fd00:0::5]", "fd00::5", True),
        ("b\u00fccher.lan", "xn--bcher-kva.lan", True),
        ("xn--bcher-kva.lan", "b\u00fccher.lan", True),
    ],
)
def test_which_hosts_are_allowed(host: str, allowed: str, fits: bool) -> None:
    assert Reach(allowed=(allowed,)).allows(host) == fits


def test_an_api_at_a_local_address_may_have_its_storage_there() -> None:
    reach = Reach.of("10.0.0.5")
    assert refused_media_url("https://10.0.0.5/a.mp3", reach) is None
    assert refused_media_url("https://10.0.0.6/a.mp3", reach)
    assert refused_media_url("https://127.0.0.1/a.mp3", reach)
    assert not Reach.of("api.test").allows("api.test")
    assert Reach.of("127.0.0.1").everywhere


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost", "[::1]"])
def test_an_api_on_this_machine_may_send_to_it(host: str) -> None:
    assert refused_media_url(f"http://{host}/a.mp3", Reach(everywhere=True)) is None


@pytest.mark.parametrize("host", ["127.1", "[::]", "0", "2130706433", "sub.localhost"])
def test_no_other_spelling_is_trusted_with_plain_http(host: str) -> None:
    assert not is_loopback(host)
    assert refused_media_url(f"http://{host}/a.mp3", Reach(everywhere=True))


@pytest.mark.parametrize("host", ["xn--a", "a.xn--\u00e4", "[v1.a]", ""])
def test_a_host_that_cannot_be_read_is_no_url(host: str) -> None:
    assert refused_media_url(f"https://{host}/a.mp3", Reach()) == "not a link"
    with pytest.raises(ConfigError):
        checked_base(f"https://{host}")
