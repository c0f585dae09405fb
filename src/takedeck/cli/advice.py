"""What to do after an error, worded for a shell command instead of for the app's keys."""

from __future__ import annotations

import math
from typing import Final

from takedeck.errors import (
    DeckError,
    MediaError,
    NetworkError,
    RateLimited,
    ServerFault,
    TakedeckError,
    Timeout,
)

_AGAIN: Final = "Run it again."
_LATER: Final = "Wait a little, then run it again."
_ADVICE: Final[tuple[tuple[type[TakedeckError], str], ...]] = (
    (Timeout, _LATER),
    (NetworkError, "Check the network, then run it again."),
    (RateLimited, _LATER),
    (ServerFault, _LATER),
    (MediaError, _AGAIN),
    (DeckError, _AGAIN),
)


def next_step(error: TakedeckError) -> str:
    """The error's own advice; where that is only its class's default, advice for a command."""
    if isinstance(error, RateLimited) and error.retry_after and error.next_step == error.advice:
        return f"Wait {math.ceil(error.retry_after)} s, then run it again."
    for kind, words in _ADVICE:
        if isinstance(error, kind) and error.next_step == kind.advice:
            return words
    return error.next_step
