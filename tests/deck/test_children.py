"""What decodes in a process of its own: it opens nothing, is limited, and outlives nobody."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from takedeck.deck.client import DeckClient
from takedeck.deck.decoding.child import frames_from, words_from
from takedeck.deck.decoding.growing_file import GrowingFile
from takedeck.deck.faults import Closed, DeckFault
from tests.deck.rig import RATE, Rig, noise, spec, write_wav
from tests.deck.test_client import put
from tests.deck.test_decoder import ffmpeg
from tests.deck.test_ffmpeg import whole

DEADLINE = 100.0
DAMAGED = "it is damaged"

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


def until(enough: Callable[[], object], what: str) -> None:
    """Look again and again for what no one tells of. Raises TimeoutError."""
    end, pause = time.monotonic() + DEADLINE, threading.Event()
    while not enough():
        if time.monotonic() > end:
            raise TimeoutError(what)
        pause.wait(0.01)


def alive(pid: int) -> bool:
    """Whether that process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        # The second where it ends between the opening and the reading.
        return False


def children() -> list[int]:
    """The processes that any thread of this one has started."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


def udp_ports() -> set[int]:
    lines = Path("/proc/net/udp").read_text().splitlines()[1:]
    return {int(line.split()[1].rpartition(":")[2], 16) for line in lines}


@pytest.fixture
def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port & ~1


@pytest.fixture
def source(tmp_path: Path) -> Iterator[GrowingFile]:
    (tmp_path / "in").write_bytes(b"x" * 200_000)
    found = whole(tmp_path / "in")
    yield found
    found.release()


@linux
@pytest.mark.parametrize("head", [b"\xff\xf1", b"1234ftyp", b"OggS"])
def test_a_session_description_opens_no_port(
    rig: Rig, tmp_path: Path, free_port: int, head: bytes
) -> None:
    if shutil.which("ffprobe") is None:
        pytest.skip("ffmpeg is not installed")
    path = tmp_path / "sdp.aac"
    path.write_bytes(
        head + b"\nv=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 0.0.0.0\nt=0 0\n"
        b"m=audio %d RTP/AVP 96\na=rtpmap:96 opus/48000/2\n" % free_port
    )
    rig.deck.load("k", [spec(path)], True)
    rig.deck.set_available("sdp", path.stat().st_size, complete=True)
    opened: set[int] = set()

    def decided() -> bool:
        opened.update(udp_ports() & {free_port, free_port + 1})
        return bool(opened) or rig.deck.state().parts[0].complete

    until(decided, "a verdict")
    assert not opened
    assert "ffmpeg cannot decode" in str(rig.deck.state().parts[0].fault)


def test_a_child_has_limits_and_knows_no_secret(
    source: GrowingFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREDDY_API_KEY", "ak_secret")
    tell = (
        "import json, os, resource as r;"
        "print(json.dumps([dict(os.environ),"
        " [r.getrlimit(n)[1] for n in (r.RLIMIT_CPU, r.RLIMIT_AS, r.RLIMIT_FSIZE,"
        " r.RLIMIT_NOFILE, r.RLIMIT_CORE)]]))"
    )
    words = words_from([sys.executable, "-c", tell], source, DAMAGED, most=1 << 16, seconds=20)
    environ, limits = json.loads(words)
    assert "PATH" in environ
    assert "ak_secret" not in environ.values()
    assert "HOME" not in environ
    assert limits == [600, 2 << 30, 320 << 20, 64, 0]


@linux
def test_vorbis_is_decoded_under_the_same_limits(rig: Rig, tmp_path: Path) -> None:
    path = ffmpeg(
        write_wav(tmp_path / "s.wav", noise(RATE)), tmp_path / "a.ogg", "-c:a", "libvorbis"
    )
    rig.deck.load("k", [spec(path)], True)
    rig.deck.set_available("a", path.stat().st_size // 2)

    def limited() -> list[str]:
        texts = []
        for pid in children():
            with suppress(FileNotFoundError, ProcessLookupError):
                texts.append(Path(f"/proc/{pid}/limits").read_text())
        return [text for text in texts if f"{2 << 30}" in text]

    until(limited, "a child with limits")
    pids = children()
    rig.deck.unload()
    until(lambda: not any(map(alive, pids)), "its end")


@pytest.mark.parametrize(
    "code",
    [
        "import signal; signal.pause()",
        "import os; os.close(1); import signal; signal.pause()",
        "import os\nwhile os.read(0, 9): os.write(1, bytes(9000))",
        "raise SystemExit(3)",
    ],
)
def test_one_that_hangs_or_babbles_or_fails_is_ended(source: GrowingFile, code: str) -> None:
    begun = set(children())
    with pytest.raises(DeckFault, match=DAMAGED):
        words_from([sys.executable, "-c", code], source, DAMAGED, most=1 << 16, seconds=1.0)
    assert set(children()) <= begun


def test_one_that_stands_still_is_ended(
    source: GrowingFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("takedeck.deck.decoding.child.STALLED", 0.5)
    code = "import os, signal; os.write(1, bytes(4000)); signal.pause()"
    steps = frames_from([sys.executable, "-c", code], source, DAMAGED)
    assert sum(map(len, [next(steps)])) == 1000
    with pytest.raises(DeckFault, match=DAMAGED):
        next(steps)


def test_one_that_waits_for_the_download_is_left_in_peace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").write_bytes(b"abcd" * 1000)
    source = GrowingFile(tmp_path / "in")
    source.set_available(400)
    code = "import os\nwhile data := os.read(0, 9999): os.write(1, data)"
    steps = frames_from([sys.executable, "-c", code], source, DAMAGED)
    # Only now, when it has started: that takes a busy machine longer.
    first = next(steps)
    monkeypatch.setattr("takedeck.deck.decoding.child.STALLED", 1.0)
    later = threading.Timer(2.0, source.set_available, (4000, True))
    later.start()
    assert len(first) + sum(len(step) for step in steps) == 1000
    later.join()
    source.release()


def test_one_whose_part_is_unloaded_is_ended_though_it_hangs(source: GrowingFile) -> None:
    begun = set(children())
    code = "import signal; signal.pause()"
    steps = frames_from([sys.executable, "-c", code], source, DAMAGED)
    threading.Timer(0.3, source.close).start()
    with pytest.raises(Closed):
        next(steps)
    assert set(children()) <= begun


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ffprobe that finds sound, and an ffmpeg that hangs; the file that has its process id."""
    folder, pid = tmp_path / "bin", tmp_path / "pid"
    folder.mkdir()
    probe = '{"streams": [{"sample_rate": "44100", "channels": 2}]}'
    (folder / "ffprobe").write_text(f"#!/bin/sh\necho '{probe}'\n")
    (folder / "ffmpeg").write_text(
        f"#!{sys.executable}\nimport os, signal\n"
        f"open({str(pid)!r} + '~', 'w').write(str(os.getpid()))\n"
        f"os.rename({str(pid)!r} + '~', {str(pid)!r})\nsignal.pause()\n"
    )
    for program in folder.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return pid


@linux
@pytest.mark.parametrize("end", ["unload", "kill", "close"])
async def test_it_outlives_neither_its_part_nor_the_deck(
    hanging: Path, tmp_path: Path, end: str
) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes(b"1234ftyp" + bytes(1000))

    async def scene() -> int:
        deck = DeckClient()
        await deck.start("null")
        try:
            put(deck, spec(path, "a", "master"))
            await asyncio.to_thread(until, hanging.exists, "ffmpeg's start")
            pid = int(await asyncio.to_thread(hanging.read_text))
            assert alive(pid)
            if end == "kill":
                assert deck.pid is not None
                os.kill(deck.pid, signal.SIGKILL)
            elif end == "unload":
                deck.unload()
            if end != "close":
                await asyncio.to_thread(until, lambda: not alive(pid), "ffmpeg's end")
        finally:
            await deck.close()
        return pid

    pid = await scene()
    until(lambda: not alive(pid), "ffmpeg's end")
