"""Normalises text for searching, without case and diacritics, and builds a job's search text."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from takedeck.model import Job

_WHOLE_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"}
)

_BETWEEN: Final = "\0"  # not printable, so in no field; and no white space to `fold`


def fold(text: str) -> str:
    """The text for comparison: lower case, no diacritics, single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_WHOLE_LETTERS)
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).split())


folded_name = lru_cache(maxsize=1024)(fold)
"""`fold`, cached, for names that many jobs share."""


def searchable(job: Job) -> str:
    """The job's search text, folded; separators keep a phrase from matching across two fields."""
    parts = [job.id, job.engine, job.mode, job.error_message, job.refusal_reason, job.trouble]
    if job.result_track_id:
        parts.append(job.result_track_id)
    for track in job.tracks:
        parts += (track.title, track.id)
    told = (job.facts, *(track.facts for track in job.tracks))
    parts += (text for facts in told for _, text in facts)
    return fold(_BETWEEN.join(filter(None, parts)))
