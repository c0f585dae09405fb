"""Control sequences in every text of the server's, on every screen, through a real terminal."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.providers.server import Server
from tests.soak.hostile_cli import command_line
from tests.soak.poison import ERROR_FIELDS, JOB_FIELDS, PAYLOADS, TRACK_FIELDS, Poison
from tests.soak.poisoned_api import KINDS, HostileApi
from tests.soak.pty import Pty
from tests.soak.sequences import harms, text_of
from tests.soak.trial import Outcome, Trial

_SIZE: Final = (200, 60)
_SMALLER: Final = ((100, 30), (80, 24), (40, 12), (20, 5))
_DETAIL: Final = {
    "succeeded": ("title", "engine", "mode", "mime_type", "licence_class"),
    "failed": ("failed_engine", "error_message"),
    "refused": ("refused_engine", "refusal_reason"),
    "odd": ("odd_engine", "status"),
}
_LINES: Final = re.compile(r"(\x1b\[(?:0m|\d+;\d+H))\r?\n(?=\x1b\[\d+;\d+H)")
"""How Textual itself ends a line of the screen."""
_ESC: Final = "\x1b[27u"
"""The escape key as kitty sends it, which no key that follows can change."""


class Walk:
    """Goes to every screen of the app, and waits at each until the texts are there."""

    def __init__(self, terminal: Pty, api: HostileApi, poison: Poison) -> None:
        self._terminal, self._api, self._poison = terminal, api, poison
        self.missing: list[str] = []

    def all(self) -> None:
        """Every screen, once."""
        self._see("", ["live", "1 of ", "Help"])
        self._jobs()
        self._others()
        self._errors()
        self._toasts()
        self._small()
        self._api.toasts.clear()
        self._terminal.type("q")
        if (code := self._terminal.wait()) != 0:
            self.missing.append(f"the app ended with {code}")

    def _jobs(self) -> None:
        """The list row by row, each job in the detail pane, each track in its own."""
        for place, number in enumerate(self._poison):
            for kind in KINDS:
                first = not place and kind == KINDS[0]
                marks = self._marks(_DETAIL[kind], number)
                self._see("" if first else "j", marks, since=0 if first else None)
                if kind == "succeeded":
                    self._see("\r", self._marks(TRACK_FIELDS, number))

    def _others(self) -> None:
        first = self._poison.numbers[0]
        for keys, texts in (
            ("y", ["Copied"]), ("?", ["all commands"]), ("q", ["Jobs"]), (":", ["Add jobs by"]),
            (_ESC, ["Jobs"]), ("/", ["title, id"]),
            (self._poison.mark("title", first), ["1 of 1"]), (_ESC, [" of "]),
            ("g", ["1 of "]), ("l", []), ("y", ["Copied"]), ("l", []), ("jjsm0 ", []),
            ("hh", []),
        ):  # fmt: skip
            self._see(keys, texts)
            # A screen that goes still takes the keys, while the one below it is drawn already.
            self._terminal.settle()

    def _errors(self) -> None:
        for flat, fields in ((False, ERROR_FIELDS[:3]), (True, ERROR_FIELDS[3:])):
            self._api.flat = flat
            for number in self._poison:
                self._api.trouble = number
                self._see("r", self._marks(fields, number))
        self._see("y", ["Copied the message"])
        self._api.trouble, self._api.flat = None, False
        self._see(f"{_ESC}r", ["live"])

    def _toasts(self) -> None:
        """With a filter that leaves no rows, so that only toasts show what has ended."""
        self._see("]]]]]", ["no cancelled jobs"])
        numbers = self._poison.numbers
        # One by one: of several that end together a toast names two, and no reason.
        for number in numbers:
            self._api.toasts = {number: False}
            self._see("r", ["1 active"])
            self._api.toasts = {number: True}
            self._see("r", self._marks(("toast",), number))
        self._see(_ESC, [" of "])

    def _small(self) -> None:
        for size in _SMALLER:
            self._terminal.resize(size)
            for keys in ("g", "j", "l", "l", "h", "h"):
                self._see(keys, ["T7"] if keys in "gj" else [])

    def _marks(self, fields: tuple[str, ...], number: int) -> list[str]:
        return [f"T{self._poison.mark(field, number)}" for field in fields]

    def _see(self, keys: str, texts: list[str], since: int | None = None) -> None:
        """Press the keys, and wait for the texts in what is drawn from then (or `since`) on."""
        since = self._terminal.size if since is None else since
        self._terminal.type(keys)
        left = set(texts)

        def enough(new: str) -> bool:
            shown = text_of(new)
            left.difference_update([text for text in left if text in shown])
            return not left

        if not self._terminal.until(enough, since=since, deadline=10.0):
            self.missing.append(f"after {keys!r} not shown: {sorted(left)}")


def environment(home: Path, url: str) -> dict[str, str]:
    """For a takedeck of its own that asks that server."""
    folders = {f"XDG_{n}_HOME": str(home / n.lower()) for n in ("CACHE", "CONFIG", "DATA", "STATE")}
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return kept | folders | {
        "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": "truecolor",
        "TERM_PROGRAM": "kitty", "FREDDY_API_KEY": "ak_planted", "TAKEDECK_ORGANIZATION": "org_1",
        "TAKEDECK_BASE_URL": url, "TAKEDECK_OUTPUT": "null",
    }  # fmt: skip


def _run(count: int, seed: int) -> Outcome:
    poison = Poison(count, seed)
    api = HostileApi(poison)
    with tempfile.TemporaryDirectory() as folder, Server(api) as server:
        api.media = server.url
        env = environment(Path(folder), server.url)
        with Pty([sys.executable, "-m", "takedeck"], env, _SIZE) as terminal:
            walk = Walk(terminal, api, poison)
            walk.all()
        found = list(_once(harms(_LINES.sub(r"\1", terminal.stream), controls="")))
        said = command_line(api, poison, env)
    strings = count * (len(JOB_FIELDS) + len(TRACK_FIELDS) + len(ERROR_FIELDS) + 1)
    return Outcome(
        len(poison.numbers),
        (*found, *walk.missing, *said.harm),
        {
            "texts seen on screen": f"{strings:,}",
            "bytes read": f"{len(terminal.stream) + said.tries:,}",
        },
    )


def _once(found: Iterator[str]) -> dict[str, None]:
    return dict.fromkeys(found)


TRIAL = Trial(
    promise="no control, bidi or invisible character of the server's reaches the terminal",
    unit="payloads, each in every text of the server's",
    whole=len(PAYLOADS),
    small=4,
    run=_run,
)
