"""Keys and signed URLs never print themselves, nor does what holds them."""

from __future__ import annotations

import copy
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from takedeck.config import Settings
from takedeck.model import SUCCEEDED, Job, JobsPage, Stem, Track
from takedeck.text import Secret, SignedUrl, Wire

PLANTED = "PLANTED0123456789"
WHEN = datetime(2026, 7, 1, 12, tzinfo=UTC)
URL = SignedUrl(f"https://s.test/a.mp3?sig={PLANTED}", WHEN, WHEN)
WIRE = Wire({"playback_url": f"https://s.test/a.mp3?sig={PLANTED}"})
TRACK = Track("mtrack_1", master=URL, stems=(Stem("drums", URL),), wire=WIRE)
HOLDERS = [
    Secret(PLANTED),
    URL,
    WIRE,
    TRACK,
    Job("mgen_1", SUCCEEDED, tracks=(TRACK,), wire=WIRE),
    JobsPage((), 50, 0, wire=WIRE),
    Settings(key=Secret(PLANTED)),
    {"key": Secret(PLANTED), "url": [URL]},
]
WAYS: list[Callable[[Any], str]] = [
    repr,
    str,
    format,
    "{}".format,
    "{!r:>80}".format,
    lambda it: "%s %r" % (it, it),  # noqa: UP031
    ascii,
    pprint.pformat,
]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda it: type(it).__name__)
@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_printing_shows_it(holder: object, way: Callable[[Any], str]) -> None:
    assert PLANTED not in way(holder)


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda it: type(it).__name__)
@pytest.mark.parametrize("copier", [pickle.dumps, copy.deepcopy])
def test_none_is_pickled_or_copied(holder: object, copier: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as caught:
        copier(holder)
    assert PLANTED not in str(caught.value)


def test_a_traceback_with_locals_does_not_show_it() -> None:
    def fail(key: Secret, url: SignedUrl, settings: Settings) -> None:
        raise RuntimeError(f"{key} {url} {settings}")

    try:
        fail(Secret(PLANTED), URL, Settings(key=Secret(PLANTED)))
    except RuntimeError as error:
        told = "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )
    assert "Secret(•••)" in told
    assert f"Secret({PLANTED}" not in told
    lines = [line for line in told.splitlines() if PLANTED in line]
    assert not lines


def test_a_log_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("any").error("%s %r %s", Secret(PLANTED), URL, WIRE)
    assert PLANTED not in caplog.text
    assert "s.test" in caplog.text


def test_they_give_it_away_when_told_to() -> None:
    assert Secret(PLANTED).reveal() == PLANTED
    assert URL.reveal().endswith(PLANTED)
    assert WIRE.reveal()["playback_url"].endswith(PLANTED)
    assert WIRE.redacted() == {"playback_url": "https://s.test/a.mp3?…"}


def test_a_signed_url_shows_host_and_end() -> None:
    assert str(URL) == "SignedUrl(s.test, until 12:00:00 UTC)"
    assert str(SignedUrl("https://[", WHEN)) == "SignedUrl(?, end unknown)"
    assert str(SignedUrl("https:///a?b", WHEN)) == "SignedUrl(?, end unknown)"
