"""Bugs in what joins the rooms: the session."""

from __future__ import annotations

from typing import Final

from tests.bugs.bug import Bug

BUGS: Final = (
    Bug(
        "sleeps-for-ever",
        "after one sleep the connections are dropped each second",
        "session/suspend.py",
        "        before, self._difference = self._difference, self._through() - self._halting()\n"
        "        return self._difference - before > JUMP\n",
        "        return self._through() - self._halting() - self._difference > JUMP\n",
        ("session/test_wake.py",),
    ),
    Bug(
        "one-chunk-of-the-past",
        "of a long history only the newest 1,200 jobs are shown",
        "session/job_history.py",
        "last = jobs[-1].id if len(jobs) == _CHUNK else None",
        "last = jobs[-1].id if len(jobs) > _CHUNK else None",
        ("session/test_job_history.py",),
    ),
    Bug(
        "gone-asked-again",
        "a job that the API has removed counts as active, and is asked for at each poll",
        "session/poller.py",
        "            self._gone.add(job.id)\n",
        "",
        ("session/test_poller.py", "session/test_poller_running.py"),
    ),
    Bug(
        "title-never-again",
        "a title that could not be had once is not asked for again",
        "session/poller.py",
        "            self._titles_asked.discard(job_id)\n            raise\n",
        "            raise\n",
        ("session/test_poller.py",),
    ),
    Bug(
        "check-empties-the-file",
        "a wav:PATH that is there is emptied before anything is known to be playable",
        "session/headless/output.py",
        "os.O_WRONLY | os.O_NONBLOCK",
        "os.O_WRONLY | os.O_TRUNC | os.O_NONBLOCK",
        ("cli/test_play.py",),
    ),
    Bug(
        "priority-from-the-start",
        "after a seek the stems that nobody hears take the bandwidth",
        "session/priority.py",
        "return (part.share or 0.0) * length - position",
        "return (part.share or 0.0) * length",
        ("session/test_priority.py",),
    ),
    Bug(
        "older-mark-counts",
        "a loop's new end before its start is thrown away instead of the start",
        "session/mixer.py",
        "(self.start, None) if end is None else (None, self.end)",
        "(None, self.end) if end is None else (self.start, None)",
        ("session/test_mixer.py", "session/test_mixing.py"),
    ),
    Bug(
        "gain-not-restored",
        "a deck that was started again plays a stem that was turned down at its full gain",
        "session/player.py",
        "            self._deck.gain(name, channel.gain)\n        if self.mixer.stems:",
        "        if self.mixer.stems:",
        ("session/test_mixing.py", "session/test_reconnect.py", "session/test_resume.py"),
    ),
    Bug(
        "deck-left-running",
        "where a profile cannot be connected to, the deck's process stays",
        "session/connect.py",
        "        await deck.close()\n        if provider is not None:",
        "        if provider is not None:",
        ("session/test_status_and_titles.py", "session/test_children.py", "session/test_owner.py"),
    ),
    Bug(
        "mix-carried-over",
        "another version of a song is heard with the first one's mute and gain",
        "session/player.py",
        "            self.mixer = self.mixer.for_version()\n",
        "",
        ("session/test_versions.py",),
    ),
    Bug(
        "loop-lost",
        "the loop is gone where another version of a song is to be compared in it",
        "session/player.py",
        "self.mixer = self.mixer.for_version()",
        "self.mixer = self.mixer.for_track()",
        ("session/test_versions.py",),
    ),
)
