"""Runs the simulator as a child process for as long as it is needed."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, Final

from takedeck import config
from takedeck.config import Settings
from takedeck.errors import TakedeckError

_START_TIMEOUT: Final = 20.0
_STOP_TIMEOUT: Final = 3.0


class DemoError(TakedeckError):
    """The built-in simulator did not start."""

    title = "The demo's simulator did not start"
    advice = "Run `takedeck simulate` to see why."


class Demo:
    """Starts and stops the simulator, which also stops by itself when this process dies.

    Call `close` once for every `start`: the last `close` stops the simulator.
    """

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._process: asyncio.subprocess.Process | None = None
        self._announcement: dict[str, Any] = {}
        self._users = 0
        self.jobs: list[str] = []
        """Ids of the jobs of its second API, which cannot list them itself."""
        self._starting = asyncio.Lock()

    async def start(self, settings: Settings) -> Settings:
        """Start the simulator if need be; return the settings for it. Raises DemoError."""
        self._users += 1
        async with self._starting:
            if self._process is None:
                self._announcement = await self._launch(settings)
        account = self._announcement["accounts"][settings.provider]
        return settings.for_simulator(
            self._announcement["base_url"],
            account["key"],
            account["organization"],
            settings.provider,
        )

    async def _launch(self, settings: Settings) -> dict[str, Any]:
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
            async with asyncio.timeout(_START_TIMEOUT):
                line = await stdout.readline()
            said = json.loads(line)
            self.jobs = [str(job_id) for job_id in said["jobs"]]
            return {"base_url": said["base_url"], "accounts": said["accounts"]}
        except TimeoutError:
            raise DemoError(f"it said nothing for {_START_TIMEOUT:.0f} s.") from None
        except (ValueError, KeyError, TypeError):
            raise DemoError("it ended before it said where it is.") from None

    async def ended(self) -> None:
        """Wait until the simulator stops; if it is replaced meanwhile, until the new one does."""
        while (process := self._process) is not None:
            await process.wait()
            if self._process is process:
                return

    async def close(self) -> None:
        """Stop it, unless somebody else still uses it."""
        self._users -= 1
        if self._users > 0:
            return
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
