"""What is heard and behind is fetched first, and something is always fetched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from takedeck.session.priority import AHEAD, PartProgress, may_read

LENGTH = 100.0

progress = st.builds(
    PartProgress,
    share=st.none() | st.floats(0, 1),
    complete=st.booleans(),
    audible=st.booleans(),
)


def test_what_is_not_heard_waits_for_what_is() -> None:
    parts = {
        "drums": PartProgress(0.1, complete=False, audible=True),
        "bass": PartProgress(0.0, complete=False, audible=False),
    }
    assert may_read("drums", parts, 0.0, LENGTH)
    assert not may_read("bass", parts, 0.0, LENGTH)


def test_what_is_well_ahead_waits_for_what_is_behind() -> None:
    parts = {
        "drums": PartProgress(0.9, complete=False, audible=True),
        "bass": PartProgress(0.1, complete=False, audible=True),
    }
    assert not may_read("drums", parts, 0.0, LENGTH)
    assert may_read("bass", parts, 0.0, LENGTH)


def test_a_seek_puts_the_part_that_is_now_behind_first() -> None:
    parts = {
        "drums": PartProgress(0.6, complete=False, audible=True),
        "bass": PartProgress(0.2, complete=False, audible=False),
    }
    assert may_read("bass", parts, 60.0 - AHEAD - 1, LENGTH)
    assert not may_read("bass", parts, 60.0 - AHEAD + 1, LENGTH)


def test_a_part_that_failed_or_is_whole_holds_up_no_other() -> None:
    parts = {
        "drums": PartProgress(0.0, complete=True, audible=True),
        "bass": PartProgress(0.0, complete=False, audible=False),
    }
    assert may_read("bass", parts, 0.0, LENGTH)


@given(st.dictionaries(st.text(), progress, min_size=1), st.floats(0, 200), st.floats(0, 100))
def test_some_part_may_always_read(
    parts: dict[str, PartProgress], position: float, length: float
) -> None:
    waiting = [name for name, part in parts.items() if not part.complete]
    assert not waiting or any(may_read(name, parts, position, length) for name in waiting)
