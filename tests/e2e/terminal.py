"""A tmux of its own with one program in it: keys go in, the screen can be read."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

DEADLINE = 100.0


def missing() -> str | None:
    """Why there can be no terminal here, or None."""
    if shutil.which("tmux") is None:
        return "tmux is not installed (Debian: tmux)"
    return None


def takedeck() -> str:
    """The installed command, beside the Python that runs the tests."""
    command = Path(sys.executable).with_name("takedeck")
    assert command.exists(), f"{command} is not there: install the package (pip install -e .)"
    return str(command)


class Terminal:
    """Runs a shell while entered, in a terminal of `size` (columns, rows) and with `env`."""

    def __init__(self, env: Mapping[str, str], size: tuple[int, int] = (120, 36)) -> None:
        if reason := missing():
            pytest.skip(reason)
        self._socket = f"takedeck-{secrets.token_hex(6)}"
        self._size = size
        clean = {name: value for name, value in os.environ.items() if not _ours(name)}
        self._env = clean | {"LANG": "C.UTF-8", "COLORTERM": "truecolor", "PS1": "$ "} | dict(env)

    def __enter__(self) -> Self:
        columns, rows = self._size
        # -f: no configuration of whoever runs the tests.
        self._tmux(
            "-f", os.devnull, "new-session", "-d", "-x", str(columns), "-y", str(rows),
            "-e", "TERM=tmux-256color", "exec sh",
        )  # fmt: skip
        self._tmux("set-option", "-g", "remain-on-exit", "off")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        subprocess.run(
            ["tmux", "-L", self._socket, "kill-server"], env=self._env, capture_output=True
        )

    def type(self, text: str) -> None:
        """Type a line and press enter."""
        self._tmux("send-keys", "-l", text)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names for them."""
        self._tmux("send-keys", *keys)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return self._tmux("capture-pane", "-p")

    @property
    def alternate(self) -> bool:
        """Whether a full-screen program has the terminal."""
        return self._tmux("display-message", "-p", "#{alternate_on}").strip() == "1"

    def until(self, enough: Callable[[str], object], deadline: float = DEADLINE) -> str:
        """Wait until the screen's text is enough, and return it. Raises AssertionError."""
        end, pause = time.monotonic() + deadline, threading.Event()
        while not enough(text := self.text):
            if time.monotonic() > end:
                raise AssertionError(f"not in time; the screen is\n{text}")
            pause.wait(0.05)
        return text

    def shows(self, *texts: str) -> str:
        """Wait until all of the texts are on screen."""
        return self.until(lambda text: all(wanted in text for wanted in texts))

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments],
            env=self._env, capture_output=True, text=True, timeout=DEADLINE,
        )  # fmt: skip
        assert done.returncode == 0, f"tmux {arguments}: {done.stderr}"
        return done.stdout


def _ours(name: str) -> bool:
    return name.startswith(("TAKEDECK_", "TMUX")) or name in ("FREDDY_API_KEY", "USEAPI_TOKEN")


def processes(mark: str) -> dict[int, str]:
    """The living processes whose environment holds `mark`, by id, with their command lines."""
    found: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            holds = mark.encode() in (folder / "environ").read_bytes()
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if holds and words != [b""]:
            found[int(folder.name)] = b" ".join(words).decode(errors="replace")
    return found
