"""Every trial whole: `python -m tests.soak [NAME…] [--seed N] [--count N] [--write]`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.soak.trial import NAMES, Outcome, load

_RESULTS = Path(__file__).with_name("RESULTS.md")
_HEAD = ("| trial | what must be true | tried | harm | figures | took | at |", "| --- " * 7 + "|")
_SHOWN = 5


def main() -> int:
    """Run them one after the other, each in its own process, and print one table."""
    asked = _arguments()
    rows, harm = {}, []
    for name in asked.names or NAMES:
        print(f"{name} …", file=sys.stderr, flush=True)
        started = time.monotonic()
        outcome = run(name, asked.count or load(name).whole, asked.seed)
        rows[name] = _row(name, outcome, time.monotonic() - started)
        harm += [f"{name}: {what}" for what in outcome.harm[:_SHOWN]]
    print("\n".join((*_HEAD, *rows.values())))
    print("\n".join(harm), file=sys.stderr)
    if asked.write:
        _RESULTS.write_text(_page(_kept() | rows), encoding="utf-8")
    return 1 if harm else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="instead of each trial's own")
    parser.add_argument("--write", action="store_true", help="renew their rows in RESULTS.md")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in NAMES]:
        parser.error(f"there is no trial {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return asked


def run(name: str, count: int, seed: int, *, environ: Mapping[str, str] | None = None) -> Outcome:
    """The trial in a process of its own: what others have opened there is none of its harm."""
    command = [sys.executable, "-m", "tests.soak.one", name, str(count), str(seed)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=environ)
    if done.returncode:
        return Outcome(0, (f"the trial itself ended with code {done.returncode}",))
    fields = json.loads(done.stdout.splitlines()[-1])
    return Outcome(fields["tries"], tuple(fields["harm"]), fields["figures"])


def _row(name: str, outcome: Outcome, took: float) -> str:
    trial = load(name)
    figures = "; ".join(f"{what} {value}" for what, value in outcome.figures.items()) or "–"
    tried = f"{outcome.tries:,} {trial.unit}"
    outcome_cells = (tried, f"{len(outcome.harm)}", figures, f"{took:.0f} s", _commit())
    return f"| {' | '.join((name, trial.promise, *outcome_cells))} |"


def _commit() -> str:
    """The commit that was tried, with a `+` where the sources have changed since."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], capture_output=True, text=True, check=True, cwd=_RESULTS.parent
        ).stdout.strip()

    changed = "+" if git("status", "--porcelain", "../../src") else ""
    return git("rev-parse", "--short=9", "HEAD") + changed


def _kept() -> dict[str, str]:
    """The rows of the table as it is, by trial."""
    lines = _RESULTS.read_text(encoding="utf-8").splitlines()
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in lines}
    return {name: rows[name] for name in NAMES if name in rows}


def _page(rows: Mapping[str, str]) -> str:
    table = "\n".join((*_HEAD, *(rows[name] for name in NAMES if name in rows)))
    missing = ", ".join(name for name in NAMES if name not in rows)
    return (
        "# What the trials came to\n\n"
        "`python -m tests.soak NAME --write` runs a trial whole and renews its row, which names "
        f"the commit that was tried.\n\n{table}\n"
        + (f"\nNot yet run whole: {missing}.\n" if missing else "")
    )


if __name__ == "__main__":
    sys.exit(main())
