"""All errors for the user: each says what happened, what to do next, and has an exit code.

The number is the exit code; a class without one inherits it.

    TakedeckError                     1
    ├── ConfigError                   2   a setting is missing or cannot be used
    ├── NetworkError                  1   no complete response
    │   └── Timeout                       none in time
    ├── BadAnswer                     1   an invalid response
    ├── ApiError                      1   an error response
    │   ├── BadRequest                2
    │   ├── AuthenticationError       3
    │   │   ├── InvalidKey
    │   │   ├── KeyExpired
    │   │   └── KeyDisabled
    │   ├── PaymentRequired           3
    │   ├── PermissionDenied          3
    │   │   └── OrganizationDenied
    │   ├── NotFound                  4
    │   ├── Rejected                  2
    │   ├── RateLimited               1
    │   └── ServerFault               1
    ├── MediaError                    1   a part cannot be fetched or played
    │   ├── NothingToPlay             4
    │   │   └── NothingYet            1
    │   ├── UrlRefused
    │   └── DiskFull
    ├── DeckError                     1   the deck or its output failed
    ├── DemoEnded                     1
    ├── StateUnwritable               1
    └── HistoryNote                   1
"""

from __future__ import annotations

from typing import ClassVar

from takedeck.text import redact, safe_block, safe_line


class TakedeckError(Exception):
    """An error for the user: a title, what happened, what to do next.

    `exit_code` is the command's: 1 a fault that may be temporary, 2 wrong usage or
    configuration, 3 refused by the API, 4 not found.
    """

    title: ClassVar[str] = "Something went wrong"
    title_says_all: ClassVar[bool] = False
    """Whether the server's own words would only repeat the title."""
    advice: ClassVar[str] = "Try again."
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, next_step: str | None = None) -> None:
        self.what = redact(safe_block(what))
        self.next_step = safe_block(next_step) if next_step else self.advice
        super().__init__(self.what)

    @property
    def head(self) -> str:
        """The title with its punctuation; empty if there is none."""
        if not self.title:
            return ""
        return f"{self.title}." if self.title_says_all else f"{self.title}: "

    @property
    def said(self) -> str:
        """What happened, after the title; the title alone if it says all."""
        return self.head if self.title_says_all else self.head + self.what

    def __str__(self) -> str:
        return f"{self.said} {self.next_step}".strip()


class ConfigError(TakedeckError):
    """A setting is missing or wrong."""

    title = "Configuration"
    advice = "See `takedeck --help`."
    exit_code = 2


class NetworkError(TakedeckError):
    """The API could not be reached, or the response was incomplete."""

    title = "No connection"
    advice = "Check the network; takedeck tries again by itself."


class Timeout(NetworkError):
    """The response took longer than the deadline."""

    title = "No answer in time"


class BadAnswer(TakedeckError):
    """The response is not what the API's documentation describes."""

    title = "Unreadable answer"
    advice = "Check the base URL; if it is right, tell the API's support."


class ApiError(TakedeckError):
    """An error response: with its status, code and trace id; `retry_after` is in seconds."""

    title = "The API refused the request"
    advice = "Quote the trace id when asking the API's support."

    def __init__(
        self,
        what: str,
        *,
        status: int,
        code: str = "",
        trace_id: str | None = None,
        retry_after: float | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(what, next_step=next_step)
        self.status = status
        self.code = safe_line(code, 80)
        self.trace_id = safe_line(trace_id, 80) if trace_id else None
        self.retry_after = retry_after

    def __str__(self) -> str:
        trace = f" (trace id {self.trace_id})" if self.trace_id else ""
        return f"{self.said} {self.next_step}{trace}"


class BadRequest(ApiError):
    """400: the request is malformed."""

    title = "Malformed request"
    exit_code = 2


class AuthenticationError(ApiError):
    """401: the key is missing or not accepted."""

    title = "Not signed in"
    advice = "Check the API key."
    exit_code = 3


class InvalidKey(AuthenticationError):
    """401 INVALID_API_KEY."""

    title = "The API rejected this key"
    title_says_all = True
    advice = "Copy the key again; it may have been cut or belong to another service."


class KeyExpired(AuthenticationError):
    """401 API_KEY_EXPIRED, TOKEN_EXPIRED."""

    title = "The API key has expired"
    title_says_all = True
    advice = "Make a new key in the API's console."


class KeyDisabled(AuthenticationError):
    """401 API_KEY_DEACTIVATED, API_KEY_PAUSED."""

    title = "The API key is switched off"
    title_says_all = True
    advice = "Switch the key on again in the API's console, or use another."


class PaymentRequired(ApiError):
    """402: the plan or the balance does not cover the request."""

    title = "Payment needed"
    advice = "Check the plan and balance at the provider."
    exit_code = 3


class PermissionDenied(ApiError):
    """403: the key does not permit this."""

    title = "Not permitted"
    advice = "Ask the organisation's owner for the music generation capability."
    exit_code = 3


class OrganizationDenied(PermissionDenied):
    """403 ORGANIZATION_ACCESS_DENIED."""

    title = "Not a member of this organisation"
    advice = "Check TAKEDECK_ORGANIZATION: the key must belong to a member of it."


class NotFound(ApiError):
    """404 or 410: it does not exist, or belongs to someone else."""

    title = "Not found"
    advice = "Check the id; the API answers the same for what belongs to someone else."
    exit_code = 4


class Rejected(ApiError):
    """412 or 422: a value of the request is not accepted."""

    title = "The API rejected a value"
    advice = "Correct the value that the message names."
    exit_code = 2


class RateLimited(ApiError):
    """429: too many requests."""

    title = "Too many requests"
    advice = "Wait; takedeck goes on by itself."


class ServerFault(ApiError):
    """408, 5xx and 596: a fault of the server that may be temporary."""

    title = "The API has a fault"
    advice = "Wait a little; takedeck tries again by itself."


class MediaError(TakedeckError):
    """A track's audio could not be fetched or played."""

    title = "The audio could not be fetched"
    advice = "Press r to renew the link and try again."


class NothingToPlay(MediaError):
    """There is no such track or part, and there will be none."""

    title = ""
    advice = ""
    exit_code = 4


class NothingYet(NothingToPlay):
    """The job is not finished."""

    exit_code = 1


class DemoEnded(TakedeckError):
    """The demo's simulator has ended."""

    title = "The demo's simulator has ended"
    advice = "Quit with q and start takedeck again; what is cached still plays."


class UrlRefused(MediaError):
    """The storage answered 401, 403, 404 or 410, or the URL must not be fetched."""

    title = "The storage refused the link"


class DiskFull(MediaError):
    """The audio could not be written to the cache."""

    title = "The cache folder cannot be written"
    advice = "Free some disk space, or point XDG_CACHE_HOME elsewhere."


class StateUnwritable(TakedeckError):
    """A setting could not be saved for the next run."""

    title = "The state folder cannot be written"
    advice = "Free some disk space, or point XDG_STATE_HOME elsewhere."


class HistoryNote(TakedeckError):
    """A message for the user about the saved jobs."""

    title = "Saved jobs"
    advice = ""


class DeckError(TakedeckError):
    """The deck's process or the sound device failed."""

    title = "The deck stopped"
    advice = "Press space to start it again."
