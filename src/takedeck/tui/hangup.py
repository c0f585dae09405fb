"""Checks whether the terminal is gone, because not every hangup sends a signal."""

from __future__ import annotations

import select
import sys


def hung_up() -> bool:
    """Whether the terminal on standard input has been closed."""
    if sys.__stdin__ is None or sys.__stdin__.closed or not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(sys.__stdin__.fileno(), 0)
    return any(event & (select.POLLHUP | select.POLLNVAL) for _, event in poll.poll(0))
