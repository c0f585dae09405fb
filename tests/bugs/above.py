"""Bugs in what people see: screens, commands, and the simulator."""

from __future__ import annotations

from typing import Final

from tests.bugs.bug import Bug

BUGS: Final = (
    Bug(
        "new-for-ever",
        "“3 new” stays over a list that shows them",
        "tui/widgets/jobs.py",
        "        if round(new_value) == 0:\n            self._unseen = 0\n",
        "        if round(new_value) == 0:\n",
        ("tui/test_jobs.py", "tui/test_bursts.py"),
    ),
    Bug(
        "click-on-another-status",
        "a click on a status filters by the wrong one",
        "tui/widgets/filters.py",
        "            x -= width\n",
        "",
        ("tui/test_jobs.py", "tui/test_panes.py", "tui/test_search.py"),
    ),
    Bug(
        "click-on-a-scrolled-lane",
        "in a low terminal a click chooses a stem above the one that was clicked",
        "tui/widgets/lanes.py",
        "line = (at.y + self.scroll_offset.y) // self._tall",
        "line = at.y // self._tall",
        ("tui/test_stems.py", "tui/test_track.py", "tui/test_panes.py"),
    ),
    Bug(
        "theme-kept",
        "rows keep the colours of the theme before",
        "tui/look.py",
        "            self._known.clear()\n",
        "",
        ("tui/test_panes.py", "tui/test_jobs.py", "tui/test_start.py"),
    ),
    Bug(
        "old-profile-goes-on",
        "the profile that was left is polled on, and its deck stays",
        "tui/app.py",
        "        if before is not None:\n            await before.close()\n",
        "",
        ("tui/test_second.py", "tui/test_start.py"),
    ),
    Bug(
        "done-interrupts",
        "a job that gets done takes the place of the track that plays",
        "tui/screens/main.py",
        "if good and session.settings.play_done and not session.player.deck_state.busy:",
        "if good and session.settings.play_done:",
        ("tui/test_done.py",),
    ),
    Bug(
        "asked-once",
        "ids that were corrected cannot be sent a second time",
        "tui/screens/add.py",
        "        self._asking = False\n        self._added += added\n",
        "        self._added += added\n",
        ("tui/test_second.py", "tui/test_list_of_tracks.py"),
    ),
    Bug(
        "autoplay-races",
        "with autoplay the list is run through without a track being heard",
        "tui/screens/transport.py",
        'if self.autoplay and state.transport == "ended" and before.transport != "ended":',
        'if self.autoplay and state.transport == "ended":',
        ("tui/test_track.py", "tui/test_list_of_tracks.py"),
    ),
    Bug(
        "watch-in-a-hurry",
        "`job --watch` asks again long before the API's limit lets it",
        "cli/job.py",
        "return min(_LONGEST_WAIT, max(wait * 2, asked or 0.0))",
        "return min(_LONGEST_WAIT, wait * 2)",
        ("cli/test_data.py", "cli/test_advice.py"),
    ),
    Bug(
        "reader-gone-twice",
        "a command whose reader has gone ends with an error of the interpreter's",
        "cli/streams.py",
        "        except BrokenPipeError:\n            self._failed = True\n",
        "        except BrokenPipeError:\n",
        ("cli/test_streams.py", "cli/test_output.py"),
    ),
    Bug(
        "quick-second-signal",
        "a shell that repeats ctrl+c ends a command before it has tidied up",
        "cli/ending.py",
        "elif time.monotonic() - self._asked_at > _PATIENCE:",
        "elif time.monotonic() - self._asked_at < _PATIENCE:",
        ("cli/test_streams.py", "cli/test_data.py", "cli/test_simulate.py", "e2e/test_hangup.py"),
    ),
    Bug(
        "simulators-wait",
        "the simulator's 429 names another wait than its bucket needs",
        "simulator/limits.py",
        "math.ceil((1 - self._tokens) * 60 / self.per_minute)",
        "math.ceil((1 - self._tokens) * self.per_minute / 60)",
        ("simulator/test_limits.py", "simulator/test_api.py"),
    ),
    Bug(
        "more-than-the-end",
        "the simulator answers a suffix longer than the file with a range that begins below 0",
        "simulator/ranges.py",
        "return range(max(0, size - int(last)), size)",
        "return range(size - int(last), size)",
        ("simulator/test_storage.py",),
    ),
)
