"""Few files that may be open at once: every command and the app, with tracks of many parts."""

from __future__ import annotations

import io
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.providers.server import Request, Server, json_reply, reply
from tests.soak.pty import Pty
from tests.soak.sequences import text_of
from tests.soak.terminal import environment
from tests.soak.trial import Outcome, Trial

_LIMITED: Final = """
import resource, runpy, sys
count, module = int(sys.argv.pop(1)), sys.argv[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
del sys.argv[0]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
_WORKS: Final = 32
"""With so many it has to do what it is asked for; with fewer it may end, and say why."""
_BUSY: Final = 0.8
"""Share of a core above which an app that has nothing to do goes round and round."""
_COMMANDS: Final = (
    ["jobs"], ["job", "mgen_1"], ["track", "mtrack_1"], ["add", "mgen_1"], ["cache"],
    ["play", "mgen_1", "--output", "wav:/dev/null"], ["--demo", "jobs", "--limit", "1"],
)  # fmt: skip
_SAID: Final = ("Too many open files", "no more files", "cannot be opened", "did not start")


class _Api:
    """One job with so many stems, and its audio."""

    def __init__(self, stems: int) -> None:
        self.media = ""
        self._stems = stems
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(44_100)
            file.writeframes(bytes(4 * 88_200))
        self._sound = reply(200, sound.getvalue(), content_type="audio/wav")

    def __call__(self, request: Request, _: socket.socket) -> bytes:
        if "/v1/music/" not in request.path:
            return self._sound
        track = {
            "id": "mtrack_1", "title": "Many Parts", "playback_url": f"{self.media}/m.wav",
            "stem_urls": {f"stem {n}": f"{self.media}/{n}.wav" for n in range(self._stems)},
        }  # fmt: skip
        job = {
            "id": "mgen_1", "status": "succeeded", "created_at": "2026-06-28T10:31:00Z",
            "result_track_id": "mtrack_1", "track": track,
        }  # fmt: skip
        named = request.path.rpartition("/")[2]
        return json_reply(
            {"generations": {"jobs": [job], "limit": 50}, "mtrack_1": track}.get(named, job)
        )


def _command(limit: int, *words: str) -> list[str]:
    return [sys.executable, "-c", _LIMITED, str(limit), "takedeck", *words]


def _commands(limit: int, env: dict[str, str], words: list[str]) -> Iterator[str]:
    done = subprocess.run(
        _command(limit, *words), env=env, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    if "Traceback" in done.stderr or "unexpected" in done.stderr:
        yield f"{words} crashed: {done.stderr[-300:]}"
    elif done.returncode and not any(said in done.stderr for said in _SAID):
        yield f"{words}: nothing says why: {done.stderr[-200:]!r}"
    elif done.returncode and limit >= _WORKS:
        yield f"{words} ended with {done.returncode}: {done.stderr[-200:]!r}"


def _app(limit: int, env: dict[str, str]) -> Iterator[str]:
    with Pty(_command(limit), env, (120, 60)) as terminal:
        shown = terminal.until(lambda new: "Many Parts" in text_of(new))
        if shown:
            for keys in ("\r", "0", "?", "q", "r"):
                try:
                    terminal.type(keys)
                except TimeoutError:
                    break
                terminal.settle(deadline=2.0)
            before = _worked(terminal.pid), time.monotonic()
            terminal.settle(quiet=3.0, deadline=3.0)
            share = (_worked(terminal.pid) - before[0]) / (time.monotonic() - before[1])
            if share > _BUSY:
                yield f"the app takes {share:.0%} of a core"
            for keys in ("\x1b[27u", "\x1b[27u", "q"):
                try:
                    terminal.type(keys)
                except TimeoutError:
                    break
                terminal.settle(deadline=1.0)
        code = terminal.wait()
        words = text_of(terminal.stream)
        if code is None:
            yield "the app does not end"
        elif "unexpected" in words:
            yield f"the app crashed: {words[-300:]!r}"
        elif code and (limit >= _WORKS or not any(said in words for said in _SAID)):
            yield f"the app ended with {code}: {words[-300:]!r}"
        elif not code and not shown:
            yield "the app shows nothing, and says nothing of it"


def _worked(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _run(count: int, seed: int) -> Outcome:
    dice = random.Random(seed)
    harm: list[str] = []
    for number in range(count):
        limit = dice.choice((dice.randint(8, 31), 32, 48, 64, 128))
        api = _Api(dice.choice((0, 6, 60)))
        with tempfile.TemporaryDirectory() as home, Server(api) as server:
            api.media = server.url
            env = environment(Path(home), server.url)
            at = number % (len(_COMMANDS) + 1)
            found = _commands(limit, env, _COMMANDS[at - 1]) if at else _app(limit, env)
            harm += [f"{limit} files: {what}" for what in found]
            if left := list(Path(home).rglob("crash-*")):
                harm.append(f"{limit} files: {len(left)} reports of a crash")
    return Outcome(count, tuple(harm))


TRIAL = Trial(
    promise="it works, or says why; no crash, no standstill, no going round and round",
    unit="commands and apps that may open 8 to 128 files",
    whole=80,
    small=len(_COMMANDS) + 1,
    run=_run,
)
