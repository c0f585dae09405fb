"""Parses the Range header as RFC 9110 (section 14) says."""

from __future__ import annotations

import re

_ONE = re.compile(r"bytes=\s*(\d{0,15})-(\d{0,15})\s*")


class Unsatisfiable(Exception):
    """A range that lies wholly outside the file: 416."""


def wanted(header: str | None, size: int) -> range | None:
    """Return the bytes asked for, or None for the whole file.

    Several ranges at once, other units and nonsense are ignored, as the RFC allows.
    Raises Unsatisfiable when nothing of the range lies in a file of `size` bytes.
    """
    match = _ONE.fullmatch(header or "")
    if match is None or match[1] == match[2] == "":
        return None
    first, last = match[1], match[2]
    if first == "":
        if int(last) == 0:
            raise Unsatisfiable
        return range(max(0, size - int(last)), size)
    start = int(first)
    stop = size if last == "" else min(size, int(last) + 1)
    if last != "" and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return range(start, stop)
