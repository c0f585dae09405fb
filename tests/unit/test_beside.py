"""The table of tests that CI runs beside the trials names tests that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.beside import BESIDE

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", BESIDE)
def test_each_is_there(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    missing = [name for name in BESIDE[path] if f"def {name.partition('[')[0]}(" not in text]
    assert not missing
