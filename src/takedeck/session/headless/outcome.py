"""The outcome of a command without a screen: its result, or the first error of any task."""

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
        """Set the result, unless the outcome is decided."""
        if not self.future.done():
            self.future.set_result(result)

    def fail(self, fault: BaseException) -> None:
        """Set the error, unless the outcome is decided."""
        if not self.future.done():
            self.future.set_exception(fault)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task whose exception becomes the outcome."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._check)
        return task

    def _check(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()):
            self.fail(fault)
