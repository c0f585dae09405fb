"""Config files that are none: endless, huge, deep, a pipe, a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from takedeck.config import load
from takedeck.errors import ConfigError
from tests.cli.rig import environment, finish, start

DEEP = 5_000


def files(folder: Path) -> dict[str, Path]:
    """One of each kind."""
    made = {name: folder / name for name in ("fifo", "folder", "huge", "bytes", "line\nbreak")}
    os.mkfifo(made["fifo"])
    made["folder"].mkdir()
    with made["huge"].open("wb") as file:
        file.truncate(1 << 30)
    made["bytes"].write_bytes(b"volume = 1 # \xff")
    texts = {
        "brackets": "volume = " + "[" * DEEP + "]" * DEEP,
        "lines of brackets": "volume = " + "[\n" * DEEP + "]" * 100,
        "tables": "volume = " + "{a=" * DEEP + "1" + "}" * DEEP,
        "dots": "a" + ".a" * 100_000 + " = 1",
        "head": "[" + "a." * 100_000 + "a]",
        "digits": "volume = " + "9" * 10_000,
        "date": "volume = 2024-13-45",
        "nul": "volume = 1\0",
    }
    for name, text in texts.items():
        made[name] = folder / name
        made[name].write_text(text)
    if Path("/dev/zero").exists():
        made |= {"zero": Path("/dev/zero"), "random": Path("/dev/urandom")}
    return made


def test_each_is_told_in_one_line(tmp_path: Path) -> None:
    for kind, path in files(tmp_path).items():
        with pytest.raises(ConfigError) as told:
            load({"TAKEDECK_CONFIG": str(path)})
        assert "\n" not in told.value.what, kind
        assert len(told.value.what) < 500, kind


@pytest.mark.parametrize("words", [["jobs"], []])
def test_the_command_and_the_app_end_with_2(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "deep").write_text("volume = " + "[\n" * DEEP)
    done = finish(start(*words, env=environment(TAKEDECK_CONFIG=str(tmp_path / "deep"))))
    assert done.code == 2
    first, _ = done.err.splitlines()
    assert first.startswith("takedeck: Configuration: ")


def test_a_file_of_nothing_is_no_setting(tmp_path: Path) -> None:
    done = finish(start("cache", env=environment(TAKEDECK_CONFIG=os.devnull)))
    assert done.code == 0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="/proc is Linux's")
def test_little_of_an_endless_one_is_read() -> None:
    # As much memory as a start takes, and far less than what an endless file would.
    line = f"ulimit -v 4000000; exec {sys.executable} -m takedeck jobs"
    done = subprocess.run(
        ["sh", "-c", line], env=environment(TAKEDECK_CONFIG="/dev/zero"), capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
