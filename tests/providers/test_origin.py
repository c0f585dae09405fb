"""Which media URLs are followed: https to elsewhere, or to here when the API is here."""

from __future__ import annotations

import pytest

from takedeck.errors import ConfigError
from takedeck.hosts import is_loopback
from takedeck.providers.origin import checked_base, refused_media_url

HERE = [
    "127.0.0.1", "localhost", "LOCALHOST.", "sub.localhost", "127.1", "127.9.9.9", "2130706433",
    "0x7f.1", "0.0.0.0", "0", "[::]", "[::1]", "[::1%25lo]", "[::ffff:127.0.0.1]",  # noqa: S104
    "127\u30020\u30020\u30021",
]  # fmt: skip


@pytest.mark.parametrize("host", HERE)
def test_a_distant_api_sends_nobody_to_this_machine(host: str) -> None:
    why = refused_media_url(f"https://{host}:8443/a.mp3", loopback=False)

    assert why == "its URL leads to this machine, where the API is not"


@pytest.mark.parametrize("host", ["storage.test", "203.0.113.7", "[2001:db8::1]", "localhost.test"])
def test_https_to_elsewhere_is_followed(host: str) -> None:
    assert refused_media_url(f"https://{host}/a.mp3", loopback=False) is None


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost", "[::1]"])
def test_an_api_on_this_machine_may_send_to_it(host: str) -> None:
    assert refused_media_url(f"http://{host}/a.mp3", loopback=True) is None


@pytest.mark.parametrize("host", ["127.1", "[::]", "0", "2130706433", "sub.localhost"])
def test_no_other_spelling_is_trusted_with_plain_http(host: str) -> None:
    assert not is_loopback(host)
    assert refused_media_url(f"http://{host}/a.mp3", loopback=True)


@pytest.mark.parametrize("host", ["xn--a", "a.xn--\u00e4", "[v1.a]", ""])
def test_a_host_that_cannot_be_read_is_no_url(host: str) -> None:
    assert refused_media_url(f"https://{host}/a.mp3", loopback=False) == "not a URL"
    with pytest.raises(ConfigError):
        checked_base(f"https://{host}")
