"""Textual's terminal driver, hardened so that no input can crash or hang the app."""

from __future__ import annotations

import asyncio
import codecs
import io
import os
import re
import select
import signal
import sys
from collections.abc import Callable, Iterable
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.keys import Keys
from textual.message import Message
from textual.messages import InBandWindowResize

from takedeck.tui.background import QUERY, BackgroundAnswer

if TYPE_CHECKING:
    from types import FrameType

    from _typeshed import ReadableBuffer
    from textual.app import App

_CHUNK: Final = 4_096
_POLL_INTERVAL: Final = 0.1
_LONGEST_PASTE: Final = 100_000
_LAST_CELL: Final = 10_000
"""Columns or rows; no real mouse clicks further out."""
_ANSWERS_WITHIN: Final = 5.0
"""Seconds within which a terminal, also a distant one, answers what it is asked."""
_QUEUE_LIMIT: Final = 200
"""Messages queued in the app; above it no more input is read."""
_ONLY_ESCAPES: Final = re.compile(r"(?:\x1b(?:\[27(?:;1)?u)?)+")


class Parser(XTermParser):
    """Turns input into messages; ignores invalid keys and mouse positions."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        # Textual 8.2.8 takes any number for a code point, and lets through lone surrogates, which
        # cannot be encoded.
        try:
            keys = list(super()._sequence_to_key_events(sequence, alt))
            for key in keys:
                f"{key.key}{key.character}".encode()
        except (ValueError, OverflowError):
            keys = [events.Key(Keys.Ignore.value, sequence)]
        return keys

    def parse_mouse_code(self, code: str) -> Message | None:
        """The mouse message, in cells; None for a position that no mouse can reach."""
        self.mouse_pixels = False  # a size report in the input switches it on, even unasked
        found = super().parse_mouse_code(code)
        if isinstance(found, events.MouseEvent) and max(found.x, found.y) > _LAST_CELL:
            return None
        return found


class Line(io.FileIO):
    """The terminal for writing: waits as long as it is slow, discards all once it is gone."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write; wait if another program has left the terminal in non-blocking mode."""
        try:
            while (count := super().write(data)) is None:
                select.select([], [self], [], _POLL_INTERVAL)
        except OSError:
            # The app notices by itself; if the writer thread died here, the app could not quit.
            count = len(memoryview(data))
        return count


class Driver(LinuxDriver):
    """Copes with any input. Takes the terminal's size from the kernel, never from the input."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        # Standard output, where Textual uses standard error, which may go to a file.
        screen = sys.__stdout__
        assert screen is not None  # noqa: S101 - the app is not opened without
        line = io.BufferedWriter(Line(screen.fileno(), "wb", closefd=False))
        self._file = io.TextIOWrapper(line, screen.encoding, errors="replace", newline="")
        self.leaving = False
        """Whether the app was told to quit: then SIGCONT must not take the terminal over again."""
        self._suspended = False
        self._background: BackgroundAnswer | None = None
        self._on_background: Callable[[bool], None] | None = None
        self._asked_until = 0.0

    def ask_background(self, answered: Callable[[bool], None]) -> None:
        """Ask the terminal for its background; `answered` is told in the app's loop if it is dark.

        A terminal that does not know the question says nothing.
        """
        self._on_background = answered
        self._asked_until = monotonic() + _ANSWERS_WITHIN
        self._background = BackgroundAnswer()
        self.write(QUERY)
        self.flush()

    def write(self, data: str) -> None:
        """Write to the terminal, unless the app is suspended.

        Then no writer thread empties the queue, and a write to a full queue would block.
        """
        if not self._suspended:
            super().write(data)

    def suspend_application_mode(self) -> None:
        """Give the terminal back until the app resumes."""
        super().suspend_application_mode()
        self._suspended = True

    def _sigcont_application(self, *arguments: object) -> None:
        # Told to quit while it was suspended: the terminal is already restored.
        if not self.leaving:
            super()._sigcont_application(*arguments)

    def start_application_mode(self) -> None:
        """Take the terminal over and watch its size."""
        self._suspended = False
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # Textual's handler reads the size before it posts it. If a second signal interrupts it,
        # the old size is posted last, and the app keeps it.
        signal.signal(signal.SIGWINCH, self._resized)

    def _resized(self, _number: int, _: FrameType | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_size)

    def _tell_size(self) -> None:
        size = Size(*self._get_terminal_size())
        self._app.post_message(events.Resize(size, size))

    def run_input_thread(self) -> None:
        """Read input until told to stop, no faster than the app handles it."""
        parser, decoder = Parser(), codecs.getincrementaldecoder("utf-8")(errors="replace")
        while not self.exit_event.is_set():
            text = ""
            if any(select.select([self.fileno], [], [], _POLL_INTERVAL)):
                text = self._without_answer(decoder.decode(self._read()))
            elif self._background is not None:
                text = self._background.rest()
            # A paste without its end marker would swallow every key: let escape end it.
            if _ONLY_ESCAPES.fullmatch(text):
                self._take(parser.feed(BRACKETED_PASTE_END))
            if text and self._take(parser.feed(text)) > _QUEUE_LIMIT:
                self._wait_for_app()
            self._take(parser.tick())

    def _without_answer(self, text: str) -> str:
        answer = self._background
        if answer is None:
            return text
        text = answer.take(text)
        if monotonic() > self._asked_until:
            self._background = None
            return text + answer.rest()
        if answer.dark is not None and self._on_background is not None:
            self._background = None
            self._loop.call_soon_threadsafe(self._on_background, answer.dark)
        return text

    def _read(self) -> bytes:
        try:
            data = os.read(self.fileno, _CHUNK)
        except OSError:
            data = b""
        if not data:
            # The terminal is gone; the app notices that by itself.
            self.exit_event.wait(_POLL_INTERVAL)
        return data

    def _take(self, messages: Iterable[Message]) -> int:
        count = 0
        for count, message in enumerate(messages, 1):  # noqa: B007 - how many there were
            self.process_message(message)
        return count

    def _wait_for_app(self) -> None:
        waiting = asyncio.run_coroutine_threadsafe(self._caught_up(), self._loop)
        while not (waiting.done() or self.exit_event.wait(_POLL_INTERVAL / 10)):
            pass
        waiting.cancel()

    async def _caught_up(self) -> None:
        app = self._app
        while app.is_running and app.screen_stack:
            pumps = [app, *app.screen_stack, *filter(None, (app.focused,))]
            if sum(pump.message_queue_size for pump in pumps) < _QUEUE_LIMIT:
                return
            await asyncio.sleep(_POLL_INTERVAL / 10)

    def process_message(self, message: Message) -> None:
        """Pass the message on, but no sizes from the input, and pastes only in printable text."""
        if isinstance(message, (events.Resize, InBandWindowResize)):
            return
        if isinstance(message, events.Paste):
            text = message.text[:_LONGEST_PASTE]
            message = events.Paste("".join(c for c in text if c.isprintable() or c in "\n\r\t"))
        super().process_message(message)

    def _query_in_band_window_resize(self) -> None:
        """Do not ask: SIGWINCH tells of a new size, and cannot be forged by input."""
