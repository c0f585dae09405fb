"""Files to frames: formats, alignment, files that grow, files that are broken."""

from __future__ import annotations

import random
import shutil
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedeck.deck.decoding.probe import ENCODER_DELAY, probe
from takedeck.deck.faults import NotAudio
from takedeck.deck.state import PartSpec
from tests.deck.rig import (
    DEADLINE,
    RAMP,
    RATE,
    Block,
    Rig,
    counter,
    mp3,
    noise,
    spec,
    tone,
    write_wav,
)


def ffmpeg(source: Path, target: Path, *options: str) -> Path:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(source), *options, str(target)]
    subprocess.run(command, check=True)
    return target


def decoded(rig: Rig, part: PartSpec) -> Block:
    """All frames of a part, through the offline path of the deck's mixer."""
    rig.load(part, play=False)
    pcm = rig.deck._mixer.parts[0].pcm
    return np.concatenate([pcm.read(at, 1 << 20) for at in range(0, pcm.count, 1 << 20)])


def lag(heard: Block, source: Block) -> int:
    """By how many frames `heard` is late, from the peak of the cross-correlation."""
    size = 1 << 17
    a, b = (np.fft.rfft(x[:size, 0].astype(float), 2 * size) for x in (heard, source))
    at = int(np.argmax(np.fft.irfft(a * b.conj())))
    return at if at < size else at - 2 * size


def test_mp3_without_header_is_aligned(rig: Rig, tmp_path: Path) -> None:
    source = noise(4 * RATE)
    (tmp_path / "a.mp3").write_bytes(mp3(source))
    heard = decoded(rig, spec(tmp_path / "a.mp3"))
    assert lag(heard, source) == 0
    assert 0 <= len(heard) - len(source) <= 1152
    error = heard[: len(source)].astype(float) - source
    assert np.std(error) < np.std(source) / 10


def test_told_its_length_the_padding_goes_too(rig: Rig, tmp_path: Path) -> None:
    source = noise(2 * RATE + 77)
    (tmp_path / "a.mp3").write_bytes(mp3(source))
    size = (tmp_path / "a.mp3").stat().st_size
    told = PartSpec("a", tmp_path / "a.mp3", "stem", size, seconds=len(source) / RATE)
    assert len(decoded(rig, told)) == len(source)


def test_a_length_that_is_far_off_is_not_believed(rig: Rig, tmp_path: Path) -> None:
    source = noise(2 * RATE)
    (tmp_path / "a.mp3").write_bytes(mp3(source))
    told = PartSpec("a", tmp_path / "a.mp3", "stem", seconds=1.0)
    assert len(decoded(rig, told)) >= len(source)


@pytest.mark.parametrize("options", [["-b:a", "192k"], ["-q:a", "2"], ["-b:a", "96k", "-ac", "1"]])
def test_mp3_with_header_is_exact(rig: Rig, tmp_path: Path, options: list[str]) -> None:
    source = noise(3 * RATE + 5)
    path = ffmpeg(write_wav(tmp_path / "s.wav", source), tmp_path / "a.mp3", *options)
    heard = decoded(rig, spec(path))
    assert len(heard) == len(source)
    assert lag(heard, source) == 0


@pytest.mark.parametrize("name", ["a.flac", "a.ogg"])
def test_other_formats_are_exact_in_length(rig: Rig, tmp_path: Path, name: str) -> None:
    source = noise(2 * RATE + 5)
    path = ffmpeg(write_wav(tmp_path / "s.wav", source), tmp_path / name)
    heard = decoded(rig, spec(path))
    assert len(heard) == len(source)
    assert lag(heard, source) == 0


def test_damaged_vorbis_is_a_message_on_its_part(rig: Rig, tmp_path: Path) -> None:
    path = ffmpeg(write_wav(tmp_path / "s.wav", noise(RATE)), tmp_path / "a.ogg")
    data = bytearray(path.read_bytes())
    data[120:4000] = bytes(3880)
    path.write_bytes(data)
    rig.load(spec(path))
    assert "damaged" in str(rig.deck.state().parts[0].fault)


def test_unloading_vorbis_ends_its_process(rig: Rig, tmp_path: Path) -> None:
    path = ffmpeg(write_wav(tmp_path / "s.wav", noise(2 * RATE)), tmp_path / "a.ogg")
    rig.deck.load("half", [PartSpec("a", path, "stem", path.stat().st_size)], False)
    rig.deck.set_available("a", 20_000)
    rig.until(lambda state: state.key == "half")
    decoder = next(t for t in threading.enumerate() if t.name == "decode-a")
    rig.deck.unload()
    decoder.join(DEADLINE)
    assert not decoder.is_alive()
    assert not [t for t in threading.enumerate() if t.name == "feed-apart"]


@pytest.mark.parametrize(
    ("name", "codec"), [("a.m4a", "aac"), ("a.opus", "libopus"), ("a.aac", "aac")]
)
def test_what_only_ffmpeg_knows(rig: Rig, tmp_path: Path, name: str, codec: str) -> None:
    source = noise(2 * RATE + 5)
    path = ffmpeg(write_wav(tmp_path / "s.wav", source), tmp_path / name, "-c:a", codec)
    heard = decoded(rig, spec(path))
    part = rig.deck.state().parts[0]
    assert part.fault is None
    assert part.rate == (48_000 if codec == "libopus" else RATE)
    assert abs(len(heard) / rig.deck.state().rate - len(source) / RATE) < 0.06
    if name == "a.m4a":
        assert lag(heard, source) == 0


def test_without_ffmpeg_it_is_asked_for(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(200))
    rig.load(spec(tmp_path / "a.m4a"))
    assert "needs ffmpeg" in str(rig.deck.state().parts[0].fault)


def test_a_playlist_in_disguise_opens_nothing(rig: Rig, tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    write_wav(tmp_path / "secret.wav", counter(RATE))
    body = b"\0\0\0\x20ftyp#EXTM3U\n#EXTINF:1,\n" + str(tmp_path / "secret.wav").encode()
    (tmp_path / "a.m4a").write_bytes(body)
    rig.load(spec(tmp_path / "a.m4a"))
    part = rig.deck.state().parts[0]
    assert (part.decoded, part.fault) == (
        0,
        "ffmpeg cannot decode the file: it is damaged or not audio.",
    )


def test_mono_sounds_on_both_sides(rig: Rig, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "mono.wav", counter(5000)[:, :1])
    heard = decoded(rig, spec(path))
    assert (heard == counter(5000)[:, :1]).all()


def test_parts_of_another_rate_line_up(rig: Rig, tmp_path: Path) -> None:
    pytest.importorskip("soxr", reason="soxr is not installed")
    master = write_wav(tmp_path / "m.wav", tone(2 * RATE, 1000.0))
    stem = write_wav(tmp_path / "s.wav", tone(2 * 48_000, 1000.0, rate=48_000), 48_000)
    rig.deck.load("k", [spec(master, "m", "master"), spec(stem, "s")], True)
    rig.deck.set_available("m", master.stat().st_size, complete=True)
    rig.until(lambda s: s.parts[0].complete)
    rig.deck.set_available("s", stem.stat().st_size, complete=True)
    state = rig.until(lambda s: s.parts[1].complete)
    assert (state.rate, state.parts[1].rate) == (RATE, 48_000)
    assert abs(state.parts[1].decoded - 2 * RATE) <= 1
    rig.settled()
    rig.deck.select("stems")
    heard = rig.pull(RATE)[2000:].astype(float)
    assert np.abs(heard - tone(RATE, 1000.0)[2000:]).max() < 40


def feed(
    rig: Rig, name: str, path: Path, whole: bytes, step: int, until: int | None = None
) -> None:
    """Grow the file behind a part, from where it ends, in steps."""
    limit = len(whole) if until is None else until
    with path.open("ab") as file:
        for at in range(file.tell(), limit, step):
            file.write(whole[at : min(at + step, limit)])
            file.flush()
            rig.deck.set_available(name, file.tell(), complete=file.tell() == len(whole))


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "ogg"])
def test_a_growing_file_decodes_like_a_whole_one(rig: Rig, tmp_path: Path, kind: str) -> None:
    source = noise(2 * RATE)
    plain = write_wav(tmp_path / "s.wav", source)
    if kind == "mp3":
        (tmp_path / "s.mp3").write_bytes(mp3(source))
    elif kind != "wav":
        ffmpeg(plain, tmp_path / f"s.{kind}")
    path = tmp_path / f"s.{kind}"
    whole = decoded(rig, spec(path)).copy()
    part = PartSpec("g", tmp_path / "growing", "stem", path.stat().st_size)
    rig.deck.load("grow", [part], False)
    feeder = threading.Thread(target=feed, args=(rig, "g", part.path, path.read_bytes(), 1999))
    feeder.start()
    rig.until(lambda s: s.key == "grow" and s.parts[0].complete)
    feeder.join()
    pcm = rig.deck._mixer.parts[0].pcm
    assert rig.deck.state().parts[0].fault is None
    assert (pcm.read(0, len(whole)) == whole).all()
    assert pcm.count == len(whole)


def test_decoding_goes_on_while_the_output_mixes(rig: Rig, tmp_path: Path) -> None:
    whole = write_wav(tmp_path / "whole.wav", counter(3 * RATE)).read_bytes()
    part = PartSpec("g", tmp_path / "growing", "stem", len(whole))
    rig.deck.load("grow", [part], True)
    feed(rig, "g", part.path, whole, 5000, until=44 + RATE * 4)
    rig.until(lambda s: s.parts[0].decoded >= RATE - 4410)
    decoding = rig.deck._mixer.parts[0]
    # Held as long as the output takes to mix, here for as long as it takes to decode.
    with rig.deck._lock:
        with part.path.open("ab") as file:
            file.write(whole[file.tell() :])
        decoding.source.set_available(len(whole), True, None)
        waited, until = threading.Event(), time.monotonic() + DEADLINE
        while decoding.pcm.count < 3 * RATE and time.monotonic() < until:
            waited.wait(0.005)
        assert decoding.pcm.count == 3 * RATE


def test_a_stall_buffers_and_goes_on_with_the_next_frame(rig: Rig, tmp_path: Path) -> None:
    whole = write_wav(tmp_path / "whole.wav", counter(3 * RATE)).read_bytes()
    part = PartSpec("g", tmp_path / "growing", "stem", len(whole))
    rig.deck.load("grow", [part], True)
    assert rig.deck.state().transport == "loading"
    feed(rig, "g", part.path, whole, 5000, until=44 + RATE * 4)
    rig.until(lambda s: s.parts[0].decoded >= RATE - 4410)
    rig.settled()
    heard = rig.pull(2 * RATE)
    assert rig.deck.state().transport == "buffering"
    sounded = int(np.flatnonzero(heard.any(axis=1))[-1]) + 1
    at = round(rig.deck.state().position * RATE)
    assert at - RAMP <= sounded <= at <= RATE
    assert (heard[RAMP : at - RAMP] == counter(at)[RAMP : at - RAMP]).all()
    part.path.rename(tmp_path / "moved")
    feed(rig, "g", tmp_path / "moved", whole, 50_000)
    rig.until(lambda s: s.parts[0].complete)
    assert (rig.pull(5000)[RAMP:] == counter(5000, at)[RAMP:]).all()
    assert rig.deck.state().transport == "playing"


def test_seeking_ahead_of_the_download_waits_for_it(rig: Rig, tmp_path: Path) -> None:
    whole = write_wav(tmp_path / "whole.wav", counter(3 * RATE)).read_bytes()
    part = PartSpec("g", tmp_path / "growing", "stem", len(whole))
    rig.deck.load("grow", [part], True)
    feed(rig, "g", part.path, whole, 50_000, until=len(whole) // 2)
    rig.until(lambda s: s.parts[0].decoded > RATE)
    rig.settled()
    rig.pull(1000)
    rig.deck.seek(2.5)
    assert not rig.pull(5000)[RAMP:].any()
    assert rig.deck.state().transport == "buffering"
    feed(rig, "g", part.path, whole, 50_000)
    rig.until(lambda s: s.parts[0].complete)
    assert (rig.pull(2000)[RAMP:] == counter(2000, 5 * RATE // 2)[RAMP:]).all()


def test_a_broken_part_is_marked_and_the_others_play_on(rig: Rig, tmp_path: Path) -> None:
    good = write_wav(tmp_path / "good.wav", counter(RATE))
    (tmp_path / "bad.mp3").write_bytes(b"<html>Access denied</html>" * 99)
    (tmp_path / "empty.mp3").write_bytes(b"")
    rig.load(spec(good), spec(tmp_path / "bad.mp3"), spec(tmp_path / "empty.mp3"))
    assert (rig.pull(2000)[RAMP:] == counter(2000)[RAMP:]).all()
    faults = [part.fault for part in rig.deck.state().parts]
    assert faults[0] is None
    assert "not audio" in str(faults[1])
    assert "empty" in str(faults[2])


def test_nothing_to_hear_stops_with_the_fault(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "bad.mp3").write_bytes(b"nothing" * 99)
    rig.load(spec(tmp_path / "bad.mp3"))
    state = rig.until(lambda s: s.transport == "stopped")
    assert state.parts[0].fault is not None


def test_a_failed_download_keeps_what_came(rig: Rig, tmp_path: Path) -> None:
    whole = write_wav(tmp_path / "whole.wav", counter(RATE)).read_bytes()
    part = PartSpec("g", tmp_path / "growing", "stem", len(whole))
    rig.deck.load("grow", [part], True)
    feed(rig, "g", part.path, whole, 50_000, until=44 + 20_000 * 4)
    rig.deck.set_available("g", 0, fault="The storage refused the URL.")
    state = rig.until(lambda s: s.parts[0].complete)
    assert state.parts[0].fault == "The storage refused the URL."
    rig.settled()
    assert (rig.pull(20_000)[RAMP:] == counter(20_000)[RAMP:]).all()


def test_a_file_that_ends_early_says_so(rig: Rig, tmp_path: Path) -> None:
    whole = write_wav(tmp_path / "whole.wav", counter(4 * RATE)).read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 4])
    rig.load(spec(tmp_path / "cut.wav"))
    assert rig.deck.state().parts[0].fault == "The file ends 3 s early. Fetch it again."
    assert rig.deck.state().parts[0].decoded == RATE - 9


def test_length_is_guessed_from_the_bit_rate(rig: Rig, tmp_path: Path) -> None:
    whole = mp3(noise(5 * RATE))
    part = PartSpec("g", tmp_path / "growing", "stem", len(whole))
    rig.deck.load("grow", [part], False)
    feed(rig, "g", part.path, whole, 4096, until=40_000)
    state = rig.until(lambda s: s.parts[0].frames is not None)
    assert state.parts[0].estimated
    assert state.duration == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize("fault", [None, "The storage refused the URL."])
def test_late_news_of_the_track_before_is_passed_over(
    rig: Rig, tmp_path: Path, fault: str | None
) -> None:
    whole = write_wav(tmp_path / "a.wav", counter(RATE)).read_bytes()
    path = tmp_path / "growing.wav"
    path.write_bytes(whole[: 44 + 4 * 1000])
    rig.deck.load("new", [PartSpec("m", path, "stem", len(whole))], False)
    rig.deck.set_available("m", len(whole), complete=True, fault=fault, key="old")
    rig.deck.set_available("m", 44 + 4 * 1000, key="new")
    rig.until(lambda s: s.parts[0].frames is not None)
    # Had the old news counted, there would be no more to wait for, and this came too late.
    with path.open("ab") as file:
        file.write(whole[44 + 4 * 1000 :])
    rig.deck.set_available("m", len(whole), complete=True, key="new")
    part = rig.until(lambda s: s.parts[0].complete).parts[0]
    assert (part.decoded, part.fault) == (RATE, None)


def test_a_decoder_that_fails_unforeseen_costs_its_part_only(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    good = write_wav(tmp_path / "good.wav", counter(RATE))
    (tmp_path / "bad.mp3").write_bytes(mp3(noise(RATE)))
    bad = spec(tmp_path / "bad.mp3")
    rig.load(spec(good), replace(bad, seconds="not a number"))  # type: ignore[arg-type]
    assert (rig.pull(2000)[RAMP:] == counter(2000)[RAMP:]).all()
    assert "decoder failed" in str(rig.deck.state().parts[1].fault)


def test_unloading_leaves_no_thread(rig: Rig, tmp_path: Path) -> None:
    before = threading.active_count()
    for i in range(20):
        rig.deck.load(f"t{i}", [PartSpec("g", tmp_path / "never", "stem", 1000)], True)
    decoder = rig.deck._decoders["g"]
    rig.deck.unload()
    assert decoder.join(10.0)
    others = [thread for thread in threading.enumerate() if thread.name.startswith("decode-")]
    for thread in others:
        thread.join(10.0)
    assert threading.active_count() == before


def test_tracks_leave_no_file_open(rig: Rig, tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("no /proc on this system")
    paths = [spec(write_wav(tmp_path / f"{i}.wav", counter(RATE))) for i in range(3)]

    def open_after(tracks: int) -> int:
        for _ in range(tracks):
            rig.load(*paths)
            rig.pull(500)
        decoders = list(rig.deck._decoders.values())
        rig.deck.unload()
        assert all(decoder.join(10.0) for decoder in decoders)
        del decoders
        return len(list(descriptors.iterdir()))

    assert open_after(20) <= open_after(1)


def test_garbage_in_the_middle_of_an_mp3_does_no_harm(rig: Rig, tmp_path: Path) -> None:
    whole = bytearray(mp3(noise(3 * RATE)))
    rng = random.Random(3)
    for _ in range(2000):
        whole[rng.randrange(2000, len(whole))] = rng.randrange(256)
    (tmp_path / "a.mp3").write_bytes(whole)
    rig.load(spec(tmp_path / "a.mp3"))
    assert rig.deck.state().parts[0].decoded > RATE


@pytest.mark.parametrize("size", [0, 200, 70_000, 3_000_000])
def test_a_picture_in_front_of_an_mp3_is_passed_over(size: int) -> None:
    sound = mp3(noise(RATE // 4))
    tag = b"ID3\x04\0\0" + bytes(size >> bits & 0x7F for bits in (21, 14, 7, 0)) + bytes(size)
    raw = tag + sound
    found = probe(lambda offset, wanted: raw[offset : offset + wanted])
    assert found == replace(probe(lambda at, wanted: sound[at : at + wanted]), start=len(tag))


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"RIFF0000WAVE", b"fLaC", b"OggS", b"ID3", b"\xff\xfb\x90"]),
)
def test_no_head_of_a_file_breaks_the_probe(body: bytes, magic: bytes) -> None:
    raw = magic + body

    def peek(offset: int, size: int) -> bytes:
        return raw[offset : offset + size]

    try:
        found = probe(peek)
    except NotAudio:
        return
    assert found.skip in (0, ENCODER_DELAY)
    assert found.kind == "foreign" or 1000 <= found.rate <= 384_000
