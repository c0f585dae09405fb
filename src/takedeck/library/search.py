"""Parses the search text, names its mistakes, and matches jobs against it; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from takedeck.library.folding import fold, folded_name, searchable
from takedeck.model import STATUSES, Job
from takedeck.text import safe_line

FIELDS: Final = ("status", "engine", "mode")
STATUS_WORDS: Final = (*(status.word for status in STATUSES), "expired")

_TOKEN: Final = re.compile(
    r"""(?P<field>[^\W\d_]+):(?P<values>(?:"[^"]*"?|[^\s"])*)  # status:failed,"two words"
    | "(?P<phrase>[^"]*)"?                                     # a quote may still be open
    | (?P<word>\S+)""",
    re.VERBOSE,
)
_VALUE: Final = re.compile(r'(?:"[^"]*"?|[^",])+')


@dataclass(frozen=True, slots=True)
class Mistake:
    """A part of the search text that makes no sense, from index `start` up to `end`."""

    message: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed search. Values of one field are alternatives; all fields and words must match.

    `statuses` are complete status words. `engines` and `modes` are folded and match anywhere in the
    job's, like `words` in its search text. Mistakes do not filter.
    """

    text: str = ""
    statuses: frozenset[str] = frozenset()
    engines: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    def __bool__(self) -> bool:
        """Whether it filters at all."""
        return bool(self.statuses or self.engines or self.modes or self.words)

    def matches(self, job: Job, text: str | None = None) -> bool:
        """Whether the job matches; `text` is its search text, made here if it is None."""
        if self.statuses and job.status.word not in self.statuses:
            return False
        if self.engines and not one_in(self.engines, job.engine):
            return False
        if self.modes and not one_in(self.modes, job.mode):
            return False
        if self.words:
            text = searchable(job) if text is None else text
            for word in self.words:
                if word not in text:
                    return False
        return True


def parse(text: str, statuses: Iterable[str] = STATUS_WORDS) -> Query:
    """Read `status:failed mode:focus engine:studio "some text"`; never raises.

    A field takes several values separated by commas; a status may be abbreviated (`status:fail`);
    quotes protect spaces, commas and colons. `statuses` are the valid status words.
    """
    known = tuple(statuses)
    mistakes: list[Mistake] = []
    words: list[str] = []
    values: dict[str, list[str]] = {field: [] for field in FIELDS}
    for token in _TOKEN.finditer(text):
        if (field := token["field"]) is None:
            words += [word for word in (fold(token["phrase"] or token["word"] or ""),) if word]
        elif (name := fold(field)) not in values:
            mistakes.append(_unknown_field(field, token))
        else:
            for found in _read(name, token, known, mistakes):
                values[name] += found
    return Query(
        text,
        frozenset(values["status"]),
        _distinct(values["engine"]),
        _distinct(values["mode"]),
        _distinct(words),
        tuple(mistakes),
    )


def _read(
    name: str, token: re.Match[str], known: tuple[str, ...], mistakes: list[Mistake]
) -> Iterator[list[str]]:
    """The matching words for each value of a known field; adds a mistake if there are none."""
    empty = True
    for item in _VALUE.finditer(token.string, *token.span("values")):
        if not (value := fold(item.group().replace('"', ""))):
            continue
        empty = False
        found = _statuses(value, known) if name == "status" else [value]
        if not found:
            shown = safe_line(item.group().strip('"'), 40)
            message = f"Unknown status “{shown}”: {_listed(known)}."
            mistakes.append(Mistake(message, *item.span()))
        yield found
    if empty:
        options = f": {_listed(known)}" if name == "status" else ""
        mistakes.append(Mistake(f"Which {name}{options}?", *token.span()))


def _statuses(value: str, known: tuple[str, ...]) -> list[str]:
    exact = [word for word in known if folded_name(word) == value]
    return exact or [word for word in known if folded_name(word).startswith(value)]


def _unknown_field(field: str, token: re.Match[str]) -> Mistake:
    shown = safe_line(field, 40)
    message = f"Unknown field “{shown}”: {_listed(FIELDS)}. Put text with a colon in quotes."
    return Mistake(message, *token.span())


def one_in(values: tuple[str, ...], name: str) -> bool:
    """Whether a job's engine or mode contains one of the folded values."""
    folded = folded_name(name)
    return any(value in folded for value in values)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
