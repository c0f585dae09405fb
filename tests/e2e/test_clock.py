"""The machine's clock set back and forth under the running app."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from takedeck.simulator.jobs import Plan
from takedeck.simulator.service import Simulator
from tests.e2e.test_whole import wait_until
from tests.soak.pty import Pty
from tests.soak.sequences import text_of
from tests.soak.terminal import environment

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
JUMPS = ("-1d", "+30y", "-20y", "+0")


# Every look at the clock reads a file here: that takes a core for twenty seconds.
@pytest.mark.trial
@pytest.mark.skipif(FAKETIME is None, reason="libfaketime is not installed (Debian: faketime)")
def test_the_app_goes_on_whatever_the_clock_says(song_cache: Path, tmp_path: Path) -> None:
    said = tmp_path / "clock"
    said.write_text("+0\n")
    with Simulator(cache=song_cache, scenario="empty", rate_limit=None, ttl=20) as simulator:
        created = datetime.now(UTC) - timedelta(seconds=70)
        simulator.jobs.add(Plan("mgen_0000000000a1", created, song="waltz", title="Small Waltz"))
        env = environment(tmp_path, simulator.base_url) | {
            "FREDDY_API_KEY": simulator.api_key,
            "TAKEDECK_ORGANIZATION": simulator.organization,
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(said),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

        def polls() -> int:
            return sum(it.path.endswith("/generations") for it in list(simulator.requests))

        with Pty([sys.executable, "-m", "takedeck"], env, (120, 36)) as terminal:
            assert terminal.until(lambda new: "Small Waltz" in text_of(new))
            terminal.type("\r")
            assert terminal.until(lambda new: "▶ 0:" in text_of(new))
            for jump in JUMPS:
                said.write_text(f"{jump}\n")
                before = polls()
                terminal.type("r")
                wait_until(lambda before=before: polls() > before)
                assert polls() > before, jump
                terminal.settle(deadline=1.0)
                since = terminal.size
                terminal.type("?")
                assert terminal.until(lambda new: "all commands" in text_of(new), since=since)
                since = terminal.size
                terminal.type("q")
                assert terminal.until(
                    lambda new: re.search(r"Small Waltz .* [1-9] min", text_of(new)), since=since
                ), (jump, text_of(terminal.stream[-3000:]))
            terminal.type("q")
            assert terminal.wait() == 0
            fresh = [int(n) for n in re.findall(r"link fresh (\d+) s", text_of(terminal.stream))]
    assert fresh
    assert max(fresh) <= 20
    assert not list(tmp_path.rglob("crash-*"))
