"""One trial in a process of its own: `python -m tests.soak.one NAME COUNT SEED` prints JSON."""

from __future__ import annotations

import dataclasses
import json
import sys

from tests.soak.trial import load

if __name__ == "__main__":
    name, count, seed = sys.argv[1:]
    print(json.dumps(dataclasses.asdict(load(name).run(int(count), int(seed)))))
