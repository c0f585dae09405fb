"""The end of a signed URL, in every form that it may be told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takedeck.freshness import expires_at

END = datetime(2026, 6, 28, 10, 31, tzinfo=UTC)
UNIX = int(END.timestamp())


@pytest.mark.parametrize(
    ("query", "end"),
    [
        (f"exp={UNIX}&sig=x", END),
        (f"Expires={UNIX}&Signature=x&Key-Pair-Id=y", END),
        (f"GoogleAccessId=a&Expires={UNIX}&Signature=x", END),
        ("X-Amz-Date=20260628T103000Z&X-Amz-Expires=60&X-Amz-Signature=x", END),
        ("X-Goog-Date=20260628T103000Z&X-Goog-Expires=60&X-Goog-Signature=x", END),
        ("x-amz-date=20260628T103000Z&x-amz-expires=60", END),
        (f"exp={UNIX + 30}&X-Amz-Date=20260628T103000Z&X-Amz-Expires=60", END),
        (f"exp=never&Expires={UNIX}", END),
        ("sig=x", None),
        ("X-Amz-Expires=60", None),
        ("X-Amz-Date=20260628T103000Z", None),
        ("X-Amz-Date=yesterday&X-Amz-Expires=60", None),
        ("X-Amz-Date=99991231T235959Z&X-Amz-Expires=604800", None),
        ("X-Amz-Date=20260628T103000Z&X-Amz-Expires=" + "9" * 13, None),
        ("exp=", None),
        ("exp=inf", None),
        ("exp=nan", None),
        ("exp=-1", None),
        ("exp=60", None),
        ("exp=" + "9" * 400, None),
        ("exp=9999999999999", None),
        ("exp=١٢٣٤٥٦٧٨٩٠", None),
    ],
)
def test_every_form(query: str, end: datetime | None) -> None:
    assert expires_at(f"https://a.io/x.mp3?{query}") == end


@given(st.text())
def test_no_url_raises(text: str) -> None:
    expires_at(text)
    expires_at(f"https://a.io/?exp={text}&X-Amz-Date={text}&X-Amz-Expires={text}")
