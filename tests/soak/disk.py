"""A full disk, wherever something is written; `RLIMIT_FSIZE` makes the disk that small."""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from tests.providers.server import Server
from tests.soak.cramped import sound, upstream
from tests.soak.pty import Pty
from tests.soak.recording import record
from tests.soak.sequences import text_of
from tests.soak.terminal import environment
from tests.soak.trial import Outcome, Trial

_DEADLINE: Final = 60.0
_CRAMPED: Final = """
import resource, runpy, sys
size, module = int(sys.argv.pop(1)), sys.argv[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
del sys.argv[0]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
"""Runs a module, with its words, where no file may become larger than that."""
Harm = Iterator[str]


class _Small:
    """A home on a disk with room for files of `size` bytes."""

    def __init__(self, home: Path, url: str, size: int) -> None:
        self.home = home
        self.size = size
        # Python itself would leave half a module's bytecode, and stumble over it next time.
        self.env = environment(home, url) | {"PYTHONDONTWRITEBYTECODE": "1"}

    def command(self, *words: str, module: str = "takedeck") -> list[str]:
        """The command line of takedeck on that disk."""
        return [sys.executable, "-c", _CRAMPED, str(self.size), module, *words]

    def run(self, *words: str, module: str = "takedeck") -> subprocess.CompletedProcess[str]:
        """Run takedeck on that disk."""
        return subprocess.run(
            self.command(*words, module=module), env=self.env, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=_DEADLINE, check=False,
        )  # fmt: skip

    def told(self, done: subprocess.CompletedProcess[str]) -> Harm:
        """It has to have ended with a message about it."""
        yield from self.ended(done)
        if not any(
            word in done.stderr.lower()
            for word in ("too large", "full", "no room", "free disk space")
        ):
            yield f"nothing says why: {done.stderr[-200:]!r}"
        if left := [*self.home.rglob("*.part"), *self.home.rglob("*.audio")]:
            yield f"left in the cache: {[path.suffix for path in left]}"

    def ended(self, done: subprocess.CompletedProcess[str]) -> Harm:
        """It has to have failed, and not by a crash."""
        if done.returncode == 0:
            yield "it ended as if all were well"
        if "Traceback" in done.stderr or "unexpected" in done.stderr:
            yield f"it crashed: {done.stderr[-200:]}"

    def fill(self) -> Harm:
        """Put the part into the cache while there is room."""
        room, self.size = self.size, resource.RLIM_INFINITY
        if (done := self.run("play", "mgen_1", "--output", "wav:/dev/null")).returncode:
            yield f"it does not play at all: {done.stderr[-200:]}"
        self.size = room


def _playing(small: _Small) -> Harm:
    """A download that does not fit."""
    yield from small.told(small.run("play", "mgen_1"))


def _writing(small: _Small) -> Harm:
    """WAV files of what is heard that do not fit."""
    yield from record(small.size, small.home)


def _decoding(small: _Small) -> Harm:
    """Decoded sound that does not fit, of a part that is in the cache."""
    yield from small.fill()
    done = small.run("play", "mgen_1", "--output", "null")
    yield from small.ended(done)
    if "No room for the decoded sound" not in done.stderr:
        yield f"nothing says why: {done.stderr[-200:]!r}"
    if len([*small.home.rglob("*.audio")]) != 1:
        yield "the part is no longer in the cache"


def _crashing(small: _Small) -> Harm:
    """A crash whose report does not fit: it is told all the same."""
    small.size = min(small.size, 200)
    done = small.run("data", "jobs", "--limit", "1", module="tests.e2e.broken")
    if "No report of it could be written" not in done.stderr:
        yield f"the crash is not told: {done.stderr[-200:]!r}"
    if "Traceback" in done.stderr:
        yield f"it is told by Python: {done.stderr[-200:]}"


def _adding(small: _Small) -> Harm:
    """A history that cannot be written."""
    small.size = min(small.size, 8_192)
    yield from small.told(small.run("add", "mgen_1"))


_SEEN: Final = (
    ("", ("mgen_1", "live")), ("\r", ("✕",)), ("?", ("all commands",)), ("q", ("Job",)),
)  # fmt: skip


def _shows(words: tuple[str, ...], new: str) -> bool:
    return all(word in text_of(new) for word in words)


def _app(small: _Small) -> Harm:
    """The app on a disk that is full from the start: it shows, plays what it can, and ends."""
    with Pty(small.command(), small.env, (120, 36)) as terminal:
        for keys, words in _SEEN:
            since = terminal.size if keys else 0
            terminal.type(keys)
            if not terminal.until(partial(_shows, words), since=since):
                yield f"after {keys!r} it does not show {words}"
        terminal.settle()
        terminal.type("q")
        if (code := terminal.wait()) != 0:
            yield f"it ended with {code}"


def _barred(small: _Small) -> Harm:
    """No folder can be made: what needs none works, all else says why."""
    blocked = small.home / "file"
    blocked.write_text("")
    small.env |= {f"XDG_{name}_HOME": str(blocked) for name in ("CACHE", "DATA", "STATE")}
    small.size = resource.RLIM_INFINITY
    for words in (["jobs"], ["job", "mgen_1"], ["track", "mtrack_1"]):
        if (done := small.run(*words)).returncode:
            yield f"{words} ended with {done.returncode}: {done.stderr[-200:]}"
    for words in (["play", "mgen_1"], ["add", "mgen_1"], ["cache"], ["cache", "--clear"]):
        done = small.run(*words)
        yield from small.ended(done)
        if "Not a directory" not in done.stderr:
            yield f"{words}: nothing says why: {done.stderr[-200:]!r}"
    yield from _app(small)


def _session(small: _Small) -> Harm:
    """A disk that becomes full while music plays, and has room again."""
    command = [sys.executable, "-m", "tests.soak.cramped", str(small.size), str(small.home)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, timeout=2 * _DEADLINE, check=False
    )
    if done.returncode:
        yield f"the session ended with {done.returncode}"
    else:
        yield from json.loads(done.stdout.splitlines()[-1])


_WAYS: Final[tuple[Callable[[_Small], Harm], ...]] = (
    _session, _playing, _writing, _decoding, _adding, _crashing, _app, _barred,
)  # fmt: skip


def _run(count: int, seed: int) -> Outcome:
    dice = random.Random(seed)
    sizes = [
        dice.choice((dice.randrange(60_000), dice.randrange(60_000, 900_000))) for _ in range(count)
    ]
    with Server(upstream(sound())) as server, ThreadPoolExecutor(2) as pool:

        def one(number: int) -> list[str]:
            way, size = _WAYS[number % len(_WAYS)], sizes[number]
            with tempfile.TemporaryDirectory() as home:
                what = f"{way.__name__[1:]}, room for {size:,}: "
                return [what + each for each in way(_Small(Path(home), server.url, size))]

        harm = [each for found in pool.map(one, range(count)) for each in found]
    return Outcome(count, tuple(harm))


TRIAL = Trial(
    promise="a message, the music plays on, nothing wrong is left",
    unit="disks that are full",
    whole=80,
    small=len(_WAYS),
    run=_run,
)
