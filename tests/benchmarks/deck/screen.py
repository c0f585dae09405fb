"""The app in a terminal, eight stems of a set playing: what is listened to."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.deck.ear import Ear, loud
from tests.benchmarks.deck.served import Origin
from tests.benchmarks.deck.studio import environment
from tests.benchmarks.terminal import Terminal

TAKEDECK = (sys.executable, "-m", "takedeck")


class App(Terminal):
    """A terminal that tells its program's process."""

    @property
    def pid(self) -> int:
        """The app's process."""
        return self._process.pid

    @property
    def deck(self) -> int:
        """The deck's process under it. Raises LookupError where there is none."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="utf-8")
        for child in map(int, children.split()):
            if b"takedeck.deck" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
        raise LookupError("the app has no deck")


@contextmanager
def playing(
    ear: Ear, origin: Origin, home: Path, command: Sequence[str] = TAKEDECK
) -> Iterator[App]:
    """Opens the first job, switches to its stems, and gives them time to be there."""
    env = environment(origin, ear.env, home)
    with App(command, env=env, size=(140, 42)) as terminal:
        terminal.until("Take ")
        since = ear.quiet()
        terminal.type("\r")
        ear.first(since, loud)
        terminal.type("0")
        ear.rest(6.0)
        yield terminal
