"""From the README's command on a fresh clone to the first sample heard, in seconds."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from tests.benchmarks.play_key import sounding
from tests.benchmarks.terminal import Terminal
from tests.pulse import Pulse

_ROOT = Path(__file__).parents[2]


def main() -> None:
    """Print how long the install takes, and how long the rest."""
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^(python3 -m venv .*install.*) && (\S+takedeck)$", readme, re.MULTILINE)
    if found is None:
        raise SystemExit("README.md shows no command that opens the app")
    install, run = found.groups()
    with Pulse() as pulse, tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "takedeck"
        subprocess.run(["git", "clone", "-q", str(_ROOT), str(clone)], check=True)
        began = time.perf_counter()
        subprocess.run(["bash", "-c", install], cwd=clone, check=True, capture_output=True)
        installed = time.perf_counter()
        env = {**pulse.env, "XDG_CACHE_HOME": folder, "XDG_CONFIG_HOME": folder}
        keyless = {"FREDDY_API_KEY": "", "USEAPI_TOKEN": ""}
        after = len(pulse.heard())
        with Terminal([os.fspath(clone / run)], env=env | keyless, size=(140, 42)) as terminal:
            terminal.until("requests left")
            terminal.type("]]]\r")
            heard = sounding(pulse, after)
    print(f"from a fresh clone: install {installed - began:.1f} s, "
          f"then to the first sample {heard - installed:.1f} s")  # fmt: skip


if __name__ == "__main__":
    main()
