"""mpv and ffplay as they are measured: their command lines, and mpv's IPC."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.benchmarks.deck.ear import Ear

_MPV = ["mpv", "--no-config", "--no-terminal", "--no-video", "--ao=pulse", "--volume=100"]


def here(name: str) -> bool:
    """Whether the player is installed."""
    return shutil.which(name) is not None


def say_missing() -> None:
    """Print which player cannot be compared with."""
    for name in ("mpv", "ffplay"):
        if not here(name):
            print(f"{name}: not installed, left out")


def amix(count: int) -> str:
    """A graph for mpv that sums its first tracks without turning them down."""
    tracks = "".join(f"[aid{number}]" for number in range(1, count + 1))
    return f"{tracks}amix=inputs={count}:normalize=0[ao]"


def mpv(urls: Sequence[str]) -> list[str]:
    """mpv from its start, with one URL or the sum of several."""
    first, *others = urls
    graph = [f"--lavfi-complex={amix(len(urls))}"] if others else []
    return [*_MPV, *graph, *(f"--audio-file={url}" for url in others), first]


def ffplay(urls: Sequence[str]) -> list[str]:
    """ffplay from its start; several URLs through `amovie`, as it opens only one by itself."""
    command = ["ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet", "-vn"]
    if len(urls) == 1:
        return [*command, urls[0]]
    movies = [f"amovie={url.replace(':', chr(92) * 2 + ':')}[a{n}]" for n, url in enumerate(urls)]
    inputs = "".join(f"[a{n}]" for n in range(len(urls)))
    graph = ";".join([*movies, f"{inputs}amix=inputs={len(urls)}:normalize=0[out0]"])
    return [*command, "-f", "lavfi", graph]


class Mpv:
    """An idle mpv that listens to commands, while entered."""

    def __init__(self, ear: Ear, folder: Path) -> None:
        self._env = os.environ | ear.env
        self._path = folder / "mpv.sock"
        self._serial = 0

    def __enter__(self) -> Self:
        command = [*_MPV, "--idle=yes", f"--input-ipc-server={self._path}"]
        self.process = subprocess.Popen(command, env=self._env)
        pause = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX)
        for _ in range(500):
            try:
                self._socket.connect(str(self._path))
                break
            except OSError:
                pause.wait(0.02)
        self._socket.settimeout(30.0)
        self._lines = self._socket.makefile("rb")
        self.ask("get_property", "idle-active")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._lines.close()
        self._socket.close()
        self.process.terminate()
        self.process.wait()

    def tell(self, *command: Any) -> None:
        """Send a command and go on."""
        self._serial += 1
        line = json.dumps({"command": command, "request_id": self._serial})
        self._socket.sendall(line.encode() + b"\n")

    def ask(self, *command: Any) -> Any:
        """Send a command and wait for its answer. Raises RuntimeError for a refusal."""
        self.tell(*command)
        for line in self._lines:
            answer = json.loads(line)
            if answer.get("request_id") == self._serial:
                if answer["error"] != "success":
                    raise RuntimeError(f"mpv: {command[0]}: {answer['error']}")
                return answer.get("data")
        raise RuntimeError("mpv has ended")

    def load(self, urls: Sequence[str]) -> None:
        """Play these, summed; returns at once."""
        first, *others = urls
        self.tell("set_property", "audio-files", others)
        self.tell("set_property", "lavfi-complex", amix(len(urls)) if others else "")
        self.tell("loadfile", first)

    def stop(self) -> None:
        """Play nothing."""
        self.ask("set_property", "lavfi-complex", "")
        self.ask("stop")
