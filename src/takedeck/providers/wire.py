"""Reads JSON objects that may be partly invalid: keeps the valid fields, names the others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, FiniteFloat, ValidationError

from takedeck.times import utc

_LONGEST_TEXT: Final = 100_000


class Shape(BaseModel):
    """A JSON object of the API: unknown fields are ignored, every field but the id is optional.

    Validation errors never quote the input, which may hold signed URLs.
    """

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, allow_inf_nan=False, strict=True
    )


def _text(value: Any) -> Any:
    """Text of limited length; lone surrogates, which cannot be encoded, are replaced."""
    if not isinstance(value, str):
        return value
    return value[:_LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")


def _time(value: Any) -> datetime | None:
    """An ISO 8601 time, taken as UTC without a zone; None if it is invalid."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        return utc(datetime.fromisoformat(value.strip()))
    except (ValueError, OverflowError):
        return None


def _rounded(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value):
        return round(value)
    return value


Text = Annotated[str, BeforeValidator(_text)]
When = Annotated[datetime | None, BeforeValidator(_time)]
Whole = Annotated[int, BeforeValidator(_rounded)]
Number = FiniteFloat

S = TypeVar("S", bound=Shape)


def read(shape: type[S], value: Any) -> tuple[S | None, str | None]:
    """Validate `value`; returns the shape and a description of what was invalid, or None.

    Invalid fields are left out and named in the description. The shape is None if the value is not
    an object or a required field is invalid. Never raises.
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
