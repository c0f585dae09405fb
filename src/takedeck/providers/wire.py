"""Reading JSON that may be wrong in places: what is right is kept, what is not is named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, FiniteFloat, ValidationError

from takedeck.times import utc

_LONGEST_TEXT: Final = 100_000


class Shape(BaseModel):
    """A JSON object of the API: unknown fields are ignored, every field but the id may be absent.

    Its errors never quote the input, which may hold signed URLs.
    """

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, allow_inf_nan=False, strict=True
    )


def _text(value: Any) -> Any:
    """Text cut to a length that is safe to walk; a lone surrogate would make it unusable."""
    if not isinstance(value, str):
        return value
    return value[:_LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


def _when(value: Any) -> datetime | None:
    """An ISO 8601 time, with or without a zone (UTC then); None where it cannot be read."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        return utc(datetime.fromisoformat(value.strip()))
    except (ValueError, OverflowError):
        return None


def _whole(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value):
        return round(value)
    return value


Text = Annotated[str, BeforeValidator(_text)]
When = Annotated[datetime | None, BeforeValidator(_when)]
Whole = Annotated[int, BeforeValidator(_whole)]
Number = FiniteFloat

S = TypeVar("S", bound=Shape)


def read(shape: type[S], value: Any) -> tuple[S | None, str | None]:
    """The shape and what was wrong with it.

    Fields of a wrong type are left out and named in the second value. The first is None where
    the value is no object or a field without a default is wrong.
    """
    if not isinstance(value, Mapping):
        return None, "it is not an object"
    try:
        return shape.model_validate(value), None
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
    wrong = {str(fault["loc"][0]): fault["msg"] for fault in faults if fault["loc"]}
    trouble = "Unreadable: " + "; ".join(f"{name} ({why})" for name, why in sorted(wrong.items()))
    try:
        rest = {name: item for name, item in value.items() if name not in wrong}
        return shape.model_validate(rest), trouble
    except ValidationError:
        return None, trouble
