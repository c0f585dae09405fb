"""The flags that stand before or after a command, and the log that one of them asks for."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple


class Flags(NamedTuple):
    """What was asked for on the command line; None where nothing was."""

    demo: bool = False
    profile: str | None = None
    output: str | None = None
    debug: bool = False


def start_log(flags: Flags) -> None:
    """Keep the log from now on, if flag or environment ask for it.

    Where it cannot be written, that is said and the run goes on.
    """
    asked = os.environ.get("TAKEDECK_DEBUG", "").strip().lower()
    if not flags.debug and asked in ("", "0", "false", "no"):
        return
    from takedeck import log
    from takedeck.config import Folders

    folder = Folders.of_user().state
    if log.start(folder) is None:
        sys.stderr.write(f"takedeck: no log can be written in {folder}.\n")
