"""Keeps one output open: silence where there is none, and a device that was lost is waited for.

A sound server that hangs answers no call for as long as it likes. So whatever is asked of a device
is asked in a thread of its own: the deck's thread waits a moment for it, and looks again later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from takedeck.deck.faults import OutputError
from takedeck.deck.outputs.base import Block, Output

IDLE: Final = 0.5
"""Seconds of silence after which the output is stopped: what comes next need not wait for it."""

DEVICES: Final = ("auto", "device")
"""The kinds that may hang, and come back."""

_MOMENT: Final = 0.25
_LATE: Final = 1.0
_LATE_AT_FIRST: Final = 3.0
"""Seconds without an answer: some devices take that long to be opened for the first time."""

_SOON: Final = 0.25
_OFTEN: Final = 1.0
_SELDOM: Final = 5.0
_OVERDUE: Final = 40.0
"""Seconds after which a call is left to itself: libpulse's own limit is 30."""

_MOST_LEFT: Final = 4
_DUMB: Final = 3
"""How often a device may be opened and ask for nothing until it is taken for none."""

_LOST_TWICE: Final = 10.0
_DEAF: Final = "the sound device does not answer"

Source = Callable[[Output, int], Block | None]


class _Call:
    """Something asked of an output, in a thread of its own; `over` is told of its end."""

    def __init__(self, output: Output, work: Callable[[], None], over: Callable[[], None]) -> None:
        self.output = output
        self.begun = time.monotonic()
        self.error: OutputError | None = None
        self._work = work
        self._report = over
        self._lock = threading.Lock()
        self._left = False
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="ask-output", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        with self._lock:
            return self._ended

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it ended."""
        self._thread.join(seconds)
        return self.over

    def leave(self) -> None:
        """Nobody waits for it any more: its output is closed as soon as it lets go."""
        with self._lock:
            self._left = True
            if not self._ended:
                return
        self.output.close()

    def _run(self) -> None:
        try:
            self._work()
        except OutputError as error:
            self.error = error
        finally:
            with self._lock:
                self._ended, left = True, self._left
            if left:
                self.output.close()
            self._report()


class Supervisor:
    """The output in use. All methods but `flows` are for the deck's thread.

    `make` turns a kind into an output, `source` gives the frames for one, `wake` is told, from any
    thread, that `tend` has something to do.
    """

    def __init__(
        self, make: Callable[[str], Output], source: Source, wake: Callable[[], None]
    ) -> None:
        self.output: Output | None = None
        self.fault: str | None = None
        self.waiting = False
        """A device that was there is lost: nothing is to be played until it is back."""
        self.latency = 0.0
        """That of the output that was used last, in seconds."""
        self._make = make
        self._source = source
        self._wake = wake
        self._kind = ""
        self._rate = 0
        self._gaps = 0
        self._call: _Call | None = None
        self._left: list[_Call] = []
        self._silent = False
        self._there = False
        self._flowed = False
        self._dumb = 0
        self._started = False
        self._reason = ""
        self._again: float | None = None
        self._delay = _SOON
        self._lost_at = float("-inf")
        self._tended = self._quiet_since = time.monotonic()

    @property
    def underruns(self) -> int:
        """Gaps heard from all outputs so far."""
        return self._gaps + (self.output.underruns if self.output else 0)

    # --- commands

    def choose(self, kind: str, rate: int) -> None:
        """Send frames to an output of that kind from now on."""
        self._leave_call()
        self._drop()
        self._kind, self._rate = kind, rate
        self._silent = self._there = self._flowed = self.waiting = False
        self._dumb, self._again, self._delay, self.fault = 0, None, _SOON, None
        try:
            output = self._make(kind)
            if kind in DEVICES:
                self._ask(output, partial(self._open, output, rate))
            else:
                # An offline file is made when its rate is known: its header cannot change later.
                if not output.offline:
                    self._open(output, rate)
                self.output = output
        except OutputError as error:
            self._fall(str(error))

    def urge(self) -> None:
        """Try at once to have the device (again), if there is none."""
        if self._kind in DEVICES and (self.waiting or self._silent):
            self._again, self._delay = time.monotonic(), _SOON

    def flows(self) -> None:
        """The output asks for frames: it is there."""
        if not self._silent:
            self._flowed, self._dumb, self._delay = True, 0, _SOON
        if self.waiting:
            self.waiting, self.fault = False, None

    def tend(self, rate: int, *, rated: bool, needed: bool) -> bool:
        """Do what is to be done for an output at `rate`, which is `needed` or may rest.

        Whether anything is different now.
        """
        now, self._rate = time.monotonic(), rate
        # This process itself may have been stopped: then nothing can be said of the device yet.
        slept, self._tended = now - self._tended > 1.0, now
        before = (self.output, self.fault, self.waiting)
        if needed:
            self._quiet_since = now
        if self._call is not None:
            self._look(self._call)
        if self._call is None and self._again is not None and now >= self._again:
            self._try(often=needed)
        output = self.output
        if output is not None and (self._call is None or self._call.output is not output):
            try:
                self._keep(output, rated=rated, needed=needed, slept=slept)
            except OutputError as error:
                self._fail(output, str(error))
        if self.waiting and self.output is not None and self._call is None and not needed:
            self.waiting, self.fault = False, None
        return before != (self.output, self.fault, self.waiting)

    def close(self) -> None:
        """Let what the output holds of the end be heard, and let go of it."""
        output = self.output
        if output is not None and self._call is None and not output.lost:
            rest = 1.5 * output.latency
            if time.monotonic() - self._quiet_since < rest + 0.05:
                threading.Event().wait(rest)
        self._leave_call()
        self._drop(patience=1.0)

    # --- inside

    def _keep(self, output: Output, *, rated: bool, needed: bool, slept: bool) -> None:
        device = self._kind in DEVICES and not self._silent
        if output.lost and not (slept and device):
            self._lose(output, device=device)
            return
        differs = output.rate != self._rate or output.underran
        reopen = differs and (rated or not output.offline)
        idle = not needed and time.monotonic() - self._quiet_since > IDLE
        if device:
            if reopen or (idle if self._started else needed):
                self._started = needed
                self._ask(output, partial(self._turn, output, reopen=reopen, start=needed))
            return
        if reopen:
            output.stop()
            self._open(output, self._rate)
        if needed and output.rate:
            output.start()
        elif idle:
            output.stop()

    def _turn(self, output: Output, *, reopen: bool, start: bool) -> None:
        if reopen or not start:
            output.stop()
        if reopen:
            self._open(output, self._rate)
        if start:
            output.start()

    def _open(self, output: Output, rate: int) -> None:
        output.open(rate, partial(self._source, output))

    def _ask(self, output: Output, work: Callable[[], None]) -> None:
        """Have this done; what comes of it is looked at now, if it is quick, or later."""
        self._call = call = _Call(output, work, self._wake)
        if call.wait(_MOMENT):
            self._settle(call)

    def _look(self, call: _Call) -> None:
        if call.over:
            self._settle(call)
            return
        taken = time.monotonic() - call.begun
        if taken > _OVERDUE and len(self._left) < _MOST_LEFT:
            self._leave_call()
            self._fail(call.output, _DEAF)
        elif self._there and taken > (_MOMENT if self.waiting else _LATE):
            self._say_waiting(_DEAF)
        elif not self._there and taken > _LATE_AT_FIRST and not self._silent:
            self._fall(_DEAF)

    def _settle(self, call: _Call) -> None:
        self._call = None
        output, in_use = call.output, call.output is self.output
        if call.error is None:
            if not in_use:
                self._drop()
                self.output, self._started = output, False
                if self._silent:
                    self._silent, self.fault = False, None
            self._there, self._again, self.latency = True, None, output.latency
        elif in_use:
            self._fail(output, str(call.error))
        else:
            output.close()
            if self.waiting:
                self._say_waiting(str(call.error))
            elif not self._silent:
                self._fall(str(call.error))

    def _try(self, *, often: bool) -> None:
        """Open the device anew, and say when to try again."""
        self._again = None
        if self.waiting:
            self._again = time.monotonic() + self._delay
            self._delay = min(2 * self._delay, _OFTEN if often else _SELDOM)
        self._left = [call for call in self._left if not call.over]
        if len(self._left) < _MOST_LEFT:
            output = self._make(self._kind)
            self._ask(output, partial(self._open, output, self._rate))

    def _lose(self, output: Output, *, device: bool) -> None:
        reason = f"the {output.name} stopped answering"
        if device:
            self._dumb += not self._flowed
            if self._dumb < _DUMB:
                self._await(output, reason)
            else:
                self._fall(reason)
            return
        now = time.monotonic()
        if now - self._lost_at < _LOST_TWICE:
            raise OutputError(reason)
        self._lost_at = now
        output.close()
        self._open(output, self._rate)
        output.start()
        self._wake()

    def _fail(self, output: Output, reason: str) -> None:
        if self._kind in DEVICES and self._there and not self._silent:
            self._await(output, reason)
        else:
            self._fall(reason)

    def _await(self, output: Output, reason: str) -> None:
        """Wait for a device that was there; the first try is made at once, and without a word."""
        if self.waiting:
            self._say_waiting(reason)
            self._again = time.monotonic() + self._delay
        else:
            self.waiting, self._reason = True, reason
            self._again, self._delay = time.monotonic(), _SOON
        self.latency = output.latency
        self._drop()
        self._wake()

    def _say_waiting(self, reason: str) -> None:
        if not self.waiting:
            self.waiting, self._reason = True, reason
        self.fault = f"{self._reason}: waiting for it"

    def _fall(self, reason: str) -> None:
        """Without an output, play silently and say why."""
        self._drop()
        null = self._make("null")
        self._open(null, self._rate)
        self.output, self._silent, self.waiting, self._again = null, True, False, None
        self.fault = f"{reason}: playing silently"
        self._wake()

    def _drop(self, patience: float = _MOMENT) -> None:
        """Close the output in use, without waiting long for one that hangs."""
        output, self.output = self.output, None
        self._started = False
        if output is None:
            return
        self._gaps += output.underruns
        if self._kind in DEVICES and not self._silent:
            closing = _Call(output, output.close, self._wake)
            if not closing.wait(patience):
                self._left.append(closing)
        else:
            output.close()

    def _leave_call(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            if call.output is self.output:
                self._gaps += call.output.underruns
                self.output = None
            call.leave()
            if not call.over:
                self._left.append(call)
