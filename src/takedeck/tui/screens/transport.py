"""The keys that act on the opened track, wherever the cursor is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.timer import Timer

from takedeck.session.views import DeckState
from takedeck.tui import messages
from takedeck.tui.widgets.jobs import JobsPane
from takedeck.tui.widgets.lanes import Lanes
from takedeck.tui.widgets.track import TrackPane
from takedeck.tui.widgets.transport import TransportLine

if TYPE_CHECKING:
    from takedeck.session.player import Player

_SEEK = Binding.Group("Seek", compact=True)
FRAME = 0.1
"""Seconds between two looks at a deck that plays."""


class TransportKeys(Screen[None]):
    """The half of the main screen that holds the player."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "play_or_pause", "Play", id="transport.toggle"),
        Binding("full_stop", "stop", "Stop", id="transport.stop", key_display=".", show=False),
        Binding("left", "seek(-5)", "5 s back", id="transport.back", group=_SEEK),
        Binding("right", "seek(5)", "5 s on", id="transport.on", group=_SEEK),
        Binding("shift+left,(", "seek(-30)", "30 s back", id="transport.far_back", show=False),
        Binding("shift+right,)", "seek(30)", "30 s on", id="transport.far_on", show=False),
        Binding("home", "restart", "To the start", id="transport.start", show=False),
        Binding(
            "plus,equals_sign",
            "volume(5)",
            "Louder",
            id="volume.up",
            key_display="+",
            show=False,
        ),
        Binding("minus", "volume(-5)", "Softer", id="volume.down", key_display="-", show=False),
        Binding("s", "solo", "Solo", id="stem.solo"),
        Binding("m", "mute", "Mute", id="stem.mute", show=False),
        Binding("0", "source", "Stems", id="stem.source"),
        *(
            Binding(str(n), f"mute_number({n})", f"Mute stem {n}", id=f"stem.mute_{n}", show=False)
            for n in range(1, 10)
        ),
        Binding("{", "gain(-1)", "Stem softer", id="stem.softer", show=False),
        Binding("}", "gain(1)", "Stem louder", id="stem.louder", show=False),
        Binding("I", "loop('loop_in')", "Loop from here", id="loop.in", show=False),
        Binding("O", "loop('loop_out')", "Loop to here", id="loop.out", show=False),
        Binding("L", "loop('loop_switch')", "Loop on or off", id="loop.switch", show=False),
        Binding("greater_than_sign", "track(1)", "Next track", id="track.next", show=False),
        Binding("less_than_sign", "track(-1)", "Previous track", id="track.previous", show=False),
        Binding("v", "version(1)", "Version", id="track.version"),
        Binding("V", "version(-1)", "Version before", id="track.version_before", show=False),
        Binding("N", "null_test", "Null test", id="track.null_test", show=False),
    ]

    player: Player | None = None
    autoplay = False
    _frames: Timer | None = None
    _was = DeckState()

    def now(self) -> datetime:
        """The time that the panes show ages by."""
        raise NotImplementedError

    def name_of(self, job_id: str) -> str:
        """What the job is called: its track's title, or its id while that is not known."""
        raise NotImplementedError

    def adopt_player(self, player: Player) -> None:
        """Act on this player from now on."""
        self.player = player
        if self._frames is not None:
            self._frames.stop()
        self._frames = self.set_interval(FRAME, self._frame, pause=True)
        self.show_track()

    def open_job(self, job_id: str) -> None:
        """Open the job's track and play it."""
        if self.player is not None:
            self.player.open(job_id)

    def show_track(self) -> None:
        """Show the opened track as it stands."""
        if (player := self.player) is None:
            return
        opened, pane = player.opened, self.query_one(TrackPane)
        pane.show(opened, self.now())
        pane.say_opening(self.name_of(player.opening) if player.opening else None)
        self.query_one(JobsPane).mark_opened(opened.job_id if opened else None)
        self._frame()

    def show_deck(self, state: DeckState | None) -> None:
        """Look at the deck; ten times a second from now on while it plays."""
        if self.player is None or self._frames is None:
            return
        state = state or self.player.deck_state
        before, self._was = self._was, state
        if self.autoplay and state.transport == "ended" and before.transport != "ended":
            self.action_track(1)
        if state.busy:
            self._frames.resume()
        else:
            self._frames.pause()
            self._frame()

    def _frame(self) -> None:
        if (player := self.player) is not None:
            self.query_one(TrackPane).play(
                player.shown_state, player.peaks, player.expected_peaks, player.fresh_for()
            )
            self.query_one(TransportLine).loop = replace(player.mixer.loop)

    # --- keys

    def action_play_or_pause(self) -> None:
        """Play or pause; with nothing open, open what is under the cursor."""
        player, job = self.player, self.query_one(JobsPane).cursor_job
        if player is None:
            return
        if player.opened is None and job is not None:
            player.open(job.id)
        else:
            player.toggle()

    def action_stop(self) -> None:
        """Stop, and go back to the start."""
        self._tell("stop")

    def action_seek(self, seconds: float) -> None:
        """Move by so many seconds."""
        self._tell("seek_by", seconds)

    def action_restart(self) -> None:
        """Go to the start."""
        self._tell("seek_to", 0.0)

    def action_volume(self, percent: int) -> None:
        """Change the volume by so many points of a hundred."""
        self._tell("volume_by", percent / 100)

    def action_source(self) -> None:
        """Switch between the master and its stems, at the same instant."""
        if self._has_stems():
            self._tell("switch_source")

    def action_solo(self) -> None:
        """Solo the stem under the cursor."""
        if stem := self._stem():
            self._tell("solo", stem)

    def action_mute(self) -> None:
        """Mute or unmute the stem under the cursor."""
        if stem := self._stem():
            self._tell("mute", stem)

    def action_mute_number(self, number: int) -> None:
        """Mute or unmute the stem with that number."""
        if stem := self.query_one(Lanes).stem_at(number):
            self._tell("mute", stem)

    def action_gain(self, decibels: int) -> None:
        """Change the gain of the stem under the cursor."""
        if stem := self._stem():
            self._tell("gain_by", stem, decibels)

    def action_loop(self, command: str) -> None:
        """Set an end of the loop here, or switch the loop."""
        self._tell(command)
        if self.player is not None and self.player.opened is not None:
            self._frame()

    def action_track(self, step: int) -> None:
        """Open the next or the previous job of the list that has a track."""
        pane, player = self.query_one(JobsPane), self.player
        if player is None:
            return
        here = player.opened.job_id if player.opened else None
        job_id = pane.beside(here, step)
        if job_id is None:
            self.notify("There is no further track in the list.", markup=False, timeout=3)
            return
        pane.follow(here, job_id)
        player.open(job_id)

    def action_version(self, step: int) -> None:
        """Go on at the same second in another track of the opened job."""
        player = self.player
        if player is None:
            return
        if player.opened is None:
            self.notify("No track is open: enter opens one.", markup=False, timeout=3)
        elif not player.version(step):
            self.notify("This job has one track.", markup=False, timeout=3)

    def action_null_test(self) -> None:
        """Measure what is left of the master without its stems."""
        if self._has_stems():
            self._tell("null_test")

    @on(messages.SeekAsked)
    def _seek_asked(self, message: messages.SeekAsked) -> None:
        self._tell("seek_share", message.share)

    def _has_stems(self) -> bool:
        if len(self.query_one(Lanes).lanes) == 1:
            self.notify("This track has no stems.", markup=False, timeout=3)
        return len(self.query_one(Lanes).lanes) > 1

    def _stem(self) -> str | None:
        lanes = self.query_one(Lanes)
        if lanes.stem is None and len(lanes.lanes) > 1:
            self.app.clear_notifications()
            self.notify(
                "Choose a stem first: tab to the track pane, then j; or 1 … 9 to mute one.",
                markup=False,
                timeout=3,
            )
        elif lanes.stem is None and lanes.lanes:
            self.notify("This track has no stems.", markup=False)
        return lanes.stem

    def _tell(self, command: str, *values: Any) -> None:
        if self.player is not None and self.player.opened is not None:
            getattr(self.player, command)(*values)
            self._frame()
