"""Textual's driver for terminals, made so that no input can end or stop the app."""

from __future__ import annotations

import asyncio
import codecs
import io
import os
import re
import select
import signal
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size
from textual.keys import Keys
from textual.message import Message
from textual.messages import InBandWindowResize

if TYPE_CHECKING:
    from types import FrameType

    from _typeshed import ReadableBuffer
    from textual.app import App

_CHUNK: Final = 4_096
_LOOK_EVERY: Final = 0.1
_LONGEST_PASTE: Final = 100_000
_FARTHEST: Final = 10_000
"""Columns or rows; a click beyond has not been made with a mouse."""
_MANY: Final = 200
"""So many keys may wait for the app before no more are read."""
_ONLY_ESCAPES: Final = re.compile(r"(?:\x1b(?:\[27(?:;1)?u)?)+")


class Parser(XTermParser):
    """What was typed, as messages. What names no key, and no place on a screen, is left out."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        # Textual 8.2.8 takes every number for a character's, and half a character for a whole one,
        # which can then not be written.
        try:
            keys = list(super()._sequence_to_key_events(sequence, alt))
            for key in keys:
                f"{key.key}{key.character}".encode()
        except (ValueError, OverflowError):
            keys = [events.Key(Keys.Ignore.value, sequence)]
        return keys

    def parse_mouse_code(self, code: str) -> Message | None:
        """Where the mouse is, in cells; None where no mouse can be."""
        self.mouse_pixels = False  # which a report of the size switches on, asked for or not
        found = super().parse_mouse_code(code)
        if isinstance(found, events.MouseEvent) and max(found.x, found.y) > _FARTHEST:
            return None
        return found


class Line(io.FileIO):
    """A terminal that is written to: for ever, were it slow, and to nobody once it is gone."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, and wait where another program has left the line so that it does not."""
        try:
            while (count := super().write(data)) is None:
                select.select([], [self], [], _LOOK_EVERY)
        except OSError:
            # The app finds out by itself, and a thread that ends here would hold up its end.
            count = len(memoryview(data))
        return count


class Driver(LinuxDriver):
    """Reads whatever bytes come. The size is the terminal line's own, not what the input says."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        # Not Textual's standard error, which may go to a file.
        screen = sys.__stdout__
        assert screen is not None  # noqa: S101 - the app is not opened without
        line = io.BufferedWriter(Line(screen.fileno(), "wb", closefd=False))
        self._file = io.TextIOWrapper(line, screen.encoding, errors="replace", newline="")
        self.leaving = False
        """Whether the app is told to end: then, stopped and continued, it takes nothing over."""
        self._suspended = False

    def write(self, data: str) -> None:
        """Write to the terminal, unless it has been given back while the app is stopped.

        Nobody would read what is queued then, and the thirtieth write waits for a reader.
        """
        if not self._suspended:
            super().write(data)

    def suspend_application_mode(self) -> None:
        """Give the terminal back, until the app goes on."""
        super().suspend_application_mode()
        self._suspended = True

    def _sigcont_application(self, *arguments: object) -> None:
        # Told to end while it was stopped: the terminal is given back already.
        if not self.leaving:
            super()._sigcont_application(*arguments)

    def start_application_mode(self) -> None:
        """Take the terminal over; hear of its size from now on."""
        self._suspended = False
        super().start_application_mode()  # type: ignore[no-untyped-call]
        # Textual's handler takes the size with it: one that a second one interrupts tells the old
        # size last, and the app stays so.
        signal.signal(signal.SIGWINCH, self._resized)

    def _resized(self, _number: int, _: FrameType | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell_size)

    def _tell_size(self) -> None:
        size = Size(*self._get_terminal_size())
        self._app.post_message(events.Resize(size, size))

    def run_input_thread(self) -> None:
        """Read until told to stop, never more at once than the app keeps up with."""
        parser, decoder = Parser(), codecs.getincrementaldecoder("utf-8")(errors="replace")
        while not self.exit_event.is_set():
            if any(select.select([self.fileno], [], [], _LOOK_EVERY)):
                text = decoder.decode(self._read())
                # A paste that was cut off would take every key; who presses escape wants out.
                if _ONLY_ESCAPES.fullmatch(text):
                    self._take(parser.feed(BRACKETED_PASTE_END))
                if text and self._take(parser.feed(text)) > _MANY:
                    self._wait_for_app()
            self._take(parser.tick())

    def _read(self) -> bytes:
        try:
            data = os.read(self.fileno, _CHUNK)
        except OSError:
            data = b""
        if not data:
            # The terminal is gone, which the app finds out by itself: here is nothing to do.
            self.exit_event.wait(_LOOK_EVERY)
        return data

    def _take(self, messages: Iterable[Message]) -> int:
        count = 0
        for count, message in enumerate(messages, 1):  # noqa: B007 - how many there were
            self.process_message(message)
        return count

    def _wait_for_app(self) -> None:
        waiting = asyncio.run_coroutine_threadsafe(self._caught_up(), self._loop)
        while not (waiting.done() or self.exit_event.wait(_LOOK_EVERY / 10)):
            pass
        waiting.cancel()

    async def _caught_up(self) -> None:
        app = self._app
        while app.is_running and app.screen_stack:
            pumps = [app, *app.screen_stack, *filter(None, (app.focused,))]
            if sum(pump.message_queue_size for pump in pumps) < _MANY:
                return
            await asyncio.sleep(_LOOK_EVERY / 10)

    def process_message(self, message: Message) -> None:
        """Hand it to the app, a paste without what a terminal would obey or show as nothing."""
        if isinstance(message, (events.Resize, InBandWindowResize)):
            return
        if isinstance(message, events.Paste):
            text = message.text[:_LONGEST_PASTE]
            message = events.Paste("".join(c for c in text if c.isprintable() or c in "\n\r\t"))
        super().process_message(message)

    def _query_in_band_window_resize(self) -> None:
        """Not asked: the signal of the terminal's line says it, and cannot be typed."""
