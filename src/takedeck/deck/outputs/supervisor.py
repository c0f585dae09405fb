"""Keeps one output open: falls back to silence without a device, and waits for a lost one.

A call to a hanging sound server may block for any time. So every call to a device runs in its own
thread: the deck's thread waits briefly for it, and checks on it later.
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
"""Seconds of silence after which the output is stopped; until then, sound starts at once."""

DEVICES: Final = ("auto", "device")
"""The kinds of output that may hang, be lost and come back."""

_CALL_SECONDS: Final = 0.25
"""How long the deck's thread waits for a call before it goes on."""

_LATE: Final = 1.0
"""Seconds after which a device that has worked before counts as not answering."""

_LATE_AT_FIRST: Final = 3.0
"""The same for a device that is opened for the first time: some take that long."""

_FIRST_RETRY: Final = 0.25
_RETRY_IN_USE: Final = 1.0
_RETRY_IDLE: Final = 5.0
"""Seconds until a lost device is retried: first, then doubling up to these two limits."""

_ABANDON_AFTER: Final = 40.0
"""Seconds after which a call is abandoned: libpulse's own timeout is 30."""

_MOST_ABANDONED: Final = 4
_MAX_SILENT_OPENS: Final = 3
"""Give up on a device that was opened this often without ever asking for frames."""

_LOST_AGAIN: Final = 10.0
"""An output that is no device is not restarted twice within this many seconds."""

_NO_ANSWER: Final = "the sound device does not answer"

Source = Callable[[Output, int], Block | None]


class _Call:
    """A call to an output in its own thread; the callback `over` is called when it ends."""

    def __init__(self, output: Output, work: Callable[[], None], over: Callable[[], None]) -> None:
        self.output = output
        self.begun = time.monotonic()
        self.error: OutputError | None = None
        self._work = work
        self._report = over
        self._lock = threading.Lock()
        self._abandoned = False
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="ask-output", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        with self._lock:
            return self._ended

    def wait(self, seconds: float) -> bool:
        """Wait for at most `seconds`; returns whether it has ended."""
        self._thread.join(seconds)
        return self.over

    def leave(self) -> None:
        """Abandon the call: its output is closed as soon as the call returns."""
        with self._lock:
            self._abandoned = True
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
                self._ended, left = True, self._abandoned
            if left:
                self.output.close()
            self._report()


class Supervisor:
    """The output in use. All methods but `flows` are for the deck's thread.

    `make` makes an output of a kind, `source` renders frames for an output, and `wake` is called,
    from any thread, when `tend` has something to do.
    """

    def __init__(
        self, make: Callable[[str], Output], source: Source, wake: Callable[[], None]
    ) -> None:
        self.output: Output | None = None
        self.fault: str | None = None
        self.waiting = False
        """A device that worked is lost: playback stands still until it is back."""
        self.latency = 0.0
        """Latency of the last output in seconds."""
        self._make = make
        self._source = source
        self._wake = wake
        self._kind = ""
        self._rate = 0
        self._gaps = 0
        self._call: _Call | None = None
        self._abandoned: list[_Call] = []
        self._silent = False
        self._worked = False
        self._asked_for_frames = False
        self._silent_opens = 0
        self._started = False
        self._reason = ""
        self._retry_at: float | None = None
        self._delay = _FIRST_RETRY
        self._lost_at = float("-inf")
        self._tended = self._quiet_since = time.monotonic()

    @property
    def underruns(self) -> int:
        """Gaps heard from all outputs so far."""
        return self._gaps + (self.output.underruns if self.output else 0)

    # --- commands

    def choose(self, kind: str, rate: int) -> None:
        """Switch to an output of that kind, at `rate` Hz."""
        self._abandon_call()
        self._drop()
        self._kind, self._rate = kind, rate
        self._silent = self._worked = self._asked_for_frames = self.waiting = False
        self._silent_opens, self._retry_at, self._delay, self.fault = 0, None, _FIRST_RETRY, None
        try:
            output = self._make(kind)
            if kind in DEVICES:
                self._start_call(output, partial(self._open, output, rate))
            else:
                # An offline file is opened when its rate is known: its header cannot change later.
                if not output.offline:
                    self._open(output, rate)
                self.output = output
        except OutputError as error:
            self._fall_back(str(error))

    def urge(self) -> None:
        """Retry a missing device at once."""
        if self._kind in DEVICES and (self.waiting or self._silent):
            self._retry_at, self._delay = time.monotonic(), _FIRST_RETRY

    def flows(self) -> None:
        """The output has asked for frames: it works."""
        if not self._silent:
            self._asked_for_frames, self._silent_opens, self._delay = True, 0, _FIRST_RETRY
        if self.waiting:
            self.waiting, self.fault = False, None

    def tend(self, rate: int, *, rated: bool, needed: bool) -> bool:
        """Bring the output to `rate` Hz; run it if `needed`, else stop it after a while.

        `rated` tells that the rate is final. Returns whether the output, `fault` or `waiting` has
        changed.
        """
        now, self._rate = time.monotonic(), rate
        # If this process itself was suspended, a missing callback says nothing about the device.
        slept, self._tended = now - self._tended > 1.0, now
        before = (self.output, self.fault, self.waiting)
        if needed:
            self._quiet_since = now
        if self._call is not None:
            self._check_call(self._call)
        if self._call is None and self._retry_at is not None and now >= self._retry_at:
            self._retry(often=needed)
        output = self.output
        if output is not None and (self._call is None or self._call.output is not output):
            try:
                self._maintain(output, rated=rated, needed=needed, slept=slept)
            except OutputError as error:
                self._fail(output, str(error))
        if self.waiting and self.output is not None and self._call is None and not needed:
            self.waiting, self.fault = False, None
        return before != (self.output, self.fault, self.waiting)

    def close(self) -> None:
        """Let the output play the frames it still holds, and close it."""
        output = self.output
        if output is not None and self._call is None and not output.lost:
            rest = 1.5 * output.latency
            if time.monotonic() - self._quiet_since < rest + 0.05:
                threading.Event().wait(rest)
        self._abandon_call()
        self._drop(patience=1.0)

    # --- inside

    def _maintain(self, output: Output, *, rated: bool, needed: bool, slept: bool) -> None:
        device = self._kind in DEVICES and not self._silent
        if output.lost and not (slept and device):
            self._handle_loss(output, device=device)
            return
        differs = output.rate != self._rate or output.underran
        reopen = differs and (rated or not output.offline)
        idle = not needed and time.monotonic() - self._quiet_since > IDLE
        if device:
            if reopen or (idle if self._started else needed):
                self._started = needed
                self._start_call(output, partial(self._adjust, output, reopen=reopen, start=needed))
            return
        if reopen:
            output.stop()
            self._open(output, self._rate)
        if needed and output.rate:
            output.start()
        elif idle:
            output.stop()

    def _adjust(self, output: Output, *, reopen: bool, start: bool) -> None:
        if reopen or not start:
            output.stop()
        if reopen:
            self._open(output, self._rate)
        if start:
            output.start()

    def _open(self, output: Output, rate: int) -> None:
        output.open(rate, partial(self._source, output))

    def _start_call(self, output: Output, work: Callable[[], None]) -> None:
        """Start the call; its result is handled now if it is quick, or else by a later `tend`."""
        self._call = call = _Call(output, work, self._wake)
        if call.wait(_CALL_SECONDS):
            self._finish_call(call)

    def _check_call(self, call: _Call) -> None:
        if call.over:
            self._finish_call(call)
            return
        taken = time.monotonic() - call.begun
        if taken > _ABANDON_AFTER and len(self._abandoned) < _MOST_ABANDONED:
            self._abandon_call()
            self._fail(call.output, _NO_ANSWER)
        elif self._worked and taken > (_CALL_SECONDS if self.waiting else _LATE):
            self._report_waiting(_NO_ANSWER)
        elif not self._worked and taken > _LATE_AT_FIRST and not self._silent:
            self._fall_back(_NO_ANSWER)

    def _finish_call(self, call: _Call) -> None:
        self._call = None
        output, in_use = call.output, call.output is self.output
        if call.error is None:
            if not in_use:
                self._drop()
                self.output, self._started = output, False
                if self._silent:
                    self._silent, self.fault = False, None
            self._worked, self._retry_at, self.latency = True, None, output.latency
        elif in_use:
            self._fail(output, str(call.error))
        else:
            output.close()
            if self.waiting:
                self._report_waiting(str(call.error))
            elif not self._silent:
                self._fall_back(str(call.error))

    def _retry(self, *, often: bool) -> None:
        """Open the device again, and schedule the next retry."""
        self._retry_at = None
        if self.waiting:
            self._retry_at = time.monotonic() + self._delay
            self._delay = min(2 * self._delay, _RETRY_IN_USE if often else _RETRY_IDLE)
        self._abandoned = [call for call in self._abandoned if not call.over]
        if len(self._abandoned) < _MOST_ABANDONED:
            output = self._make(self._kind)
            self._start_call(output, partial(self._open, output, self._rate))

    def _handle_loss(self, output: Output, *, device: bool) -> None:
        reason = f"the {output.name} stopped answering"
        if device:
            self._silent_opens += not self._asked_for_frames
            if self._silent_opens < _MAX_SILENT_OPENS:
                self._wait_for_device(output, reason)
            else:
                self._fall_back(reason)
            return
        now = time.monotonic()
        if now - self._lost_at < _LOST_AGAIN:
            raise OutputError(reason)
        self._lost_at = now
        output.close()
        self._open(output, self._rate)
        output.start()
        self._wake()

    def _fail(self, output: Output, reason: str) -> None:
        if self._kind in DEVICES and self._worked and not self._silent:
            self._wait_for_device(output, reason)
        else:
            self._fall_back(reason)

    def _wait_for_device(self, output: Output, reason: str) -> None:
        """Wait for a device that worked; the first retry is made at once, and not reported."""
        if self.waiting:
            self._report_waiting(reason)
            self._retry_at = time.monotonic() + self._delay
        else:
            self.waiting, self._reason = True, reason
            self._retry_at, self._delay = time.monotonic(), _FIRST_RETRY
        self.latency = output.latency
        self._drop()
        self._wake()

    def _report_waiting(self, reason: str) -> None:
        if not self.waiting:
            self.waiting, self._reason = True, reason
        self.fault = f"{self._reason}: waiting for it"

    def _fall_back(self, reason: str) -> None:
        """Play silently, with `reason` in `fault`."""
        self._drop()
        null = self._make("null")
        self._open(null, self._rate)
        self.output, self._silent, self.waiting, self._retry_at = null, True, False, None
        self.fault = f"{reason}: playing silently"
        self._wake()

    def _drop(self, patience: float = _CALL_SECONDS) -> None:
        """Close the output in use; wait at most `patience` seconds if it hangs."""
        output, self.output = self.output, None
        self._started = False
        if output is None:
            return
        self._gaps += output.underruns
        if self._kind in DEVICES and not self._silent:
            closing = _Call(output, output.close, self._wake)
            if not closing.wait(patience):
                self._abandoned.append(closing)
        else:
            output.close()

    def _abandon_call(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            if call.output is self.output:
                self._gaps += call.output.underruns
                self.output = None
            call.leave()
            if not call.over:
                self._abandoned.append(call)
