"""Random keys and bytes in bursts, on every screen of the app, in a real terminal."""

from __future__ import annotations

import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.soak.pty import Pty
from tests.soak.sequences import text_of
from tests.soak.trial import Outcome, Trial

SIZES: Final = ((20, 5), (80, 24), (160, 50))
SCREENS: Final = {
    "main": b"", "palette": b":", "help": b"?", "profiles": b"\x0f", "add": b"a", "search": b"/",
}  # fmt: skip
_LONGEST: Final = 60
_DEADLINE: Final = 30.0
"""Seconds for an answer, on a busy machine."""
_PATIENCE: Final = 1.5
_ESCAPES: Final = b"\x1b[27u" * 3
_ROW: Final = re.compile("[●✕◌⊘◐○]")
_LEAVING: Final = frozenset(b"\x03\x11q")
"""What leaves the app, as it should: ctrl+c, ctrl+q, q."""
_NAMED: Final = (
    "\r", "\r", "\t", "\x1b", "\x1b[27u", "\x7f", " ", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D",
    "\x1b[B", "\x1b[B", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x1b[Z", "\x1bOP", "\x1b[15~",
    "\x1b[3~", "\x1b[1;5A", "\x1b[1;2D", "\x1b[1;5F", "\x1bj", "\x1b1", "\x1b[I", "\x1b[O",
)  # fmt: skip
_WORDS: Final = (
    "jkgGhlyrav[]/?:<>{}.+-0123456789smILON(),*'\"\\|=_!#$%&;@^`~"
    "é窓辺の猫🎛\ufe0f👩🏽\u200d🎤עִבְ\u202e\u0301"
)


class Keys:
    """What somebody, a cat, a paste and a broken line may send."""

    def __init__(self, dice: random.Random, size: tuple[int, int]) -> None:
        self._dice, self._size = dice, size
        self._kinds: tuple[tuple[Callable[[], bytes], int], ...] = (
            (self._letter, 30), (self._named, 30), (self._control, 6), (self._raw, 12),
            (self._kitty, 6), (self._mouse, 8), (self._paste, 2), (self._sequence, 6),
        )  # fmt: skip

    def one(self) -> bytes:
        """A key, or what a terminal could send in its place."""
        kinds, weights = zip(*self._kinds, strict=True)
        (kind,) = self._dice.choices(kinds, weights)
        return bytes(byte for byte in kind() if byte not in _LEAVING)

    def _letter(self) -> bytes:
        return self._dice.choice(_WORDS).encode()

    def _named(self) -> bytes:
        return self._dice.choice(_NAMED).encode()

    def _control(self) -> bytes:
        return bytes([self._dice.randrange(32)])

    def _raw(self) -> bytes:
        return self._dice.randbytes(self._dice.randint(1, 6))

    def _number(self) -> str:
        most = self._dice.choice((9, 300, 70_000, 2**31, 10**20))
        number = str(self._dice.choice((self._dice.randrange(most), -1, 0, 55_296)))
        # A q or ctrl+c by its number leaves too.
        return self._dice.choice((number, number, "", ":", "1:2")).replace("113", "114")

    def _kitty(self) -> bytes:
        fields = ";".join(self._number() for _ in range(self._dice.randint(1, 4)))
        return f"\x1b[{fields}{self._dice.choice('u~ABCDHFtRyc')}".encode()

    def _mouse(self) -> bytes:
        columns, rows = self._size
        if self._dice.random() < 0.2:
            fields = ";".join(self._number() for _ in range(3))
            return f"\x1b[<{fields}{self._dice.choice('Mm')}".encode()
        # Never the line of keys at the foot, one of which leaves.
        x, y = self._dice.randint(1, columns), self._dice.randint(1, max(1, rows - 1))
        button = self._dice.choice((0, 0, 0, 2, 32, 35, 64, 65))
        down = f"\x1b[<{button};{x};{y}M"
        return (down + f"\x1b[<{button};{x};{y}m" * (button < 3)).encode()

    def _paste(self) -> bytes:
        text = b"".join(self._letter() for _ in range(self._dice.randint(0, 400)))
        return b"\x1b[200~" + text + self._dice.choice((b"\x1b[201~", b"\x1b[201~", b""))

    def _sequence(self) -> bytes:
        start = self._dice.choice((b"\x1b[", b"\x1bO", b"\x1b]", b"\x1bP", b"\x1b\x1b", b"\x9b"))
        return start + self._dice.randbytes(self._dice.randint(0, 40))


class Flood:
    """One app in a terminal of one size, and what is sent to it."""

    def __init__(self, size: tuple[int, int], dice: random.Random, env: dict[str, str]) -> None:
        self._size, self._dice, self._env = size, dice, env
        self._keys = Keys(dice, size)
        self._stack = ExitStack()
        self.harm: list[str] = []
        self.sent = self.left = 0
        self.slowest = 0.0

    def run(self, keys: int) -> None:
        """Send so many keys, burst by burst, to one screen after the other."""
        with self._stack:
            self._begin()
            end, screens = self.sent + keys, list(SCREENS)
            while self.sent < end and not self.harm:
                self._dice.shuffle(screens)
                for screen in screens:
                    self._burst(screen, min(end - self.sent, self._dice.randint(1, _LONGEST)))
                    if self.harm or self.sent >= end:
                        break

    def _begin(self) -> None:
        command = [sys.executable, "-m", "takedeck", "--demo"]
        self._terminal = self._stack.enter_context(Pty(command, self._env, self._size))
        if not self._home():
            self.harm.append(f"{self._where('')}: it does not begin: {self._words()}")

    def _burst(self, screen: str, count: int) -> None:
        terminal, data = self._terminal, SCREENS[screen]
        if self._dice.random() < 0.5:
            terminal.send(data)
            terminal.settle(0.05, 2.0)
            data = b""
        sent = SCREENS[screen]
        for _ in range(count):
            key = self._keys.one()
            data, sent = data + key, sent + key
            if self._dice.random() < 0.02:
                self._resize()
            if self._dice.random() < 0.1:
                terminal.send(data, _DEADLINE)
                data = b""
        terminal.send(data, _DEADLINE)
        self.sent += count
        terminal.resize(self._size)
        began = time.monotonic()
        well = self._home()
        self.slowest = max(self.slowest, time.monotonic() - began)
        if well:
            return
        if terminal.ended == 0 and (screen == "palette" or b"\r" in sent or b"\x1b[<" in sent):
            # Quit is a command of the palette, and may have been chosen.
            self.left += 1
            self._stack.close()
            self._begin()
            return
        what = "stuck" if terminal.ended is None else f"ended with {terminal.ended}"
        self.harm.append(f"{self._where(screen)}: {what} after {sent!r}: {self._words()}")

    def _resize(self) -> None:
        """As somebody who drags the edge of a window: many sizes, one right after the other."""
        for _ in range(self._dice.randint(1, 20)):
            size = (self._dice.choice((1, 3, 20, 80, 200)), self._dice.choice((1, 2, 5, 24, 60)))
            if self._terminal.ended is None:
                self._terminal.resize(size)

    def _home(self) -> bool:
        """Whether escape leads to the list, the list takes keys, and the help opens from it."""
        terminal, end = self._terminal, time.monotonic() + _DEADLINE
        while time.monotonic() < end and terminal.ended is None:
            terminal.send(_ESCAPES)
            terminal.settle(0.05, 0.5)
            if self._shows(b"Gg", _ROW.search) and self._shows(b"?", lambda text: "Keys" in text):
                terminal.send(_ESCAPES)
                return True
        return False

    def _shows(self, keys: bytes, enough: Callable[[str], object]) -> bool:
        since = self._terminal.size
        return self._terminal.send(keys) and self._terminal.until(
            lambda new: enough(text_of(new)), since=since, deadline=_PATIENCE
        )

    def _where(self, screen: str) -> str:
        return f"{self._size[0]}x{self._size[1]} {screen}"

    def _words(self) -> str:
        return " ".join(text_of(self._terminal.stream[-3000:]).split())[-500:]


def environment(home: Path) -> dict[str, str]:
    """For a takedeck of its own on its simulator."""
    folders = {f"XDG_{n}_HOME": str(home / n.lower()) for n in ("CONFIG", "DATA", "STATE")}
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return kept | folders | {
        "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "LANG": "C.UTF-8",
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "TAKEDECK_OUTPUT": "null",
        "TAKEDECK_SIMULATOR": "--scenario quiet",
    }  # fmt: skip


def _run(count: int, seed: int) -> Outcome:
    sent = left = 0
    slowest, harm = 0.0, list[str]()
    for number, size in enumerate(SIZES):
        with tempfile.TemporaryDirectory() as folder:
            flood = Flood(size, random.Random(f"{seed} {size}"), environment(Path(folder)))
            flood.run(count * (number + 1) // len(SIZES) - sent)
            reports = list((Path(folder) / "state").rglob("crash-*"))
            harm += [*flood.harm, *(f"seed {seed}: {it.read_text()}" for it in reports)]
        sent, left = sent + flood.sent, left + flood.left
        slowest = max(slowest, flood.slowest)
    figures = {
        "screens": str(len(SCREENS)),
        "sizes": ", ".join(f"{columns}×{rows}" for columns, rows in SIZES),
        "slowest way home": f"{slowest:.1f} s",
        "left by its own Quit": str(left),
    }
    return Outcome(sent, tuple(f"seed {seed}: {what}" for what in harm), figures)


TRIAL = Trial(
    promise="no input ends or stops the app, and escape leads home",
    unit="random keys and raw bytes in bursts",
    whole=10_000,
    small=150,
    run=_run,
)
