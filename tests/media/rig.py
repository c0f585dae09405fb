"""Downloads one part of a test's storage."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from takedeck.media.fetch import Fetcher
from takedeck.media.partial_file import PartialFile
from takedeck.media.transfer import Fetched
from tests.media.storage import Storage

DATA = random.Random(1).randbytes(600_000)


def growing(tmp_path: Path, name: str = "a") -> PartialFile:
    return PartialFile(tmp_path / f"{name}.part", tmp_path / f"{name}.audio")


async def download(
    storage: Storage, tmp_path: Path, *, fetcher: Fetcher | None = None, **options: Any
) -> tuple[Fetched, bytes]:
    with growing(tmp_path) as target:
        fetched = await (fetcher or Fetcher()).download("master", storage.mint(), target, **options)
        return fetched, target.path.read_bytes()
