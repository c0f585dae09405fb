"""The API's error envelope, one function for each kind of refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ApiError(Exception):
    """An answer other than 2xx, in the envelope that the provider's pages show."""

    status: int
    code: str
    message: str
    system_message: str
    type: str
    details: Mapping[str, object] = field(default_factory=dict)
    retry_after: int | None = None

    def envelope(self, trace_id: str, timestamp: str) -> dict[str, object]:
        """Return the JSON body; `timestamp` is ISO 8601 in UTC."""
        error = {
            "code": self.code,
            "message": self.message,
            "system_message": self.system_message,
            "type": self.type,
            "status": self.status,
            "details": dict(self.details),
            "trace_id": trace_id,
            "timestamp": timestamp,
        }
        return {"success": False, "error": error}


def authentication_required() -> ApiError:
    """A 401 for a request without a key."""
    return ApiError(
        401,
        "AUTHENTICATION_REQUIRED",
        "Authentication required. Please provide a valid API key.",
        "Missing or invalid authorization header",
        "authentication_error",
    )


def invalid_api_key() -> ApiError:
    """A 401 for a key that is not the caller's."""
    return ApiError(
        401,
        "INVALID_API_KEY",
        "The API key provided is not valid.",
        "API key not recognised",
        "authentication_error",
    )


def insufficient_permissions() -> ApiError:
    """A 403 for a key that may not use music generation."""
    return ApiError(
        403,
        "INSUFFICIENT_PERMISSIONS",
        "You do not have permission to access this resource.",
        "USE_MUSIC_GENERATION capability required",
        "authorization_error",
    )


def organization_access_denied(organization_id: str) -> ApiError:
    """A 403 for an organisation that is not the caller's."""
    return ApiError(
        403,
        "ORGANIZATION_ACCESS_DENIED",
        "You do not have access to this organization.",
        "Caller is not a member of the organization",
        "authorization_error",
        {"organization_id": organization_id},
    )


def not_found(what: str, **details: object) -> ApiError:
    """A 404 in the pages' words; `what` is for example ``Music track``."""
    return ApiError(
        404,
        "RESOURCE_NOT_FOUND",
        "The requested resource could not be found.",
        f"{what} not found",
        "client_error",
        details,
    )


def validation_error(name: str, value: str, rule: str) -> ApiError:
    """A 422 that names the parameter, what it was and what it has to be."""
    return ApiError(
        422,
        "VALIDATION_ERROR",
        f"The request is not valid: {name} must be {rule}.",
        f"Query parameter {name} failed validation",
        "validation_error",
        {"field": name, "value": value[:100], "rule": rule},
    )


def rate_limited(retry_after: int) -> ApiError:
    """A 429; `retry_after` in seconds."""
    return ApiError(
        429,
        "RATE_LIMIT_EXCEEDED",
        "Too many requests. Please slow down.",
        "Rate limit of the API key is used up",
        "rate_limit_error",
        {"retry_after": retry_after},
        retry_after,
    )


def bad_host() -> ApiError:
    """A 400 for a Host header that names another machine."""
    return ApiError(
        400,
        "INVALID_HOST",
        "The Host header does not name this machine.",
        "Only loopback names are served",
        "client_error",
    )


def method_not_allowed(method: str) -> ApiError:
    """A 405 for anything but GET."""
    return ApiError(
        405,
        "METHOD_NOT_ALLOWED",
        "The method is not allowed for this resource.",
        "Only GET is served here",
        "client_error",
        {"method": method},
    )


def internal_error() -> ApiError:
    """A 500: a fault of the simulator itself."""
    return ApiError(
        500,
        "INTERNAL_SERVER_ERROR",
        "Something went wrong on our side.",
        "Unhandled error in the simulator",
        "server_error",
    )
