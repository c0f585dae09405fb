"""How busy the machine was with other things: said beside each figure, for it may be shared."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class Load:
    """Counts from when it is made, or from the last `take`."""

    def __init__(self) -> None:
        self._before = _all()

    def take(self) -> str:
        """The share of all cores that was busy since, and the load average of the last minute."""
        now = _all()
        busy, total = (after - before for after, before in zip(now, self._before, strict=True))
        self._before = now
        return f"(cores {100 * busy / max(1, total):.0f} % busy, load {os.getloadavg()[0]:.1f})"


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, user and system, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory(pid: int) -> dict[str, float]:
    """Rss, Pss and Anonymous of a process, in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return {name: sizes[name] / 1024 for name in ("Rss", "Pss", "Anonymous")}


def _all() -> tuple[int, int]:
    line = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0]
    fields = [int(field) for field in line.split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)
