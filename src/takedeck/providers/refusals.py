"""Turns an API's error response into one of the errors of `takedeck.errors`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from takedeck import errors
from takedeck.text import redact

_BY_STATUS: Final[Mapping[int, type[errors.ApiError]]] = {
    400: errors.BadRequest,
    401: errors.AuthenticationError,
    402: errors.PaymentRequired,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    408: errors.ServerFault,
    410: errors.NotFound,
    412: errors.Rejected,
    422: errors.Rejected,
    429: errors.RateLimited,
}
_BY_CODE: Final[Mapping[str, type[errors.ApiError]]] = {
    "INVALID_API_KEY": errors.InvalidKey,
    "TOKEN_INVALID": errors.InvalidKey,
    "API_KEY_EXPIRED": errors.KeyExpired,
    "TOKEN_EXPIRED": errors.KeyExpired,
    "API_KEY_DEACTIVATED": errors.KeyDisabled,
    "API_KEY_PAUSED": errors.KeyDisabled,
    "ORGANIZATION_ACCESS_DENIED": errors.OrganizationDenied,
}


@dataclass(frozen=True, slots=True)
class _Body:
    message: str = ""
    code: str = ""
    trace_id: str | None = None


def refusal(
    status: int, body: Any, *, trace_id: str | None = None, retry_after: float | None = None
) -> errors.ApiError:
    """The error for a status of 400 or more; returned, not raised.

    `body` is the parsed JSON, or None. It may be the envelope
    `{error: {code, message, system_message, trace_id}}`, the flat `{error, code}`, or
    FastAPI's `{detail: [{loc, msg, type}]}`. `trace_id` is from a header, used if the body has
    none; `retry_after` is in seconds.
    """
    said = _read(body)
    kind = _kind(status, said.code)
    return kind(
        redact(said.message) or f"It answered with status {status} and no message.",
        status=status,
        code=said.code,
        trace_id=said.trace_id or trace_id,
        retry_after=retry_after,
    )


def _kind(status: int, code: str) -> type[errors.ApiError]:
    general = errors.ServerFault if status >= 500 else _BY_STATUS.get(status, errors.ApiError)
    named = _BY_CODE.get(code, general)
    return named if issubclass(named, general) else general


def _read(body: Any) -> _Body:
    if not isinstance(body, Mapping):
        return _Body()
    error = body.get("error")
    if isinstance(error, Mapping):
        return _Body(_texts(error), _text(error.get("code")), _text(error.get("trace_id")) or None)
    trace_id = _text(body.get("trace_id")) or None
    if message := _text(error) or _text(body.get("message")):
        return _Body(message, _text(body.get("code")), trace_id)
    return _Body(_detail(body.get("detail")), _text(body.get("code")), trace_id)


def _texts(error: Mapping[str, Any]) -> str:
    """The message, with the system's message in brackets if it says more."""
    message, system = _text(error.get("message")), _text(error.get("system_message"))
    if message and system and system not in message:
        return f"{message} ({system})"
    return message or system


def _detail(detail: Any) -> str:
    if not isinstance(detail, list):
        return _text(detail)
    faults = (item for item in detail[:5] if isinstance(item, Mapping))
    return "; ".join(f"{_location(item.get('loc'))}{_text(item.get('msg'))}" for item in faults)


def _location(loc: Any) -> str:
    names = [_text(part) for part in loc[:8]] if isinstance(loc, list) else []
    shown = [name for name in names if name and name not in ("query", "path", "body")]
    return f"{'.'.join(shown)}: " if shown else ""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()[:4_000]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
