"""The track pane: the opened track as a mixer, and the deck that plays it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from takedeck.model import Track
from takedeck.session.views import DeckState, LoopRegion, OpenTrack
from takedeck.text import safe_line
from takedeck.times import clock, local
from takedeck.tui.format import moment
from takedeck.tui.widgets.lanes import Lane, Lanes
from takedeck.tui.widgets.paragraph import Paragraph
from takedeck.tui.widgets.transport import TransportLine

_HINT = "No track is open. enter plays the job under the cursor."


class TrackPane(Vertical):
    """Follows the track that was opened, wherever the cursor in the list goes."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = "Track"
        self._opened: OpenTrack | None = None
        self._opening: str | None = None

    def compose(self) -> ComposeResult:
        """A text, the lanes, the transport, and a line about link, buffer and output."""
        yield Paragraph(id="track-name")
        yield Paragraph(_HINT, id="track-head")
        yield Lanes(id="lanes")
        yield TransportLine(id="transport")
        yield Paragraph(id="track-foot")

    def show(self, opened: OpenTrack | None, now: datetime) -> None:
        """Show the open track."""
        self._opened = opened
        head, lanes = self.query_one("#track-head", Paragraph), self.query_one(Lanes)
        track = opened.track if opened is not None else None
        self.query_one(TransportLine).display = track is not None
        self._title_it(opened, now)
        said = describe(opened)
        head.say(said)
        head.display = bool(said)
        if opened is None or track is None:
            lanes.show(())
            self.query_one("#track-foot", Paragraph).say(Content())
            return
        lanes.show(tuple(Lane(name, opened.troubles.get(name)) for name in opened.part_names))

    def say_opening(self, name: str | None) -> None:
        """Name the job that is being opened, while the pane still shows another; None for none."""
        self._opening = name
        self._title_it(self._opened, None)

    def _title_it(self, opened: OpenTrack | None, now: datetime | None) -> None:
        """Set the border's texts: the track's name and facts."""
        track = opened.track if opened is not None else None
        title, under = "Track", self.border_subtitle or ""
        if track is not None:
            voice = {True: "instrumental", False: "with voice", None: ""}[track.instrumental]
            licence = track.licence_text if track.licence else ""
            title = " · ".join(w for w in (track.name, track.engine, voice, licence) if w)
            made = (
                f"made {moment(track.created_at, now)}" if now and local(track.created_at) else ""
            )
            if now is not None:
                under = " · ".join(word for word in (track.mode, track.id, made) if word)
        if self._opening:
            title = f"Track · opening {safe_line(self._opening, 60)}…"
        # Not texts, which would be read as markup: a title may hold brackets.
        self.border_title = Content(safe_line(title))
        # Where there is no room for borders, see `-low` in the style sheet.
        self.query_one("#track-name", Paragraph).say(Content(safe_line(title)))
        self.border_subtitle = Content(under if isinstance(under, str) else str(under))

    def play(
        self,
        deck: DeckState,
        loop: LoopRegion,
        bands: Callable[[str], bytes],
        expected: Callable[[str], int],
        fresh: float | None,
        hint: tuple[str, str] | None = None,
    ) -> None:
        """Show the deck; called ten times a second while it plays.

        `hint` has the keys that are of use now, and what they do.
        """
        if (length := self._length(deck)) is not None:
            deck = replace(deck, duration=length)
        # A copy: the region that is played is changed in place.
        region = replace(loop)
        self.query_one(TransportLine).play(deck, region)
        self.query_one(Lanes).play(deck, region, bands, expected)
        if self._opened is not None and self._opened.track is not None:
            said = foot(self._opened, deck, fresh)
            room = self.scrollable_content_region.width
            if hint is not None and said.cell_length + sum(map(len, hint)) + 4 <= room:
                keys, words = hint
                said = Content.assemble(said, "   ", (keys, "bold $primary"), (f" {words}", "$dim"))
            self.query_one("#track-foot", Paragraph).say(said)

    def _length(self, deck: DeckState) -> float | None:
        """The server's length of the track, until the deck knows the exact one."""
        track = self._opened.track if self._opened else None
        sure = deck.duration and not any(part.estimated for part in deck.parts)
        if sure or track is None or clock(track.duration) == clock(None):
            return None
        return track.duration


def describe(opened: OpenTrack | None) -> Content:
    """The text above the lanes: a hint, an error or the versions; else nothing."""
    if opened is None:
        return Content.styled(_HINT, "$dim")
    track = opened.track
    if track is None:
        if opened.trouble is not None:
            return Content.assemble(
                (opened.trouble.head, "bold $error"),
                opened.trouble.said.removeprefix(opened.trouble.head),
            )
        return Content.styled("loading…", "$dim")
    return _versions(opened, track) if opened.versions else Content()


def _versions(opened: OpenTrack, track: Track) -> Content:
    """All tracks of the job, one to a line, and how to get from one to the other."""
    cells: list[Content | str | tuple[str, str]] = []
    for number, version in enumerate(opened.versions, 1):
        here = version.id == track.id
        facts = [clock(version.duration) if version.duration else "", version.engine]
        facts += [f"{label} {text}" for label, text in version.facts if label == "version"]
        cells += [
            (f"{'▸' if here else ' '} {number}  ", "$primary" if here else "$dim"),
            (version.name, "bold" if here else ""),
            (f"  {'  '.join(fact for fact in facts if fact)}\n", "$dim"),
        ]
    cells += [("v V", "bold $primary"), ("  the other version, at the same second", "$dim")]
    return Content.assemble(*cells)


def foot(opened: OpenTrack, deck: DeckState, fresh: float | None) -> Content:
    """How long the link stays fresh, how much is buffered, and the output."""
    facts = [_freshness(opened, fresh)]
    if (share := opened.buffered) is not None:
        facts.append((f"buffered {int(share * 100)} %", "$dim"))
    if deck.null_db is not None:
        facts.append((f"null test {deck.null_db:.1f} dB".replace("-", "−"), "$secondary"))
    facts.append((deck.output_fault, "$warning") if deck.output_fault else (deck.output, "$dim"))
    cells: list[Content | tuple[str, str]] = []
    for text, tone in facts:
        if text:
            cells += [(" · ", "$dim")] if cells else []
            cells.append((text, tone))
    return Content.assemble(*cells)


def _freshness(opened: OpenTrack, fresh: float | None) -> tuple[str, str]:
    if opened.minting:
        return ("renewing the link…", "$dim")
    if opened.resumed:
        return ("as you left it · space plays on", "$secondary")
    if opened.kept:
        return ("from the cache", "$secondary")
    if fresh is None:
        return ("link of unknown age" if opened.track else "", "$dim")
    if fresh > 0:
        return (f"link fresh {int(fresh)} s", "$success")
    return ("link expired · r renews it", "$dim")
