"""Each trial with a small count; `python -m tests.soak` runs them whole."""

from __future__ import annotations

import pytest

from tests.soak.trial import NAMES, load


@pytest.mark.parametrize("name", NAMES)
def test_no_harm(name: str) -> None:
    trial = load(name)

    outcome = trial.run(trial.small, 1)

    assert outcome.tries >= trial.small
    assert outcome.harm == ()
