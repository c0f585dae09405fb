"""The flags that may come before or after a command, and the log that `--debug` starts."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple


class Flags(NamedTuple):
    """The flags given on the command line; None for one that was not given."""

    demo: bool = False
    profile: str | None = None
    output: str | None = None
    debug: bool = False


def start_log(flags: Flags) -> None:
    """Start logging if the flag or the environment asks for it.

    If the log cannot be written, say so and go on without it.
    """
    asked = os.environ.get("TAKEDECK_DEBUG", "").strip().lower()
    if not flags.debug and asked in ("", "0", "false", "no"):
        return
    from takedeck import log
    from takedeck.config import Folders

    folder = Folders.of_user().state
    if log.start(folder) is None:
        sys.stderr.write(f"takedeck: no log can be written in {folder}.\n")
