"""A full disk, wherever something is written; `RLIMIT_FSIZE` makes the disk that small."""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import wave
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from tests.providers.server import Server
from tests.soak.cramped import sound, upstream
from tests.soak.pty import Pty
from tests.soak.sequences import text_of
from tests.soak.terminal import environment
from tests.soak.trial import Outcome, Trial

_DEADLINE: Final = 60.0
Harm = Iterator[str]


class _Small:
    """A home on a disk with room for files of `size` bytes."""

    def __init__(self, home: Path, url: str, size: int) -> None:
        self.home = home
        self.size = size
        # Python itself would leave half a module's bytecode, and stumble over it next time.
        self.env = environment(home, url) | {"PYTHONDONTWRITEBYTECODE": "1"}

    def limit(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.size))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run takedeck on that disk."""
        return subprocess.run(
            [sys.executable, "-m", "takedeck", *words], env=self.env, preexec_fn=self.limit,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_DEADLINE,
            check=False,
        )  # fmt: skip

    def told(self, done: subprocess.CompletedProcess[str]) -> Harm:
        """It has to have ended with a message about it."""
        if done.returncode == 0:
            yield "it ended as if all were well"
        if "Traceback" in done.stderr or "unexpected" in done.stderr:
            yield f"it crashed: {done.stderr[-200:]}"
        if not any(
            word in done.stderr.lower()
            for word in ("too large", "full", "no room", "free disk space")
        ):
            yield f"nothing says why: {done.stderr[-200:]!r}"
        if left := [*self.home.rglob("*.part"), *self.home.rglob("*.audio")]:
            yield f"left in the cache: {[path.suffix for path in left]}"


def _playing(small: _Small) -> Harm:
    """A download that does not fit."""
    yield from small.told(small.run("play", "mgen_1"))


def _writing(small: _Small) -> Harm:
    """A WAV file that does not fit, of a part that is in the cache."""
    room, small.size = small.size, resource.RLIM_INFINITY
    if (before := small.run("play", "mgen_1", "--output", "wav:/dev/null")).returncode:
        yield f"it does not play at all: {before.stderr[-200:]}"
    small.size, wav = room, small.home / "a.wav"
    done = small.run("play", "mgen_1", "--output", f"wav:{wav}")
    if done.returncode == 0:
        yield "it ended as if all were well"
    if "Traceback" in done.stderr or "unexpected" in done.stderr:
        yield f"it crashed: {done.stderr[-200:]}"
    if wav.exists() and wav.stat().st_size > 44:
        with wave.open(str(wav)) as file:
            if file.getnframes() * 4 + 44 > wav.stat().st_size:
                yield "the WAV file claims more than it has"


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
    command = [
        sys.executable, "-c",
        "import resource, sys; "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({small.size}, {small.size})); "
        "from takedeck.cli.main import run; sys.exit(run())",
    ]  # fmt: skip
    with Pty(command, small.env, (120, 36)) as terminal:
        for keys, words in _SEEN:
            since = terminal.size if keys else 0
            terminal.type(keys)
            if not terminal.until(partial(_shows, words), since=since):
                yield f"after {keys!r} it does not show {words}"
        terminal.settle()
        terminal.type("q")
        if (code := terminal.wait()) != 0:
            yield f"it ended with {code}"


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


_WAYS: Final[tuple[Callable[[_Small], Harm], ...]] = (_session, _playing, _writing, _adding, _app)


def _run(count: int, seed: int) -> Outcome:
    dice = random.Random(seed)
    harm: list[str] = []
    with Server(upstream(sound())) as server:
        for number in range(count):
            way = _WAYS[number % len(_WAYS)]
            size = dice.choice((dice.randrange(60_000), dice.randrange(60_000, 900_000)))
            with tempfile.TemporaryDirectory() as home:
                small = _Small(Path(home), server.url, size)
                what = f"{way.__name__[1:]}, room for {size:,}: "
                harm += [what + each for each in way(small)]
    return Outcome(count, tuple(harm))


TRIAL = Trial(
    promise="a message, the music plays on, nothing wrong is left",
    unit="disks that are full",
    whole=60,
    small=len(_WAYS),
    run=_run,
)
