"""Band-limited sample rate conversion; soxr is imported only when the rates differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from takedeck.deck.faults import DeckFault
from takedeck.deck.pcm import Frames


def resampled(steps: Iterator[Frames], source: int, target: int) -> Iterator[Frames]:
    """Resample from `source` to `target` Hz. Raises `DeckFault` if soxr is needed and missing."""
    if source == target:
        yield from steps
        return
    try:
        import soxr  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise DeckFault(
            f"The part has {source} Hz, the track {target} Hz: install soxr to hear them together."
        ) from error
    stream = soxr.ResampleStream(source, target, 2, dtype="int16", quality="HQ")
    for frames in steps:
        out = stream.resample_chunk(np.ascontiguousarray(frames))
        if len(out):
            yield out
    tail = stream.resample_chunk(np.zeros((0, 2), dtype=np.int16), last=True)
    if len(tail):
        yield tail
