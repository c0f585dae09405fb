"""``python -m takedeck.simulator``: runs the simulator in its own process."""

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
from typing import Any

from platformdirs import user_cache_path

from takedeck.simulator.clock import Clock, FrozenClock, SystemClock
from takedeck.simulator.scenario import SCENARIOS
from takedeck.simulator.service import Simulator

_NICENESS = 10
_LAST_PORT = 65_535
_LONGEST_LIFE = 366 * 86_400
_YEARS = range(2000, 3000)


def main(arguments: Sequence[str] | None = None, *, prog: str = "takedeck.simulator") -> int:
    """Serve until a signal or the end of standard input; return the exit code.

    `prog` is what the usage calls it. Raises SystemExit(2) for wrong usage.
    """
    options = _parser(prog).parse_args(arguments)
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


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog, description="Run the API simulator by itself, until ctrl+c or the end of its input."
    )
    add = parser.add_argument
    add("--announce", choices=["text", "json"], default="text", help="how to say where it is")
    add("--port", metavar="N", type=_port, default=0, help="the API's port; 0 takes a free one")
    add("--storage-port", metavar="N", type=_port, default=0, help="the storage's port, likewise")
    add(
        "--ttl",
        metavar="SECONDS",
        type=_lifetime,
        default=60.0,
        help="how long a signed URL lives; %(default)g",
    )
    add("--scenario", choices=SCENARIOS, default="studio", help="which jobs there are; %(default)s")
    add(
        "--seed", metavar="N", type=int, default=1, help="another one makes other jobs; %(default)s"
    )
    cache = user_cache_path("takedeck") / "simulator"
    add("--cache", metavar="DIR", type=Path, default=cache, help="keeps its songs; %(default)s")
    add(
        "--now",
        metavar="WHEN",
        type=_moment,
        help="start of its clock, ISO 8601, in UTC if it does not say",
    )
    add("--frozen", action="store_true", help="stop its clock")
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= _LAST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port; give one from 0 to {_LAST_PORT}")


def _lifetime(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < (seconds := float(text)) <= _LONGEST_LIFE:
            return seconds
    raise argparse.ArgumentTypeError(
        f"{text!r} is no lifetime; give seconds, more than 0, at most {_LONGEST_LIFE}"
    )


def _moment(text: str) -> datetime:
    with contextlib.suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.year in _YEARS:
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise argparse.ArgumentTypeError(
        f"{text!r} is no moment from {_YEARS.start} to {_YEARS.stop - 1}; "
        "give one like 2026-07-01T12:00:00Z"
    )


def _clock(start: datetime | None, frozen: bool) -> Clock:
    return FrozenClock(start or datetime.now(UTC)) if frozen else SystemClock(start)


def _announce(simulator: Simulator, *, as_json: bool) -> None:
    facts: dict[str, Any] = {
        "base_url": simulator.base_url,
        "token": simulator.token,
        "accounts": {
            "aitronos": {"key": simulator.api_key, "organization": simulator.organization},
            "mureka": {"key": simulator.token, "organization": None},
        },
        "jobs": [take.jobid for take in simulator.takes.at(simulator.clock.now())],
        "storage_url": simulator.storage_url,
        "organization": simulator.organization,
        "api_key": simulator.api_key,
        "scenario": simulator.scenario,
        "curl": simulator.curl(),
    }
    if as_json:
        text = json.dumps(facts)
    else:
        rows = [
            f"{name.replace('_', ' '):<13} {value}"
            for name, value in facts.items()
            if name not in ("accounts", "curl", "jobs")
        ]
        settings = {
            "TAKEDECK_BASE_URL": simulator.base_url,
            "TAKEDECK_ORGANIZATION": simulator.organization,
            "FREDDY_API_KEY": simulator.api_key,
        }
        command = " ".join([*(f"{name}={value}" for name, value in settings.items()), "takedeck"])
        rows += ["", "To list three jobs:", facts["curl"]]
        rows += ["", "To open takedeck on it:", command]
        second = f"TAKEDECK_MUREKA_BASE_URL={simulator.base_url} USEAPI_TOKEN={simulator.token}"
        rows += ["", "To open it on the second API there:", f"{second} takedeck"]
        rows += ["", "Ctrl-C ends it."]
        text = "\n".join(rows)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _watch_input(ended: threading.Event) -> None:
    # Do not read from a terminal: in a background job that would suspend the process.
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
