"""Answers that say no, mangled, and headers that say something absurd."""

from __future__ import annotations

import random
from typing import Any, Final

from tests.soak.mangled import CONTROLS, RAW, change, text

REFUSALS: Final[tuple[dict[str, Any], ...]] = (
    {"error": {"code": "INVALID_API_KEY", "message": "No.", "system_message": "Not at all.",
               "trace_id": "tr_1"}},
    {"error": "Out of credits", "code": "payment_required", "trace_id": "tr_2"},
    {"detail": [{"loc": ["query", "limit"], "msg": "too large", "type": "less_than_equal"}]},
    {"error": dict.fromkeys(("code", "message", "system_message", "trace_id"), CONTROLS)},
    {"detail": [{"loc": [CONTROLS], "msg": CONTROLS, "type": CONTROLS}]},
)  # fmt: skip
_STATUSES: Final = (201, 204, 301, 400, 401, 402, 403, 404, 408, 410, 412, 422, 429, 500, 503, 596)
_NUMBERS: Final = (
    "0",
    "-1",
    "1.5",
    "inf",
    "nan",
    "9" * 30,
    "1e308",
    "",
    "soon",
    "\x80\xff",
    "1m30s",
)
_DATES: Final = (
    "Sat, 28 Jun 2026 10:30:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00",
    "Thu, 31 Dec 2199 23:59:59 -2359", "Sat, 00 Foo 2026 99:99:99", "0", "x" * 9_000, "\xe9",
)  # fmt: skip
_TOLD: Final[dict[str, tuple[str, ...]]] = {
    "retry-after": _NUMBERS + _DATES, "retry-after-ms": _NUMBERS, "date": _DATES, "age": _NUMBERS,
    "x-ratelimit-limit": _NUMBERS, "x-ratelimit-remaining": _NUMBERS,
    "x-ratelimit-reset": _NUMBERS + _DATES, "x-request-id": ("\x9b31m", "y" * 9_000, "\xff"),
    "content-type": ("text/html", "application/json; charset=utf-7", "image/png"),
}  # fmt: skip


def refused(dice: random.Random) -> tuple[int, bytes, dict[str, str]]:
    """An answer that says no, mangled: its status, body and headers."""
    body = dice.choice(REFUSALS)
    data = text(change(body, dice, dice.choice((0, 1, 2))))
    if dice.random() < 0.3:
        data = dice.choice(RAW)(data, dice)
    return dice.choice(_STATUSES), data, told(dice)


def told(dice: random.Random) -> dict[str, str]:
    """Headers of an answer that say something absurd."""
    names = dice.sample(sorted(_TOLD), 3)
    return {name: dice.choice(_TOLD[name]) for name in names}
