"""The tree of errors is as it is drawn."""

from __future__ import annotations

import re

from takedeck import errors
from takedeck.errors import TakedeckError

LINE = re.compile(r"^    (?P<lead>[│├└─ ]*)(?P<name>[A-Z]\w+)(?: +(?P<code>\d)\b)?")


def test_the_tree_is_drawn_as_it_is() -> None:
    drawn: dict[str, tuple[str | None, int]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if (found := LINE.match(line)) is None:
            continue
        depth = len(found["lead"]) // 4
        parent = above[depth - 1] if depth else None
        code = int(found["code"]) if found["code"] else drawn[parent or ""][1]
        drawn[found["name"]] = (parent, code)
        above[depth:] = [found["name"]]
    classes = [each for each in vars(errors).values() if isinstance(each, type)]
    real = {
        each.__name__: (each.__base__.__name__ if each is not TakedeckError else None,
                        each.exit_code)
        for each in classes
        if issubclass(each, TakedeckError) and each.__base__ is not None
    }  # fmt: skip
    assert drawn == real
