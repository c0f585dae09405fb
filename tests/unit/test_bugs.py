"""The table of bugs fits the sources: what nobody runs in CI must not rot."""

from __future__ import annotations

import pytest

from tests.bugs.bug import ROOT, Bug
from tests.bugs.table import BUGS


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_has_its_place_and_its_tests(bug: Bug) -> None:
    text = bug.path.read_text(encoding="utf-8")

    assert bug.put_into(text) != text
    assert [path for path in bug.tests if not (ROOT / "tests" / path).is_file()] == []


def test_no_two_bugs_have_one_name() -> None:
    assert len({name for bug in BUGS for name in (bug.name, bug.room)}) == len(BUGS) + len(
        {bug.room for bug in BUGS}
    )
