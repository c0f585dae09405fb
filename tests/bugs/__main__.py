"""Which bugs the tests notice: `python -m tests.bugs [NAME…] [--write]`; a NAME may be a room's."""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn

from tests.bugs.bug import ROOT, SOURCES, Bug
from tests.bugs.table import BUGS

_RESULTS: Final = Path(__file__).with_name("RESULTS.md")
_HEAD: Final = ("| room | bug | what goes wrong | noticed by |", "| --- " * 4 + "|")
_LIMIT: Final = 300.0
"""Seconds for the tests of one bug."""
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+?)(?:\[.*?\])?(?: - .*)?$", re.MULTILINE)
_TOO_LATE: Final = "Timeout (>"
"""How pytest-timeout begins its words."""
_UNNOTICED: Final = "**not noticed**"
_ONLY_LATE: Final = "only by its time limit"


def main() -> int:
    """Put them in one after the other, and print one table."""
    asked = _arguments()
    if changed := _git("status", "--porcelain", str(SOURCES)):
        print(f"src has changes that are not committed:\n{changed}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _leave)
    chosen = [bug for bug in BUGS if not asked.names or {bug.name, bug.room} & set(asked.names)]
    rows: dict[str, str] = {}
    for bug in chosen:
        print(f"{bug.room}: {bug.name} …", end=" ", file=sys.stderr, flush=True)
        noticed = _noticed(bug)
        print(noticed, file=sys.stderr)
        rows[bug.name] = f"| {bug.room} | {bug.name} | {bug.what} | {noticed} |"
        if asked.write:
            _RESULTS.write_text(_page(_kept() | rows), encoding="utf-8")
    print("\n".join((*_HEAD, *rows.values(), "", _ratio(rows))))
    return 1 if any(_UNNOTICED in row for row in rows.values()) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bugs", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="bugs or rooms; all by default")
    parser.add_argument("--write", action="store_true", help="renew their rows in RESULTS.md")
    asked = parser.parse_args()
    if unknown := set(asked.names) - {name for bug in BUGS for name in (bug.name, bug.room)}:
        parser.error(f"there is no bug and no room called {', '.join(sorted(unknown))}")
    return asked


def _leave(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def _noticed(bug: Bug) -> str:
    """Which test notices the bug, as a cell of the table."""
    with _in_place(bug):
        code, said = _run(bug.tests)
    if code is None:
        return _ONLY_LATE
    if code == 0:
        return _UNNOTICED
    failed = _FAILED.findall(said)
    if code not in (1, 2) or not failed:
        raise RuntimeError(f"the tests of {bug.name} did not run (code {code}):\n{said[-3000:]}")
    test = f"`{failed[0].removeprefix('tests/')}`"
    return f"{_ONLY_LATE}: {test}" if _TOO_LATE in said else test


@contextmanager
def _in_place(bug: Bug) -> Iterator[None]:
    """Have the bug in its file, which is as it was afterwards, times and all."""
    before, times = bug.path.read_bytes(), bug.path.stat()
    spoiled = bug.put_into(before.decode())
    try:
        bug.path.write_text(spoiled, encoding="utf-8")
        yield
    finally:
        bug.path.write_bytes(before)
        os.utime(bug.path, ns=(times.st_atime_ns, times.st_mtime_ns))


def _run(tests: tuple[str, ...]) -> tuple[int | None, str]:
    """The exit code of pytest, None where it took too long, and what it printed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "2", "--dist", "worksteal"]
    process = subprocess.Popen(
        [*command, *(f"tests/{path}" for path in tests)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        start_new_session=True,
        # What is compiled with the bug in it must not be left behind.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "400"},
    )
    try:
        said, _ = process.communicate(timeout=_LIMIT)
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return process.returncode, said


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.rstrip()


def _ratio(rows: Mapping[str, str]) -> str:
    missed = sum(_UNNOTICED in row for row in rows.values())
    late = sum(_ONLY_LATE in row for row in rows.values())
    noticed = len(rows) - missed
    return (
        f"{noticed} of {len(rows)} noticed ({noticed / len(rows):.0%}), {late} of them only by "
        "a time limit."
    )


def _kept() -> dict[str, str]:
    """The rows of the table as it is, by bug."""
    lines = _RESULTS.read_text(encoding="utf-8").splitlines() if _RESULTS.exists() else []
    rows = {line.split(" | ")[1]: line for line in lines if line.count(" | ") == 3}
    return {bug.name: rows[bug.name] for bug in BUGS if bug.name in rows}


def _page(rows: Mapping[str, str]) -> str:
    table = "\n".join((*_HEAD, *(rows[bug.name] for bug in BUGS if bug.name in rows)))
    return (
        "# Which bugs the tests notice\n\n"
        "`python -m tests.bugs NAME --write` puts a bug into the sources, runs the tests of that "
        f"code, takes it out again and renews its row.\n\n{_ratio(rows)}\n\n{table}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
