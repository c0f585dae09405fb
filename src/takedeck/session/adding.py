"""Adds jobs by their ids: fetches them one by one, with an error for each that fails."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Final

from takedeck.config import Folders, Settings
from takedeck.errors import (
    AuthenticationError,
    BadRequest,
    HistoryNote,
    NetworkError,
    PaymentRequired,
    RateLimited,
    TakedeckError,
)
from takedeck.library.history import History
from takedeck.model import Job
from takedeck.providers.base import Provider
from takedeck.text import is_safe_id

MOST: Final = 1_000
"""Ids looked up in one go."""
_BETWEEN: Final = re.compile(r"[\s,;\"'“”]+")
_FATAL: Final = (NetworkError, AuthenticationError, PaymentRequired, RateLimited)
"""Errors that every other id would meet too."""
_TRIES: Final = 3

Answer = tuple[str, Job | TakedeckError]


def ids_in(text: str) -> list[str]:
    """The distinct words of a pasted text, without commas and quotes: candidates for ids."""
    words = [word for word in _BETWEEN.split(text) if word]
    return list(dict.fromkeys(words))


async def look_up(
    ids: Iterable[str],
    fetch: Callable[[str], Awaitable[Job]],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Answer]:
    """Yield each id with its job, or with the error why it could not be fetched.

    Waits out rate limits, up to three tries per id. After an error that every other id would meet
    too, the rest get that same error without a request. Only `TakedeckError` is caught.
    """
    stopped: TakedeckError | None = None
    for number, wanted in enumerate(ids):
        if stopped is None and number < MOST:
            answer = await _look_up_one(wanted, fetch, sleep)
            stopped = answer if isinstance(answer, _FATAL) else None
            yield wanted, answer
        else:
            yield wanted, stopped or _too_many()


async def _look_up_one(
    wanted: str,
    fetch: Callable[[str], Awaitable[Job]],
    sleep: Callable[[float], Awaitable[None]],
) -> Job | TakedeckError:
    if not is_safe_id(wanted):
        return BadRequest(
            "That is not a job's id.", status=400, next_step="Copy the whole id from the API."
        )
    for attempt in range(_TRIES):
        try:
            return await fetch(wanted)
        except RateLimited as limit:
            if attempt == _TRIES - 1:
                return limit
            await sleep(limit.retry_after or 1.0)
        except TakedeckError as error:
            return error
    raise AssertionError("the last try returns")


def _too_many() -> TakedeckError:
    return BadRequest(
        f"Only the first {MOST} ids are taken at once.", status=400, next_step="Add the rest next."
    )


async def remember(
    provider: Provider, settings: Settings, folders: Folders, ids: Iterable[str]
) -> AsyncIterator[Answer]:
    """Like `look_up`, and save the jobs in the history, for a command without a screen.

    A demo's jobs are not saved. Raises `HistoryNote` or `HistoryError` if they cannot be saved.
    """
    history = await asyncio.to_thread(_history, None if settings.demo else folders.data)
    try:
        async for wanted, answer in look_up(ids, provider.get_job):
            if isinstance(answer, Job):
                await asyncio.to_thread(history.adopt, settings.owner, settings.former_owner)
                await asyncio.to_thread(history.save, settings.owner, [answer])
            yield wanted, answer
    finally:
        await asyncio.to_thread(history.close)


def _history(folder: Path | None) -> History:
    if folder is None:
        return History.in_memory()
    history, message = History.open(folder)
    if message is not None:
        history.close()
        raise HistoryNote(message)
    return history
