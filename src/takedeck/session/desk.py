"""What the hands do: transport, volume, mute, solo, gain and loop, kept so that keys add up."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import Final

from takedeck.deck.client import DeckClient
from takedeck.deck.state import DeckState
from takedeck.session.mixer import HIGHEST_GAIN, LOWEST_GAIN, LoopRegion, MixerState

_ARRIVED: Final = 0.5
_GIVEN_UP: Final = 1.0


class Desk:
    """Commands to the deck. What was asked for counts, not what the deck last told of itself:
    it tells 20 times a second, and two quick keys must not cancel each other out.
    """

    def __init__(self, deck: DeckClient, volume: float) -> None:
        self._deck = deck
        self._set = MixerState()
        self._volume = volume
        self._sought: float | None = None
        self._heard = DeckState()
        self._wants_sound = False
        self._sought_at = 0.0
        self._loop_sent = False
        self._left_off = False
        """Whether the open track is where an earlier start left it, and not on the deck yet."""
        deck.volume(volume)

    @property
    def deck_state(self) -> DeckState:
        """The deck as it last told of itself."""
        return self._deck.state

    @property
    def shown_state(self) -> DeckState:
        """The deck as it is shown: one that has died keeps its place and volume on screen."""
        state = self._deck.state
        if state.transport != "empty":
            return state
        if self._heard.key is None or not (state.output_fault or self._left_off):
            return replace(state, volume=self._volume)
        return replace(
            self._heard,
            transport="paused" if self._left_off else "stopped",
            volume=self._volume,
            output=state.output,
            output_fault=state.output_fault,
        )

    @property
    def volume(self) -> float:
        """How loud everything is, 0–1."""
        return self._volume

    @property
    def marks(self) -> LoopRegion:
        """The loop's ends."""
        return self._set.marks

    def hear(self, state: DeckState) -> None:
        """Take in what the deck told."""
        if state.transport != "empty":
            self._heard, self._left_off = state, False
        if state.transport == "ended":
            self._wants_sound = False
        sought = self._sought
        if sought is not None and (
            abs(state.position - sought) < _ARRIVED or monotonic() - self._sought_at > _GIVEN_UP
        ):
            self._sought = None
        if self._set.marks.on and not self._loop_sent:
            self._send_loop()

    # --- the transport

    def stop(self) -> None:
        """Fall silent and go to the start."""
        self._sought, self._wants_sound = None, False
        if self._left_off:
            self._heard = replace(self._heard, position=0.0)
        self._deck.stop()

    def seek_to(self, seconds: float) -> None:
        """Go to that second of the track."""
        end = self._heard.duration
        self._sought = max(0.0, min(seconds, end) if end else seconds)
        self._sought_at = monotonic()
        if self._left_off:
            self._heard = replace(self._heard, position=self._sought)
        self._deck.seek(self._sought)

    def seek_by(self, seconds: float) -> None:
        """Move by so many seconds, from where the last key led."""
        self.seek_to((self._heard.position if self._sought is None else self._sought) + seconds)

    def seek_share(self, share: float) -> None:
        """Go to that share (0–1) of the track."""
        if self._heard.duration:
            self.seek_to(share * self._heard.duration)

    def volume_by(self, change: float) -> None:
        """Change the volume of everything by so much of 0–1."""
        self._volume = max(0.0, min(1.0, round(self._volume + change, 2)))
        self._deck.volume(self._volume)

    # --- the stems, once they are on the deck

    def _select(self, *, stems: bool) -> None:
        self._set.stems = stems
        self._deck.select("stems" if stems else "master")

    def _flip_mute(self, name: str) -> None:
        channel = self._set.channel(name)
        channel.muted = not channel.muted
        self._deck.mute(name, channel.muted)

    def _flip_solo(self, name: str) -> None:
        channel = self._set.channel(name)
        channel.soloed = not channel.soloed
        self._deck.solo(name, channel.soloed)

    def _add_gain(self, name: str, decibels: float) -> None:
        channel = self._set.channel(name)
        channel.gain = max(LOWEST_GAIN, min(HIGHEST_GAIN, channel.gain + decibels))
        self._deck.gain(name, channel.gain)

    # --- the loop

    def loop_in(self) -> None:
        """Begin the loop here."""
        self._mark(start=self._place())

    def loop_out(self) -> None:
        """End the loop here, and go to its start."""
        self._mark(end=self._place(), on=True)
        self.seek_to(self._set.marks.start or 0.0)

    def loop_switch(self) -> None:
        """Loop or no longer; without marks, the whole track."""
        self._mark(on=not self._set.marks.on)

    def _mark(
        self, *, start: float | None = None, end: float | None = None, on: bool | None = None
    ) -> None:
        marks = self._set.marks
        marks.start = start if start is not None else marks.start
        marks.end = end if end is not None else marks.end
        marks.on = on if on is not None else marks.on
        if marks.start is not None and marks.end is not None and marks.end <= marks.start:
            # The newer mark counts; the other end falls back to that end of the track.
            marks.start, marks.end = (marks.start, None) if end is None else (None, marks.end)
        self._send_loop()

    def _send_loop(self) -> None:
        marks, length = self._set.marks, self._heard.duration
        last = marks.end if marks.end is not None else length
        self._loop_sent = last is not None
        if last is not None:
            self._deck.loop(marks.start or 0.0, last, marks.on)

    def _place(self) -> float:
        return self._heard.position if self._sought is None else self._sought

    # --- a deck that was started again

    def _restore(self) -> None:
        """Set a deck that has just been loaded anew as the old one was."""
        for name, channel in self._set.channels.items():
            self._deck.mute(name, channel.muted)
            self._deck.solo(name, channel.soloed)
            self._deck.gain(name, channel.gain)
        if self._set.stems:
            self._deck.select("stems")
        if self._set.marks.on:
            self._send_loop()
