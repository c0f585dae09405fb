"""The transport line: what the deck does, where it is, how long the track is, how loud it plays."""

from __future__ import annotations

from time import monotonic
from typing import Final, NamedTuple

from textual import events
from textual.content import Content
from textual.widget import Widget

from takedeck.session.views import DeckState, LoopRegion
from takedeck.times import clock
from takedeck.tui.messages import PlayAsked, SeekAsked, VolumeAsked

_SIGNS: Final = {
    "playing": "▶",
    "paused": "‖",
    "buffering": "…",
    "loading": "…",
    "waiting": "…",
    "stopped": "■",
    "ended": "■",
    "empty": "…",
}
_WORDS: Final = {"playing": "", "empty": "loading…", "loading": "loading…"}
_CLIPPED: Final = 2.0
"""Seconds for which it is shown that the sum was over full scale."""
_WIDE: Final = 90
_CLIP: Final = " CLIP"


class _Shown(NamedTuple):
    """Everything the line is drawn from; it is redrawn only when this changes."""

    transport: str
    place: str
    length: str
    head: int
    region: tuple[int, int] | None
    looping: bool
    volume: int
    clipped: bool


class TransportLine(Widget):
    """One line with the playhead; a click seeks, plays or pauses, or changes the volume."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._deck = DeckState()
        self.loop = LoopRegion()
        self._clips = 0
        self._clipped_at = -_CLIPPED
        self._shown: _Shown | None = None

    def play(self, deck: DeckState, loop: LoopRegion) -> None:
        """Show the deck; called ten times a second while it plays."""
        if deck.clips > self._clips and deck.key == self._deck.key:
            self._clipped_at = monotonic()
        self._clips = deck.clips
        self._deck, self.loop = deck, loop
        if (shown := self._measure()) != self._shown:
            self._shown = shown
            self.refresh()

    def _measure(self) -> _Shown:
        deck, (_, width) = self._deck, self._rail()
        share = deck.position / deck.duration if deck.duration else 0.0
        return _Shown(
            deck.transport,
            clock(deck.position),
            clock(deck.duration),
            min(width - 1, int(share * width)) if width else 0,
            self._region(width),
            self.loop.on,
            round(deck.volume * 100),
            monotonic() - self._clipped_at < _CLIPPED,
        )

    def render(self) -> Content:
        """The line as it stands."""
        shown, (start, width) = self._measure(), self._rail()
        lit = "$primary" if self._deck.busy else "$dim"
        rail = Content.assemble(
            ("━" * shown.head, lit),
            ("●" if width else "", lit),
            ("─" * max(0, width - shown.head - 1), "$border"),
        )
        return Content.assemble(
            (self._lead()[:start], f"bold {lit}"),
            self._marked(rail, shown),
            (f" {shown.length}", "$dim"),
            (self._tail(shown.volume), "$dim"),
            (_CLIP, "bold $background on $error") if shown.clipped and width else "",
        )

    def _lead(self) -> str:
        word = _WORDS.get(self._deck.transport, self._deck.transport)
        return f"{_SIGNS[self._deck.transport]} {word + ' ' if word else ''}{self._place()} "

    def _place(self) -> str:
        return clock(self._deck.position)

    def _tail(self, percent: int) -> str:
        if self.size.width < _WIDE:
            return f"  vol {percent} %"
        full = round(percent / 10)
        return f"   vol {'━' * full}{'─' * (10 - full)} {percent} %"

    def _region(self, width: int) -> tuple[int, int] | None:
        """The columns of the loop's two ends on the rail."""
        loop, length = self.loop, self._deck.duration
        if not length or not width or (loop.start is None and loop.end is None and not loop.on):
            return None
        first = min(width - 1, int((loop.start or 0.0) / length * width))
        end = length if loop.end is None else loop.end
        return first, max(first, min(width - 1, int(end / length * width)))

    def _marked(self, rail: Content, shown: _Shown) -> Content:
        """The rail with brackets at the loop's ends, and a colour between them while it is on."""
        if shown.region is None:
            return rail
        first, last = shown.region
        tone = "$secondary" if shown.looping else "$dim"
        inner = rail[first + 1 : last]
        if shown.looping:
            inner = inner.stylize("$secondary")
        cells = [rail[:first], Content.styled("[", tone), inner]
        if last > first:
            cells.append(Content.styled("]", tone))
        return Content.assemble(*cells, rail[last + 1 :])

    def on_click(self, event: events.Click) -> None:
        """Seek to where the rail was clicked; before it play or pause, behind it the volume."""
        start, width = self._rail()
        if event.x < start:
            self.post_message(PlayAsked())
        elif width and event.x < start + width:
            self.post_message(SeekAsked((event.x - start + 0.5) / width))
        else:
            tail = len(self._tail(round(self._deck.volume * 100)))
            middle = self.size.width - len(_CLIP) - tail // 2
            self.post_message(VolumeAsked(5 if event.x >= middle else -5))

    def _rail(self) -> tuple[int, int]:
        """The first column of the rail, and how many there are."""
        start = len(self._lead())
        tail = 1 + len(clock(self._deck.duration))
        tail += len(self._tail(round(self._deck.volume * 100))) + len(_CLIP)
        return start, max(0, self.size.width - start - tail)
