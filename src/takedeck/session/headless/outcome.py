"""How a piece of work without a screen ends: with a result, or with the first thing that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Outcome(Generic[Result]):
    """A future that tasks can fail. Made inside a running event loop."""

    def __init__(self) -> None:
        self.future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

    def well(self, result: Result) -> None:
        """End with this result, unless it has ended."""
        if not self.future.done():
            self.future.set_result(result)

    def fail(self, fault: BaseException) -> None:
        """End with this fault, unless it has ended."""
        if not self.future.done():
            self.future.set_exception(fault)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task whose failure ends the whole."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._check)
        return task

    def _check(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()):
            self.fail(fault)
