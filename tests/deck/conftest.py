"""Fixtures of the deck's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deck.rig import Rig, rigged


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rigged() as made:
        yield made
