"""The transport line: what the deck does, where it is, how long the track is, how loud it plays."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from takedeck.session.views import DeckState, LoopRegion
from takedeck.times import clock
from takedeck.tui.messages import SeekAsked

_SIGNS = {
    "playing": "▶ ",
    "paused": "▮▮",
    "buffering": "… ",
    "loading": "… ",
    "waiting": "… ",
    "stopped": "■ ",
    "ended": "■ ",
    "empty": "■ ",
}


class TransportLine(Widget):
    """One line with the playhead; a click seeks."""

    deck: reactive[DeckState] = reactive(DeckState())
    loop: reactive[LoopRegion] = reactive(LoopRegion())

    def render(self) -> Content:
        """The line as it stands."""
        deck = self.deck
        lit = "$primary" if deck.busy else "$dim"
        start, width = self._rail()
        share = deck.position / deck.duration if deck.duration else 0.0
        head = min(width - 1, int(share * width)) if width else 0
        lead = f"{_SIGNS[deck.transport]} {deck.transport:<9} {clock(deck.position):>5} "
        rail = Content.assemble(
            ("━" * head, lit),
            ("●" if width else "", lit),
            ("─" * max(0, width - head - 1), "$border"),
        )
        return Content.assemble(
            (lead[:start], f"bold {lit}"),
            self._marked(rail, width),
            (f" {clock(deck.duration)}", "$dim"),
            (f"  vol {round(deck.volume * 100)} %", "$dim"),
        )

    def _marked(self, rail: Content, width: int) -> Content:
        """The rail with brackets at the loop's ends, and a colour between them while it is on."""
        loop, length = self.loop, self.deck.duration
        if not length or not width or (loop.start is None and loop.end is None and not loop.on):
            return rail
        first = min(width - 1, int((loop.start or 0.0) / length * width))
        end = length if loop.end is None else loop.end
        last = max(first, min(width - 1, int(end / length * width)))
        tone = "$secondary" if loop.on else "$dim"
        cells = [rail[:first], Content.styled("[", tone), rail[first + 1 : last]]
        if loop.on:
            cells[-1] = cells[-1].stylize("$secondary")
        if last > first:
            cells.append(Content.styled("]", tone))
        return Content.assemble(*cells, rail[last + 1 :])

    def on_click(self, event: events.Click) -> None:
        """Seek to where the rail was clicked."""
        start, width = self._rail()
        if width and start <= event.x < start + width:
            self.post_message(SeekAsked((event.x - start + 0.5) / width))

    def _rail(self) -> tuple[int, int]:
        start = 19
        tail = 1 + len(clock(self.deck.duration)) + 6 + len(f"{round(self.deck.volume * 100)} %")
        return start, max(0, self.size.width - start - tail)
