"""The flags that stand before or after a command."""

from __future__ import annotations

from typing import NamedTuple


class Flags(NamedTuple):
    """What was asked for on the command line; None where nothing was."""

    demo: bool = False
    profile: str | None = None
    output: str | None = None
