"""The cache on a real disk: bounds, sharing, leftovers, and processes killed at random."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from takedeck import errors
from takedeck.media.cache import Cache, PartKey
from takedeck.media.partial_file import PartialFile


def key(part: str = "master", track: str = "t1") -> PartKey:
    return PartKey("aitronos|org_1|api.test", track, part)


def put(cache: Cache, data: bytes, part: str = "master") -> Path:
    with cache.begin(key(part)) as growing:
        growing.write(data)
        return cache.finish(growing)


def test_a_finished_part_is_found(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "deep" / "cache")
    assert cache.find(key()) is None
    path = put(cache, b"abc")
    assert path.read_bytes() == b"abc"
    assert Cache(cache.folder).find(key()) == path
    assert cache.usage() == (3, 1)
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    cache.clear()
    assert cache.find(key()) is None


def test_no_two_parts_share_a_name() -> None:
    keys = [key("a"), key("b"), PartKey("a", "b", "c"), PartKey("ab", "", "c"),
            PartKey("a", "bc", ""), key("../../etc/passwd"), key("\ud800")]  # fmt: skip
    assert len({one.name for one in keys}) == len(keys)
    assert all(one.name.isalnum() and len(one.name) == 64 for one in keys)


def test_an_unfinished_part_is_never_found_and_leaves_nothing(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    with cache.begin(key()) as one, cache.begin(key()) as other:
        one.write(b"half")
        assert one.path != other.path
        assert cache.find(key()) is None
    assert not list(tmp_path.iterdir())


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=250)
    for number, part in enumerate("abc"):
        os.utime(put(Cache(tmp_path), b"x" * 100, part), (number, number))
    assert cache.find(key("a"))
    put(cache, b"x" * 100, "d")
    assert [part for part in "abcd" if cache.find(key(part))] == ["a", "d"]


def test_a_part_larger_than_the_cache_is_kept_while_it_is_the_newest(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=10)
    put(cache, b"x" * 5, "a")
    path = put(cache, b"x" * 100, "b")
    assert path.exists()
    assert cache.usage() == (100, 1)


def test_a_part_that_is_evicted_while_it_is_read_stays_readable(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=100)
    with put(cache, b"a" * 100, "a").open("rb") as file:
        put(cache, b"b" * 100, "b")
        assert cache.find(key("a")) is None
        assert file.read() == b"a" * 100


def test_what_a_killed_process_left_is_swept_and_what_lives_is_not(tmp_path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path; from takedeck.media.cache import *\n"
        "g = Cache(Path(sys.argv[1])).begin(PartKey('a', 'b', 'c')); g.write(b'x' * 9)\n"
        "os.utime(g.path, (1, 1)); print(g.path, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        Cache(tmp_path)
        assert left.exists()
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert left.exists()
    fresh = tmp_path / "fresh.part"
    fresh.touch()
    Cache(tmp_path)
    assert not left.exists()
    assert fresh.exists()


def test_processes_killed_at_random_leave_no_wrong_file(tmp_path: Path) -> None:
    """Three at a time write the same parts; whoever finishes, the file is whole."""
    code = (
        "import sys; from pathlib import Path; from takedeck.media.cache import *\n"
        "cache = Cache(Path(sys.argv[1]))\n"
        "for n in range(10**6):\n"
        "    with cache.begin(PartKey('a', 'b', str(n % 5))) as g:\n"
        "        for _ in range(8): g.write(bytes([n % 5]) * 20_000)\n"
        "        cache.finish(g)\n"
        "    if not n: print('ready', flush=True)\n"
    )
    pick = random.Random(11)
    cache = Cache(tmp_path)
    for _ in range(4):
        running = [
            subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
            for _ in range(3)
        ]
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        for process in running:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(pick.uniform(0.005, 0.05))
            process.kill()
            process.communicate()
    finished = 0
    for number in range(5):
        path = cache.find(PartKey("a", "b", str(number)))
        if path is not None:
            assert path.read_bytes() == bytes([number]) * 160_000
            finished += 1
    assert finished


def test_a_disk_that_is_full_is_told_plainly(tmp_path: Path) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    cache = Cache(tmp_path)
    with cache.begin(key()) as growing:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, old[1]))
        try:
            with pytest.raises(errors.DiskFull) as caught:
                growing.write(b"x" * 2_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
        assert str(tmp_path) not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = Cache(tmp_path / "file" / "cache")
    assert (cache.find(key()), cache.usage()) == (None, (0, 0))
    with pytest.raises(errors.DiskFull):
        put(cache, b"x")
    (tmp_path / "file").unlink()
    assert put(cache, b"x").read_bytes() == b"x"


def test_a_folder_that_went_is_made_again(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    shutil.rmtree(tmp_path / "cache")
    assert put(cache, b"x").read_bytes() == b"x"


def test_parts_leave_files_for_everything_else(tmp_path: Path) -> None:
    old = resource.getrlimit(resource.RLIMIT_NOFILE)
    cache, begun = Cache(tmp_path), list[PartialFile]()
    at = os.open(os.devnull, os.O_RDONLY)
    os.close(at)
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * at + 32, old[1]))
    try:
        with pytest.raises(errors.DiskFull, match="open at once"):
            begun.extend(cache.begin(key(str(number))) for number in range(100))
        assert len(begun) >= 10
        others = [os.open(os.devnull, os.O_RDONLY) for _ in begun]
        for file in others:
            os.close(file)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, old)
        for growing in begun:
            growing.abandon()
    assert not list(tmp_path.iterdir())
