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
_HEAD = ("| trial | what must be true | tried | harm | figures | took |", "| --- " * 6 + "|")
_SHOWN = 5


def main() -> int:
    """Run them one after the other, each in its own process, and print one table."""
    asked = _arguments()
    lines, harm = list(_HEAD), []
    for name in asked.names or NAMES:
        print(f"{name} …", file=sys.stderr, flush=True)
        started = time.monotonic()
        outcome = run(name, asked.count or load(name).whole, asked.seed)
        lines.append(_row(name, outcome, time.monotonic() - started))
        harm += [f"{name}: {what}" for what in outcome.harm[:_SHOWN]]
    table = "\n".join(lines)
    print(table)
    print("\n".join(harm), file=sys.stderr)
    if asked.write:
        _RESULTS.write_text(_page(table, asked.seed), encoding="utf-8")
    return 1 if harm else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="instead of each trial's own")
    parser.add_argument("--write", action="store_true", help="keep the table in RESULTS.md")
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
    cells = (name, trial.promise, tried, f"{len(outcome.harm)}", figures, f"{took:.0f} s")
    return f"| {' | '.join(cells)} |"


def _page(table: str, seed: int) -> str:
    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], capture_output=True, text=True, check=True, cwd=_RESULTS.parent
        ).stdout.strip()

    changed = " with changes not committed" if git("status", "--porcelain", "../../src") else ""
    return (
        "# What the trials came to\n\n"
        f"`python -m tests.soak --write`, seed {seed}, "
        f"at commit {git('rev-parse', '--short=12', 'HEAD')}{changed}.\n\n{table}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
