"""Each trial with a small count; `python -m tests.soak` runs them whole."""

from __future__ import annotations

import os

import pytest

from tests.soak.__main__ import run
from tests.soak.trial import NAMES, load

_ENVIRON = dict(os.environ)
"""As it was before a test had a home of its own, for songs that have been made already."""


@pytest.mark.trial
@pytest.mark.parametrize("name", NAMES)
def test_no_harm(name: str) -> None:
    trial = load(name)
    if reason := trial.missing():
        pytest.skip(reason)

    outcome = run(name, trial.small, 1, environ=_ENVIRON)

    assert outcome.tries >= trial.small
    assert outcome.harm == ()
