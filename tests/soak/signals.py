"""Signals at random moments of the app's start, and the end of its terminal."""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.e2e.stream import Stream
from tests.e2e.terminal import processes
from tests.soak.flood import environment
from tests.soak.trial import Outcome, Trial

SIGNALS: Final = tuple(
    getattr(signal, f"SIG{name}") for name in ("TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "ALRM")
)
_START: Final = 3.0
"""Seconds in which the start is over on a machine that is not busy."""
_DEADLINE: Final = 20.0


class Signalling:
    """One app after the other, each in a terminal and with folders of its own."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.harm: list[str] = []
        self.early = 0
        self.slowest = 0.0

    def once(self, number: signal.Signals) -> None:
        """Start the app, send it the signal at some moment, and look at what it leaves."""
        after = self._dice.uniform(0.0, _START)
        again = self._dice.choice((None, None, self._dice.uniform(0.0, 2.0)))
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            (home / "tmp").mkdir()
            env = environment(home) | {"TMPDIR": str(home / "tmp")}
            with Stream([sys.executable, "-m", "takedeck", "--demo"], env) as app:
                app.within(after, lambda: False)
                app.process.send_signal(number)
                began = time.monotonic()
                if again is not None:
                    app.within(again, lambda: app.process.poll() is not None)
                    app.process.send_signal(number)
                ended = app.within(_DEADLINE, lambda: app.process.poll() is not None)
                self.slowest = max(self.slowest, time.monotonic() - began)
                app.rest(0.05)
                found = self._found(app, number, home) if ended else ["it goes on"]
            # Its child processes are given the folder too, and no other run has it.
            found += self._left(folder)
        where = f"{number.name} after {after:.3f} s" + (f" and {again:.2f} s" if again else "")
        self.harm += [f"{where}: {what}" for what in found]

    def _found(self, app: Stream, number: signal.Signals, home: Path) -> list[str]:
        code, found = app.process.returncode, []
        if code == -number and not app.sent:
            # Before a line of ours was run: there is nothing to give back.
            self.early += 1
        elif code != 128 + number:
            found.append(f"the exit code is {code}")
        found += app.not_given_back()
        found += [f"{path.name} stays" for path in (home / "tmp").iterdir()]
        found += [path.read_text() for path in (home / "state").rglob("crash-*")]
        if "Traceback" in app.words():
            found.append(app.words()[-300:])
        return found

    def _left(self, mark: str) -> list[str]:
        end = time.monotonic() + _DEADLINE
        while (left := processes(mark)) and time.monotonic() < end:
            time.sleep(0.05)
        return [f"it goes on: {line}" for line in left.values()]


def _run(count: int, seed: int) -> Outcome:
    signalling = Signalling(random.Random(seed))
    for number in range(count):
        signalling.once(SIGNALS[number % len(SIGNALS)])
    figures = {
        "before the app's first line": str(signalling.early),
        "slowest end": f"{signalling.slowest:.1f} s",
    }
    return Outcome(count, tuple(f"seed {seed}: {what}" for what in signalling.harm), figures)


TRIAL = Trial(
    promise="the terminal is given back, 128 + the signal, no report, no folder, no process",
    unit="signals at random moments of the start",
    whole=140,
    small=7,
    run=_run,
)
