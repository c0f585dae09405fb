"""Bugs in what is asked of an API and kept of its answers: providers and library."""

from __future__ import annotations

from typing import Final

from tests.bugs.bug import Bug

BUGS: Final = (
    Bug(
        "limit-never-forgiven",
        "each 429 without a header waits twice as long as the one an hour ago",
        "providers/api_client.py",
        "        if status < 300:\n            self._limits_in_a_row = 0\n",
        "        if status < 300:\n",
        ("providers/test_tries.py", "providers/test_api_client.py", "providers/test_limits.py"),
    ),
    Bug(
        "retired-pool-stays",
        "a client that was given up keeps its connections open",
        "http.py",
        "        old, self._client = self._client, self._make()\n"
        "        await self._close_unused(old)\n",
        "        self._client = self._make()\n",
        ("providers/test_clients.py", "providers/test_api_client.py"),
    ),
    Bug(
        "milliseconds-for-seconds",
        "`retry-after-ms: 500` is waited for a minute",
        "providers/limits.py",
        "None if milliseconds is None else milliseconds / 1000",
        "milliseconds",
        ("providers/test_limits.py", "providers/test_tries.py"),
    ),
    Bug(
        "cached-date",
        "the age of an answer from a shared cache puts the server's clock back",
        "providers/limits.py",
        '    if _number(headers.get("age")):\n        return None\n',
        "",
        ("providers/test_limits.py", "providers/test_api_client.py"),
    ),
    Bug(
        "key-in-trace-id",
        "a server that echoes the key has it shown as its trace id",
        "providers/api_client.py",
        'headers.get(name, "").replace(key, "•••")',
        'headers.get(name, "")',
        ("providers/test_secrets.py", "providers/test_api_client.py"),
    ),
    Bug(
        "master-beside-the-track",
        "a master that the API names beside the job's track is not found",
        "providers/aitronos.py",
        'beside = {} if job.track.get("playback_url") else {"playback_url": job.playback_url}',
        "beside: dict[str, Any] = {}",
        ("providers/test_aitronos.py",),
    ),
    Bug(
        "oldest-first",
        "what runs at Mureka is listed oldest first, and a page of it has the wrong jobs",
        "providers/mureka.py",
        "wanted.sort(key=lambda job: job.order, reverse=True)",
        "wanted.sort(key=lambda job: job.order)",
        ("providers/test_mureka.py",),
    ),
    Bug(
        "code-over-status",
        "a gateway's 503 that says TOKEN_EXPIRED stops the polling for good",
        "providers/refusals.py",
        "return named if issubclass(named, general) else general",
        "return named",
        ("providers/test_api_client.py", "providers/test_tries.py", "providers/test_aitronos.py"),
    ),
    Bug(
        "past-the-last-row",
        "a filter that hides the last job puts the cursor on a row that is not there",
        "library/store.py",
        "return max(0, min(row, len(self._rows) - 1))",
        "return max(0, min(row, len(self._rows)))",
        ("library/test_store.py", "tui/test_jobs.py"),
    ),
    Bug(
        "broken-ends-paging",
        "one entry that cannot be read hides all older jobs",
        "library/pager.py",
        "return len(page.jobs) + page.broken < page.limit",
        "return len(page.jobs) < page.limit",
        ("library/test_pager.py", "session/test_poller.py"),
    ),
    Bug(
        "every-duration-counts",
        "an engine that got faster is not believed for months",
        "library/estimate.py",
        "deque(maxlen=LATEST)",
        "deque()",
        ("library/test_estimate.py",),
    ),
    Bug(
        "duration-overwritten",
        "a job that is saved again no longer tells how long it took",
        "library/history.py",
        "known_seconds if seconds is None else seconds",
        "seconds",
        ("library/test_history.py", "library/test_history_rows.py"),
    ),
    Bug(
        "stems-forgotten",
        "a job's own page, which names no stems, makes the track lose them offline",
        "library/merge.py",
        "tracks=_merged_tracks(known.tracks, seen.tracks),",
        "tracks=seen.tracks or known.tracks,",
        ("library/test_store.py", "library/test_history.py", "library/test_history_rows.py"),
    ),
    Bug(
        "stale-index",
        "a title that was learned after a search is never found",
        "library/index.py",
        "            entry = known.get(job.id)\n"
        "            if entry is None or entry[0] is not job:\n",
        "            entry = known.get(job.id)\n            if entry is None:\n",
        ("library/test_search.py", "session/test_job_history.py"),
    ),
    Bug(
        "log-left-behind",
        "a damaged history is set aside without its log, which spoils the new one",
        "library/history_file.py",
        'for beside in ("-wal", "-shm", ""):',
        'for beside in ("",):',
        ("library/test_history_faults.py", "library/test_history.py"),
    ),
)
