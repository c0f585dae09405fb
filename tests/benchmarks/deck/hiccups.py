"""How late the machine wakes a process that does nothing but sleep: what no player can help."""

from __future__ import annotations

import subprocess
import sys
import time
from types import TracebackType
from typing import Self

NAP = 0.005


class Hiccups:
    """A process of its own that naps while entered; `worst` is how late it woke, in ms."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.benchmarks.deck.hiccups"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.worst: list[float] = []
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._process.terminate()
        said = self._process.communicate()[0].split()
        self.worst = sorted((float(late) for late in said), reverse=True)[:3]

    def __str__(self) -> str:
        return "/".join(f"{late:.0f}" for late in self.worst) + " ms"


def main() -> None:
    """Print each lateness over 5 ms until terminated."""
    while True:
        began = time.perf_counter()
        time.sleep(NAP)
        late = (time.perf_counter() - began - NAP) * 1000
        if late > 5:
            print(f"{late:.1f}", flush=True)


if __name__ == "__main__":
    main()
