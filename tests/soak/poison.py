"""Texts that attack a terminal, each with a number of its own that tells where it got through."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

M: Final = "{}"
"""Where the number stands in a payload."""

_ST: Final = "\x1b\\"
_C0: Final = tuple(f"{chr(code)}{M}{chr(code)}" for code in (*range(0x20), 0x7F))
_C1: Final = tuple(f"{chr(code)}{M}{chr(code)}" for code in range(0x80, 0xA0))
_CSI: Final = tuple(
    f"{lead}{body}"
    for lead in ("\x1b[", "\x9b")
    for body in (
        f"{M}m", f"31;{M}m", f"2;{M}J", f"{M};1H", f"?{M}l", f"?{M}h", f"{M}n", f">{M}c", f"{M}t",
        f"21;{M}t", f"{M}S", f"1;{M}r", f"{M} q", f"!{M}p", f"{M}@", f"{M}X", f"38:2::{M}:1:1m",
    )
)  # fmt: skip
_OSC: Final = tuple(
    f"{lead}{body}{end}"
    for lead, ends in (("\x1b]", ("\x07", _ST)), ("\x9d", ("\x9c", "\x07")))
    for end in ends
    for body in (
        f"0;{M}", f"2;{M}", f"4;1;rgb:{M}", f"7;file://{M}", f"8;;http://{M}/", f"9;{M}",
        f"10;{M}", f"22;{M}", f"52;c;{M}", f"52;p;?{M}", f"777;notify;{M};x", f"1337;File={M}",
    )
)  # fmt: skip
_STRINGS: Final = tuple(
    f"{lead}{body}{end}"
    for end in (_ST, "\x9c", "")
    for lead, body in (
        ("\x1bP", f"$q{M}"), ("\x1bP", f"1;2|{M}"), ("\x1bP", f"q{M}"), ("\x1bPtmux;\x1b", M),
        ("\x90", f"+q{M}"), ("\x1b_", f"G{M}"), ("\x9f", f"G{M}"), ("\x1b^", M), ("\x9e", M),
        ("\x1bX", M), ("\x98", M), ("\x1bk", M),
    )
)  # fmt: skip
_ESC: Final = tuple(
    f"\x1b{rest}{M}" for rest in ("c", "7", "8", "=", "(0", ")0", "#8", "N", "O", "D", "M", "E", "")
)
_INVISIBLE: Final = tuple(
    f"{chr(code)}{M}{chr(code)}"
    for code in (
        0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200C,
        0x200D, 0x2060, 0xFEFF, 0xAD, 0x180E, *range(0x2061, 0x2065), *range(0x206A, 0x2070),
        *range(0xFFF9, 0xFFFC), 0xE0001, 0xE0020, 0xE0041, 0xE007F, 0x2028, 0x2029, 0xA0, 0x3000,
        0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000, 0xFDD0, 0xFFFE, 0x10FFFF, 0xF0000,
    )
)  # fmt: skip
_MARKUP: Final = (f"[@click=app.quit]{M}[/]", f"[link=http://{M}]x[/link]", f"[/{M}]")
PAYLOADS: Final = (*_C0, *_C1, *_CSI, *_OSC, *_STRINGS, *_ESC, *_INVISIBLE, *_MARKUP)
"""Every C0 and C1 character, the control strings in 7 and 8 bits, and what cannot be seen."""

JOB_FIELDS: Final = (
    "title", "engine", "mode", "mime_type", "licence_class", "error_message", "failed_engine",
    "refusal_reason", "refused_engine", "status", "odd_engine",
)  # fmt: skip
"""What the list and the detail pane show of a job."""
TRACK_FIELDS: Final = ("track_title", "track_engine", "track_mode", "track_licence", "stem")
"""What the track pane shows."""
ERROR_FIELDS: Final = ("message", "system_message", "trace_id", "detail", "x-request-id")
"""What a banner shows of an error."""
FIELDS: Final = (
    *JOB_FIELDS, *TRACK_FIELDS, *ERROR_FIELDS, "toast", "result_track_id", "created_at", "job_id",
    "playback_url", "stem_url", "code", "type", "timestamp", "x-trace-id", "retry-after",
    "x-ratelimit-remaining", "x-ratelimit-limit", "date", "content-type", "etag", "location",
)  # fmt: skip
"""Every string of the server's that a text of ours can stand in."""
_FIRST: Final = 700_000
_STEP: Final = 1_000


class Poison:
    """Makes the texts of some payloads. `numbers` are the payloads' places among `PAYLOADS`."""

    def __init__(self, count: int, seed: int) -> None:
        numbers = list(range(len(PAYLOADS)))
        random.Random(seed).shuffle(numbers)
        self.numbers = numbers[:count]

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers)

    def text(self, field: str, number: int) -> str:
        """A text for that field: its mark, as a harmless text has it, and behind it the payload."""
        mark = self.mark(field, number)
        return f"T{mark}{PAYLOADS[number].replace(M, str(mark))}"

    def mark(self, field: str, number: int) -> str:
        """The number that stands in no other text."""
        return str(_FIRST + FIELDS.index(field) * _STEP + number)

    def texts(self, field: str) -> str:
        """All payloads one after the other, each on a line."""
        return "\n".join(self.text(field, number) for number in self)


def is_mark(number: str) -> bool:
    """Whether the digits are one of those numbers."""
    return len(number) == 6 and _FIRST <= int(number) < _FIRST + len(FIELDS) * _STEP
