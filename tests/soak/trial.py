"""What a trial is: one way to harm takedeck, how often it is tried, and what came of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

NAMES: Final[tuple[str, ...]] = (
    "terminal",
    "flood",
    "signals",
    "titles",
    "secrets",
    "expiry",
    "redirects",
    "cancels",
    "faults",
    "kills",
    "audio",
    "spoiled",
    "reconnect",
    "disk",
    "tight",
    "few",
    "payloads",
    "rows",
    "bombs",
    "hour",
)
"""Every trial's module in this folder, in the order of the table."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial: how often it tried, each harm in words, and figures worth a look.

    `tries` counts what the trial's `unit` names. The first few of `harm` are printed; none may
    hold a secret.
    """

    tries: int
    harm: tuple[str, ...] = ()
    figures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to harm takedeck. `run` gets a count and a seed, and starts its own event loop.

    `whole` is the count of the full run, `small` that of CI. `missing` says what it needs that is
    not here, or None.
    """

    promise: str
    unit: str
    whole: int
    small: int
    run: Callable[[int, int], Outcome]
    missing: Callable[[], str | None] = lambda: None


def load(name: str) -> Trial:
    """The trial in the module of that name."""
    trial: Trial = importlib.import_module(f"tests.soak.{name}").TRIAL
    return trial
