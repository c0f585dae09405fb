"""The simulator as a process of its own, for as long as it is needed."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, Final

from takedeck import config
from takedeck.config import Settings
from takedeck.errors import TakedeckError

_START: Final = 20.0
_END: Final = 3.0


class DemoError(TakedeckError):
    """The built-in simulator did not come up."""

    title = "The demo's simulator did not start"
    advice = "Run `takedeck simulate` to see why."


class Demo:
    """Starts the simulator and ends it. It also ends by itself when this process is gone.

    Whoever has started it has to close it; it runs until the last one has.
    """

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None
        self._said: dict[str, Any] = {}
        self._users = 0
        self.jobs: list[str] = []
        """The ids that the second API there knows, which has no list of them."""
        self._starting = asyncio.Lock()

    async def start(self, settings: Settings) -> Settings:
        """The settings, pointed at a simulator that answers. Raises DemoError."""
        self._users += 1
        async with self._starting:
            if self._process is None:
                self._said = await self._announced(settings)
        account = self._said["accounts"][settings.provider]
        return settings.for_simulator(
            self._said["base_url"], account["key"], account["organization"], settings.provider
        )

    async def _announced(self, settings: Settings) -> dict[str, Any]:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "takedeck.simulator",
            "--announce",
            "json",
            *self._arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            env=config.child_environment(settings),
        )
        stdout = self._process.stdout
        if stdout is None:
            raise DemoError("its output cannot be read.")
        try:
            async with asyncio.timeout(_START):
                line = await stdout.readline()
            said = json.loads(line)
            self.jobs = [str(job_id) for job_id in said["jobs"]]
            return {"base_url": said["base_url"], "accounts": said["accounts"]}
        except TimeoutError:
            raise DemoError(f"it said nothing for {_START:.0f} s.") from None
        except (ValueError, KeyError, TypeError):
            raise DemoError("it ended before it said where it is.") from None

    async def ended(self) -> None:
        """Wait until the simulator is gone without having been closed."""
        while (process := self._process) is not None:
            await process.wait()
            if self._process is process:
                return

    async def close(self) -> None:
        """End it, unless someone else still needs it; what it was making stays in the cache."""
        self._users -= 1
        if self._users > 0:
            return
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(_END):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
