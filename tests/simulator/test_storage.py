"""The storage: signatures, expiry, ranges, growing files, broken connections."""

from __future__ import annotations

import gc
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx
import miniaudio
import numpy as np
import pytest
from starlette.requests import Request

from takedeck.simulator.clock import ManualClock
from takedeck.simulator.service import Simulator
from takedeck.simulator.songs.catalogue import SONGS, Song
from takedeck.simulator.storage import Storage
from takedeck.simulator.vault import Growing, Vault
from tests.simulator.conftest import START, Caller, calling


@pytest.fixture
def url(shared: Caller) -> str:
    """A fresh URL of the waltz's master."""
    return str(shared.track(shared.add("waltz"))["playback_url"])


@pytest.fixture(scope="session")
def waltz(shared: Caller) -> bytes:
    """The waltz's whole master, as served."""
    url = shared.track(shared.add("waltz"))["playback_url"]
    return httpx.get(url).raise_for_status().content


def test_the_master_is_an_mp3_of_the_length_that_was_said(
    shared: Caller, url: str, waltz: bytes
) -> None:
    answer = httpx.get(url)
    assert answer.content == waltz
    assert answer.headers["content-type"] == "audio/mpeg"
    assert int(answer.headers["content-length"]) == len(waltz)
    decoded = miniaudio.decode(waltz)
    assert (decoded.sample_rate, decoded.nchannels) == (44_100, 2)
    track = shared.track(shared.add("waltz"))
    assert decoded.num_frames == round(track["measured_duration_seconds"] * 44_100)
    sound = np.frombuffer(decoded.samples, dtype=np.int16).reshape(-1, 2) / 32_768
    seconds = sound[: 44_100 * 60].reshape(60, -1, 2)
    loudness = 20 * np.log10(np.sqrt((seconds**2).mean(axis=(1, 2))))
    assert loudness.min() > -30
    assert np.abs(sound).max() < 0.99


def test_a_url_opens_until_it_expires(empty: Caller) -> None:
    url = empty.track(empty.add("waltz"))["playback_url"]
    empty.clock.advance(59.5)
    assert httpx.head(url).status_code == 200
    empty.clock.advance(0.5)
    refused = httpx.get(url)
    assert refused.status_code == 403
    assert "<Code>AccessDenied</Code>" in refused.text
    assert "expired" in refused.text


def test_a_url_that_was_tampered_with_opens_nothing(url: str) -> None:
    parts = urlsplit(url)
    plain = f"{parts.scheme}://{parts.netloc}{parts.path}"
    exp, sig = (pair.split("=")[1] for pair in parts.query.split("&"))
    other = "0" if sig[0] != "0" else "1"
    for query in (
        "", f"exp={exp}", f"sig={sig}", f"exp={int(exp) + 9}&sig={sig}", f"exp=&sig={sig}",
        f"exp={exp}&sig={other}{sig[1:]}", f"exp=-1&sig={sig}", f"exp={'9' * 400}&sig={sig}",
        f"exp={exp}&sig=%C3%A9", f"exp=%D9%A3&sig={sig}",
    ):  # fmt: skip
        assert httpx.get(f"{plain}?{query}").status_code == 403, query
    stem = plain.replace(".mp3", "_drums.mp3")
    assert httpx.get(f"{stem}?{parts.query}").status_code == 403


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("0-0", 0, 1),
        ("100-199", 100, 200),
        ("1000-", 1000, None),
        ("-500", -500, None),
        ("0-99999999", 0, None),
        ("-99999999", 0, None),
    ],
)
def test_a_range_is_served_exactly(
    url: str, waltz: bytes, asked: str, start: int, stop: int | None
) -> None:
    answer = httpx.get(url, headers={"Range": f"bytes={asked}"})
    expected = waltz[start:stop]
    first = len(waltz) + start if start < 0 else start
    assert answer.status_code == 206
    assert answer.content == expected
    span = f"bytes {first}-{first + len(expected) - 1}/{len(waltz)}"
    assert answer.headers["content-range"] == span


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_range_outside_is_not_satisfiable(url: str, waltz: bytes, asked: str) -> None:
    answer = httpx.get(url, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(waltz)}"


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=-", "bytes=0-1,3-4", "lines=1-2", "x"])
def test_a_range_that_is_none_gets_the_whole(url: str, waltz: bytes, asked: str) -> None:
    with httpx.stream("GET", url, headers={"Range": asked}) as answer:
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) == len(waltz)


def test_if_range_goes_by_the_strong_etag(url: str) -> None:
    etag = httpx.head(url).headers["etag"]
    assert etag.startswith('"')
    for value, status in ((etag, 206), ('"other"', 200), (f"W/{etag}", 200)):
        headers = {"Range": "bytes=0-9", "If-Range": value}
        with httpx.stream("GET", url, headers=headers) as answer:
            assert answer.status_code == status
    assert httpx.get(url, headers={"If-None-Match": etag}).status_code == 304


def test_head_tells_all_and_sends_nothing(url: str, waltz: bytes) -> None:
    answer = httpx.head(url, headers={"Range": "bytes=0-9"})
    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer.headers["content-length"]) == len(waltz)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["date"] == "Sun, 28 Jun 2026 10:30:00 GMT"


def test_what_is_not_there_is_not_found(shared: Caller) -> None:
    plan = shared.add("waltz", has_stems=False)
    for name in ("mtrack_0.mp3", f"{plan.track_id}_drums.mp3", f"{plan.track_id}.wav", "..%2Fx"):
        path = f"/music/{name}"
        signed = shared.sim.signed_url(path)
        assert httpx.get(signed).status_code in {403, 404}, name
    assert httpx.get(f"{shared.sim.storage_url}/").status_code == 404
    assert httpx.post(f"{shared.sim.storage_url}/music/x").status_code == 405


def test_the_wav_song_is_the_exact_sum_of_its_stems(shared: Caller) -> None:
    track = shared.track(shared.add("bossa"))
    with ThreadPoolExecutor() as pool:
        files = list(pool.map(httpx.get, [track["playback_url"], *track["stem_urls"].values()]))
    assert {f.headers["content-type"] for f in files} == {"audio/wav"}
    assert urlsplit(track["playback_url"]).path.endswith(".wav")
    master, *stems = (
        np.frombuffer(miniaudio.decode(f.content).samples, dtype=np.int16).astype(int)
        for f in files
    )
    assert len(master) == 2 * SONGS["bossa"].frames
    assert np.abs(master).max() > 8_000
    assert not np.any(master - sum(stems))


@pytest.mark.trial
def test_a_part_can_be_read_while_it_is_made(tmp_path: Path, waltz: bytes) -> None:
    clock = ManualClock(START)
    for caller in calling(Simulator(cache=tmp_path, clock=clock, scenario="empty"), clock):
        url = caller.track(caller.add("waltz"))["playback_url"]
        with ThreadPoolExecutor() as pool:
            end = pool.submit(httpx.get, url, headers={"Range": "bytes=-1000"}, timeout=60)
            with httpx.stream("GET", url) as answer:
                first = next(answer.iter_raw())
                # The last bytes are asked for, and not made while the first ones are served.
                assert not list(tmp_path.glob("*.mp3"))
                assert caller.get("/generations").status_code == 200
            assert waltz.startswith(first)
            assert end.result().content == waltz[-1000:]
        assert [path.suffix for path in tmp_path.iterdir()] == [".mp3"]
        assert httpx.get(url).content == waltz


def test_a_simulator_that_stops_leaves_nothing_half_made(tmp_path: Path) -> None:
    clock = ManualClock(START)
    before = threading.active_count()
    with httpx.Client() as listener:
        for caller in calling(Simulator(cache=tmp_path, clock=clock, scenario="empty"), clock):
            url = caller.track(caller.add("dnb"))["playback_url"]
            request = listener.build_request("GET", url)
            answer = listener.send(request, stream=True)
            next(answer.iter_raw())
        answer.close()
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == before


def test_a_file_cut_short_is_made_again(tmp_path: Path) -> None:
    clock = ManualClock(START)
    for caller in calling(Simulator(cache=tmp_path, clock=clock, scenario="empty"), clock):
        url = caller.track(caller.add("bossa"))["stem_urls"]["bass"]
        whole = httpx.get(url).content
        (file,) = tmp_path.iterdir()
        file.write_bytes(whole[:1000])
        assert httpx.get(url).content == whole


@pytest.mark.trial
def test_two_simulators_share_the_folder(tmp_path: Path) -> None:
    clock = ManualClock(START)
    for one in calling(Simulator(cache=tmp_path, clock=clock, scenario="empty"), clock):
        for two in calling(Simulator(cache=tmp_path, clock=clock, scenario="empty"), clock):
            urls = [c.track(c.add("bossa"))["stem_urls"]["lead"] for c in (one, two)]
            with ThreadPoolExecutor() as pool:
                first, second = pool.map(httpx.get, urls)
            assert first.content == second.content
            assert len(list(tmp_path.iterdir())) == 1


def test_weather_slows_cuts_and_breaks(empty: Caller) -> None:
    track = empty.track(empty.add("waltz"))
    empty.sim.weather.broken.add("drums")
    assert httpx.get(track["stem_urls"]["drums"]).status_code == 503
    empty.sim.weather.rate, empty.sim.weather.cut_after = 4e6, 50_000
    got = bytearray()
    with (
        httpx.stream("GET", track["playback_url"]) as answer,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        got.extend(itertools.chain.from_iterable(answer.iter_raw()))
    assert len(got) <= 50_000


def test_a_body_that_is_never_begun_lets_go_of_its_file(url: str, shared: Caller) -> None:
    sim = shared.sim
    storage = Storage(sim.clock, sim.jobs, sim.takes, sim._signer, sim._vault, sim.weather)
    name = urlsplit(url).path.rpartition("/")[2]
    found = storage._find(name)
    assert found is not None
    scope = {"type": "http", "method": "GET", "path": f"/music/{name}", "headers": []}
    files: list[BinaryIO] = []
    open_part = Vault.open

    def noted(vault: Vault, song: Song, part: str) -> tuple[BinaryIO, Growing | None]:
        file, growing = open_part(vault, song, part)
        files.append(file)
        return file, growing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Vault, "open", noted)
        answer = storage._part(Request(scope), *found)
    del answer
    gc.collect()
    assert [file.closed for file in files] == [True]
