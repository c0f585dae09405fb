"""The track pane: the opened track, its parts, and the deck that plays them."""

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

_HINT = "No track is open.  enter opens the job under the cursor and plays it."


class TrackPane(Vertical):
    """Follows the track that was opened, wherever the cursor in the list goes."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = "Track"
        self._opened: OpenTrack | None = None

    def compose(self) -> ComposeResult:
        """Fields, lanes, transport and a foot that says how fresh and how far."""
        yield Paragraph(_HINT, id="track-head")
        yield Lanes(id="lanes")
        yield TransportLine(id="transport")
        yield Paragraph(id="track-foot")

    def show(self, opened: OpenTrack | None, now: datetime) -> None:
        """Show the opened track as it stands."""
        self._opened = opened
        head = self.query_one("#track-head", Paragraph)
        lanes = self.query_one(Lanes)
        self.query_one(TransportLine).display = opened is not None
        if opened is None:
            head.say(Content.styled(_HINT, "$dim"))
            lanes.show(())
            self.query_one("#track-foot", Paragraph).say(Content())
            return
        self.set_class(len(opened.versions) > 1, "-versions")
        head.say(describe(opened, now))
        lanes.show(tuple(Lane(name, opened.troubles.get(name)) for name in opened.part_names))

    def say_opening(self, name: str | None) -> None:
        """Name the job that is being opened, while the pane still shows another; None for none."""
        said = f"Track · opening {safe_line(name, 60)}…" if name else "Track"
        # Not a text, which would be read as markup: a title may hold brackets.
        self.border_title = Content(said)

    def play(
        self,
        deck: DeckState,
        loop: LoopRegion,
        peaks: Callable[[str], bytes],
        expected: Callable[[str], int],
        fresh: float | None,
    ) -> None:
        """Show the deck; called ten times a second while it plays."""
        if (length := self._length(deck)) is not None:
            deck = replace(deck, duration=length)
        line = self.query_one(TransportLine)
        # A copy: the one that is played is changed in place.
        line.deck, line.loop = deck, replace(loop)
        self.query_one(Lanes).play(deck, peaks, expected)
        if self._opened is not None:
            self.query_one("#track-foot", Paragraph).say(foot(self._opened, deck, fresh))

    def _length(self, deck: DeckState) -> float | None:
        """What the track's page says, while the deck does not know better."""
        track = self._opened.track if self._opened else None
        sure = deck.duration and not any(part.estimated for part in deck.parts)
        if sure or track is None or clock(track.duration) == clock(None):
            return None
        return track.duration


def describe(opened: OpenTrack, now: datetime) -> Content:
    """All fields of the track's page; while it is being fetched, that."""
    track = opened.track
    if track is None:
        if opened.trouble is not None:
            return Content.assemble(
                (f"{opened.trouble.title}: ", "bold $error"), opened.trouble.what
            )
        return Content.styled("fetching the track…", "$dim")
    if opened.versions:
        return _versions(opened, track)
    kind = {True: "instrumental", False: "with voice", None: ""}[track.instrumental]
    facts = [kind, track.engine, track.mode, track.licence_text if track.licence else ""]
    made = f"made {moment(track.created_at, now)}" if local(track.created_at) else ""
    more = [track.id, clock(track.duration) if track.duration else "", made]
    return Content.assemble(
        (track.name, "bold"),
        "\n",
        ("  ".join(fact for fact in facts if fact), "$dim"),
        "\n",
        ("  ".join(fact for fact in more if fact), "$dim"),
    )


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
    """How long the URL stays fresh, how much is buffered, and where the sound goes."""
    facts = [_freshness(opened, fresh)]
    if (share := opened.buffered) is not None:
        facts.append((f"buffered {int(share * 100)} %", "$dim"))
    if deck.null_db is not None:
        facts.append((f"null {deck.null_db:.1f} dB", "$secondary"))
    facts.append((deck.output_fault, "$warning") if deck.output_fault else (deck.output, "$dim"))
    cells: list[Content | tuple[str, str]] = []
    for text, tone in facts:
        if text:
            cells += [(" · ", "$dim")] if cells else []
            cells.append((text, tone))
    return Content.assemble(*cells)


def _freshness(opened: OpenTrack, fresh: float | None) -> tuple[str, str]:
    if opened.minting:
        return ("minting a URL…", "$dim")
    if opened.resumed:
        return ("as you left it, space plays on", "$secondary")
    if opened.kept:
        return ("from the cache", "$secondary")
    if fresh is None:
        return ("url end unknown" if opened.track else "", "$dim")
    if fresh > 0:
        return (f"url fresh for {int(fresh)} s", "$success")
    return ("url expired, r mints anew", "$dim")
