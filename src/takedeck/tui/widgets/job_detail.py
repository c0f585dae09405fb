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
from takedeck.tui.widgets.waveform import blocks

if TYPE_CHECKING:
    from takedeck.session.views import Estimate

_LABEL = 10
Peaks = tuple[bytes, int]
"""Peaks that are there, and how many there will be."""
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
        yield Paragraph(id="job-text")

    def action_move(self, lines: int) -> None:
        """Scroll by so many lines, at once: keys that follow quickly add up."""
        self.scroll_to(y=self.scroll_target_y + lines, animate=False, immediate=True)

    def show(
        self,
        job: Job | None,
        now: datetime,
        estimate: Estimate | None = None,
        peaks: Peaks | None = None,
    ) -> None:
        """Show the job as it stands; None shows that there is none."""
        if job is not None and self.job is not None and job.id != self.job.id:
            self.scroll_home(animate=False)
        self.job = job
        width = max(20, self.scrollable_content_region.width)
        said = Content.styled("no job", "$dim")
        if job is not None:
            said = describe(job, now, width, estimate, peaks)
        self.query_one("#job-text", Paragraph).say(said)


def describe(
    job: Job,
    now: datetime,
    width: int,
    estimate: Estimate | None = None,
    peaks: Peaks | None = None,
) -> Content:
    """The job's fields, one to a line; the error or refusal last and whole."""
    word = job.status.word
    tone = TONES.get(word, "$dim")
    cells: Cells = []
    if job.track and job.track.title:
        cells += [(job.track.title, "bold"), "\n"]
    cells += [(job.id, "" if job.track else "bold"), "\n"]
    cells += _field("status", (f"{job.status.sign} {word}", f"bold {tone}"))
    if peaks is not None and peaks[0]:
        wave = blocks(*peaks, max(6, min(46, width - _LABEL)))[0]
        cells += _field("waveform", (wave, "$secondary"))
    elif job.progress is not None:
        room = max(6, min(40, width - _LABEL - 7))
        done, left = bar(job.progress / 100, room)
        label = ("progress".ljust(_LABEL), "$dim")
        cells += [label, (done, tone), (left, "$border"), (f" {job.progress:3d} %", tone), "\n"]
    cells += _field("engine", (job.engine or "not given", ""))
    cells += _field("mode", (job.mode or "not given", ""))
    cells += _field("created", (_created(job, now, width - _LABEL), ""))
    if job.status.active and job.created_at and (running := age(now, job.created_at)):
        cells += _field("under way", (f"for {running}", ""))
        running_for = (now - job.created_at).total_seconds()
        if (outlook := _left(estimate, running_for)) is not None:
            cells += _field("left", outlook)
    for name, text in job.facts:
        if text != job.engine:
            cells += _field(name, (text, ""))
    cells += _tracks(job)
    cells += _reasons(job)
    return Content.assemble(*cells).rstrip("\n")


def _created(job: Job, now: datetime, room: int) -> str:
    """When that was, and how long ago, where both are known and there is room for both."""
    if job.created_at is None:
        return "not given"
    when = moment(job.created_at, now)
    whole = " · ".join(text for text in (when, ago(now, job.created_at)) if text)
    return whole if len(whole) <= room else when


def _tracks(job: Job) -> Cells:
    """The job's one track, or all of them; what is told of each stands under it."""
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
    cells: Cells = []
    for title, text in (
        ("Refused, because", job.refusal_reason),
        ("Failed, because", job.error_message),
        ("This job could not be read whole", job.trouble),
    ):
        if text:
            cells += ["\n", (title, "bold $error"), "\n", (text, ""), "\n"]
    if job.status.active:
        cells += ["\n", ("It can be heard as soon as it has succeeded.", "$dim")]
    elif job.status.word == "expired":
        cells += ["\n", ("The API no longer keeps it; what you heard of it still plays.", "$dim")]
    elif job.status.word == "succeeded":
        cells += ["\n", ("enter", "bold $primary"), (" plays it", "$dim")]
    return cells


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
