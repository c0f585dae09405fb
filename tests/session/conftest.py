"""What every test of the session is held to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest


@pytest.fixture(autouse=True)
async def no_task_is_left_behind() -> AsyncIterator[None]:
    """Fail a test whose session left a task running."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    # The loop's own: it closes the generators in which a body was read that was cut off.
    closing = {task for task in left if type(task.get_coro()).__name__ == "async_generator_athrow"}
    if closing:
        await asyncio.wait(closing)
    assert not left - closing
