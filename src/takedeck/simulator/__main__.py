"""``python -m takedeck.simulator``: the simulator as a process of its own."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_cache_path

from takedeck.simulator.clock import Clock, FrozenClock, SystemClock
from takedeck.simulator.scenario import SCENARIOS
from takedeck.simulator.service import Simulator

_NICENESS = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal or the end of standard input; return the exit code."""
    options = _parser().parse_args(arguments)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICENESS)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    simulator = Simulator(
        cache=options.cache,
        clock=_clock(options.now, options.frozen),
        scenario=options.scenario,
        seed=options.seed,
        ttl=options.ttl,
        port=options.port,
        storage_port=options.storage_port,
    )
    try:
        simulator.start()
    except OSError as error:
        where = f"port {options.port} or {options.storage_port}, cache {options.cache}"
        sys.stderr.write(f"The simulator cannot start ({where}): {error.strerror}.\n")
        sys.stderr.write("Choose other ones with --port, --storage-port and --cache.\n")
        return 1
    try:
        _announce(simulator, as_json=options.announce == "json")
        _watch_input(ended)
        ended.wait()
    finally:
        simulator.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("takedeck.simulator", description=__doc__)
    add = parser.add_argument
    add("--announce", choices=["text", "json"], default="text", help="how to say where it is")
    add("--port", type=int, default=0, help="the API's port; 0 takes a free one")
    add("--storage-port", type=int, default=0, help="the storage's port; 0 takes a free one")
    add("--ttl", type=float, default=60.0, help="seconds that a signed URL lives")
    add("--scenario", choices=SCENARIOS, default="studio")
    add("--seed", type=int, default=1)
    add("--cache", type=Path, default=user_cache_path("takedeck") / "simulator")
    add("--now", type=_moment, help="start of its clock, ISO 8601")
    add("--frozen", action="store_true", help="stop its clock")
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clock(start: datetime | None, frozen: bool) -> Clock:
    return FrozenClock(start or datetime.now(UTC)) if frozen else SystemClock(start)


def _announce(simulator: Simulator, *, as_json: bool) -> None:
    facts = {
        "base_url": simulator.base_url,
        "storage_url": simulator.storage_url,
        "organization": simulator.organization,
        "api_key": simulator.api_key,
        "scenario": simulator.scenario,
        "curl": simulator.curl(),
    }
    if as_json:
        text = json.dumps(facts)
    else:
        rows = [f"{name.replace('_', ' '):<13} {value}" for name, value in facts.items()]
        settings = {
            "TAKEDECK_BASE_URL": simulator.base_url,
            "TAKEDECK_ORGANIZATION": simulator.organization,
            "FREDDY_API_KEY": simulator.api_key,
        }
        command = " ".join([*(f"{name}={value}" for name, value in settings.items()), "takedeck"])
        rows += ["", "To open takedeck on it:", command, "", "Ctrl-C ends it."]
        text = "\n".join(rows)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _watch_input(ended: threading.Event) -> None:
    # A terminal is left alone: reading it from the background would stop the process.
    if sys.stdin is None or sys.stdin.isatty():
        return
    descriptor = sys.stdin.fileno()

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(descriptor, 4096):
                pass
        ended.set()

    threading.Thread(target=watch, name="stdin", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
