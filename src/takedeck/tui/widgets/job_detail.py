"""The job detail pane: everything known of the job under the cursor."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from takedeck.model import Job, Track
from takedeck.times import clock
from takedeck.tui.commands import Where, bindings
from takedeck.tui.format import age, ago, bar, moment
from takedeck.tui.widgets.paragraph import Paragraph

if TYPE_CHECKING:
    from takedeck.session.views import Estimate

_LABEL = 10
Cells = list[Content | str | tuple[str, str]]


class JobDetail(VerticalScroll):
    """Scrolls, so that an error can be read whole however long it is."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.JOB)]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = "Job"
        self.job: Job | None = None

    def compose(self) -> ComposeResult:
        """One text in a scroller."""
        yield Paragraph("no job", id="job-text")

    def action_move(self, lines: int) -> None:
        """Scroll by that many lines, without animation, so that quick key presses add up."""
        self.scroll_to(y=self.scroll_target_y + lines, animate=False, immediate=True)

    def show(
        self,
        job: Job | None,
        now: datetime,
        estimate: Estimate | None = None,
        *,
        opened: bool = False,
    ) -> None:
        """Show the job; None shows that there is none.

        What the track pane says of an `opened` job's track is not repeated.
        """
        if job is not None and self.job is not None and job.id != self.job.id:
            self.scroll_home(animate=False)
        self.job = job
        width = max(20, self.scrollable_content_region.width)
        said = Content.styled("no job", "$dim")
        if job is not None:
            said = describe(job, now, width, estimate, opened=opened)
        self.query_one("#job-text", Paragraph).say(said)


def describe(
    job: Job, now: datetime, width: int, estimate: Estimate | None = None, *, opened: bool = False
) -> Content:
    """The status and its reason first, then one fact a line."""
    word = job.status.word
    tone = TONES.get(word, "$dim")
    cells: Cells = []
    if job.track and job.track.title and not opened:
        cells += [(job.track.title, "bold"), "\n"]
    made = " · ".join(fact for fact in (job.engine, job.mode) if fact)
    cells += [(f"{job.status.sign} {word}", f"bold {tone}"), f"  {job.id}"]
    if made and not opened:
        cells.append((f"  {made}", "$dim"))
    cells.append("\n")
    cells += _reasons(job)
    if job.status.active:
        cells += _under_way(job, now, width, estimate, tone)
    if not opened:
        cells += _tracks(job)
    cells += _field("created", (_created(job, now, width - _LABEL), ""))
    for name, text in job.facts:
        if text != job.engine:
            cells += _field(name, (text, ""))
    cells += _next(job, opened=opened)
    return Content.assemble(*cells).rstrip("\n")


def _under_way(job: Job, now: datetime, width: int, estimate: Estimate | None, tone: str) -> Cells:
    """Progress, running time and estimate."""
    cells: Cells = []
    if job.progress is not None:
        room = max(6, min(60, width - 7))
        done, left = bar(job.progress / 100, room)
        cells += [(done, tone), (left, "$border"), (f" {job.progress:3d} %", tone), "\n"]
    if job.created_at and (running := age(now, job.created_at)):
        cells += _field("running", ("just now" if running == "now" else f"for {running}", ""))
        running_for = (now - job.created_at).total_seconds()
        if (outlook := _left(estimate, running_for)) is not None:
            cells += _field("left", outlook)
    return cells


def _created(job: Job, now: datetime, room: int) -> str:
    """When it was created, and how long ago if there is room for it."""
    if job.created_at is None:
        return "not given"
    when = moment(job.created_at, now)
    whole = " · ".join(text for text in (when, ago(now, job.created_at)) if text)
    return whole if len(whole) <= room else when


def _tracks(job: Job) -> Cells:
    """The job's tracks, each with its facts under it."""
    if len(job.tracks) < 2:
        cells = _field("track", (job.track_id, "")) if job.track_id else []
        if job.track:
            cells += _field("audio", (" · ".join(_audio(job.track)), ""))
            for label, text in job.track.facts:
                cells += _field(label, (text, ""))
        return cells
    cells = []
    for number, track in enumerate(job.tracks, 1):
        cells += _field(f"track {number}", (f"{track.name} · {' · '.join(_audio(track))}", ""))
        for label, text in track.facts:
            cells += _field("", (f"{label} {text}", "$dim"))
    return cells


def _audio(track: Track) -> list[str]:
    voice = {True: "instrumental", False: "with voice", None: ""}[track.instrumental]
    length = clock(track.duration) if track.duration else ""
    licence = track.licence_text if track.licence else ""
    return [fact for fact in (length, voice, track.mime_type, licence) if fact]


def _left(estimate: Estimate | None, running_for: float) -> tuple[str, str] | None:
    if estimate is None:
        return None
    usual = f"usually {round(estimate.median)} s, 9 of 10 within {round(estimate.p90)} s"
    if estimate.slow(running_for):
        return (f"slower than usual ({usual})", "$warning")
    return (f"about {max(1, round(estimate.left(running_for) or 1))} s ({usual})", "")


def _reasons(job: Job) -> Cells:
    """Why there is nothing to hear, at full width."""
    cells: Cells = []
    for reason in (job.refusal_reason, job.error_message):
        if reason:
            cells += [(reason, "$error"), "\n"]
    if job.trouble:
        cells += [(f"Not all of this job could be read: {job.trouble}", "$warning"), "\n"]
    return cells


def _next(job: Job, *, opened: bool) -> Cells:
    """What can be done with it."""
    if job.status.active:
        return [("You can play it when it finishes.", "$dim")]
    if job.status.word == "expired":
        return [("The API no longer keeps it; what you have played of it still plays.", "$dim")]
    if job.status.word == "succeeded" and not opened:
        return [("enter", "bold $primary"), (" plays it", "$dim")]
    return []


def _field(label: str, value: tuple[str, str]) -> Cells:
    return [(f"{label:<{_LABEL - 1}} ", "$dim"), value, "\n"]


TONES = {
    "queued": "$dim",
    "running": "$warning",
    "succeeded": "$success",
    "failed": "$error",
    "cancelled": "$dim",
    "refused": "$error",
    "expired": "$dim",
}
