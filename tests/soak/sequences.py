"""What a program wrote to its terminal, taken apart into text and control sequences."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from takedeck.tui.background import QUERY
from tests.soak.poison import is_mark

_ESC_STRING: Final = r"(?:[^\x07\x1b\x9c]|\x1b(?!\\))*?(?:\x07|\x1b\\|\x9c|\Z)"
_TOKEN: Final = re.compile(
    r"(?P<csi>\x1b\[[0-?]*[ -/]*(?:[@-~]|\Z))"
    rf"|(?P<osc>\x1b\]{_ESC_STRING})"
    rf"|(?P<string>\x1b[PX^_k]{_ESC_STRING})"
    r"|(?P<escape>\x1b[ -/]*(?:[0-~]|\Z|(?=.)))"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f-\x9f])"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)",
    re.DOTALL,
)
_DIGITS: Final = re.compile(r"\d+")

_OWN: Final = re.compile(
    r"\x1b\[[0-9;:]*m|\x1b\[[0-9;]*[HJKABCDGq]|\x1b\[0? q"
    r"|\x1b\[\?(?:1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2031|2048|25|7)[hl]"
    r"|\x1b\[\?(?:2026|2048|2031)\$p|\x1b\[[<>=]\d*u|\x1b\[\?u"
)
"""What Textual, the shell's line and this app write by themselves; nothing else may come."""
_POINTER: Final = re.compile(r"\x1b\]22;[a-z-]+\x07")
_OWN_ESCAPES: Final = ("\x1b7", "\x1b8", "\x1b=", "\x1b>")


class Token(NamedTuple):
    """A stretch of text, one control character, or one whole sequence."""

    kind: str
    value: str


def tokens(stream: str) -> Iterator[Token]:
    """The stream's parts in their order; a sequence that never ends reaches to the end."""
    for found in _TOKEN.finditer(stream):
        yield Token(str(found.lastgroup), found.group())


def text_of(stream: str) -> str:
    """What a reader sees of it, in the order of writing; a space for each sequence."""
    return "".join(value if kind == "text" else " " for kind, value in tokens(stream))


def harms(stream: str, *, controls: str) -> Iterator[str]:
    """What in the stream is not ours; `controls` are the single characters that we do write."""
    for kind, value in tokens(stream):
        if kind == "text":
            bad = sorted({char for char in value if not char.isprintable()})
            if bad:
                yield f"{bad} in the text {value[:60]!r}"
        elif kind == "control":
            if value not in controls:
                yield f"the control character {value!r}"
        elif any(is_mark(digits) for digits in _DIGITS.findall(value)) and not _notifies(value):
            yield f"a server's text inside {value[:60]!r}"
        elif not _is_own(kind, value):
            yield f"a sequence that is not ours: {value[:60]!r}"


def _is_own(kind: str, value: str) -> bool:
    if kind == "csi":
        return _OWN.fullmatch(value) is not None
    if kind == "osc":
        return (
            value == QUERY
            or _notifies(value)
            or _copies(value)
            or _POINTER.fullmatch(value) is not None
        )
    return kind == "escape" and value in _OWN_ESCAPES


def _notifies(value: str) -> bool:
    """Whether it is our notice that a job is done: its title or its id."""
    found = re.fullmatch(r"\x1b\]9;((?:T|mgen_)[^\x07]*)\x07", value)
    return found is not None and found[1].isprintable()


def _copies(value: str) -> bool:
    """Whether it is our copying: text without a control character but line breaks."""
    found = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", value)
    try:
        text = base64.b64decode(found[1], validate=True).decode() if found else "\0"
    except (binascii.Error, UnicodeDecodeError):
        return False
    return text.replace("\n", " ").isprintable()
