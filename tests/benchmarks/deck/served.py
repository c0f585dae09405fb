"""A loopback origin for the API's calls and the parts of a set, fed at full speed or at a rate.

It is a process of its own and serves takedeck's API calls, takedeck's downloads and the other
players' requests alike, with Range and keep-alive. The simulator is not used: its songs have no
eight stems, and it signs and synthesises, which the other players would not be charged for.
All connections share one rate, in turns of 8 KiB; `Origin.rate` sets it while it runs.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

ORGANIZATION = "org_bench"
KEY = "ak_bench"
_PIECE = 8 * 1024
_JOBS = 200
_RANGE = re.compile(rb"^range:\s*bytes=(\d+)-(\d*)\s*$", re.IGNORECASE | re.MULTILINE)
_TYPES = {".mp3": "audio/mpeg", ".wav": "audio/wav"}


class Origin:
    """The process that serves a folder, while entered; `url` is where."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.benchmarks.deck.served", str(self.folder)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self._asking = http.client.HTTPConnection(self.url.removeprefix("http://"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._asking.close()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def rate(self, bytes_a_second: int) -> None:
        """Share that rate among all connections from now on; 0 is no limit."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{bytes_a_second}\n")
        self._process.stdin.flush()

    def ask(self) -> None:
        """Ask for a track as plainly as can be, on a connection that is kept."""
        self._asking.request("GET", "/v1/music/org/tracks/mtrack_000000000000")
        self._asking.getresponse().read()

    @property
    def env(self) -> dict[str, str]:
        """What takedeck needs to ask here."""
        return {
            "FREDDY_API_KEY": KEY, "TAKEDECK_ORGANIZATION": ORGANIZATION,
            "TAKEDECK_BASE_URL": self.url, "TAKEDECK_PROVIDER": "aitronos",
        }  # fmt: skip

    @property
    def master(self) -> str:
        """The master's URL, as the track has it."""
        return f"{self.url}/audio/{_master(self.folder).name}"

    @property
    def stems(self) -> list[str]:
        """The stems' URLs, as the track has them."""
        return [f"{self.url}/audio/{path.name}" for path in _stems(self.folder)]


def job(number: int) -> str:
    """The id of a job; each one's track is another to takedeck, and the same set."""
    return f"mgen_{number:012x}"


class _Site:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rate = 0
        self.url = ""
        self._free_at = 0.0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                method, target = head.split(b" ", 2)[:2]
                path = urlsplit(target.decode()).path
                if path.startswith("/audio/"):
                    await self._file(writer, head, self.folder / Path(path).name, method == b"HEAD")
                else:
                    await self._json(writer, self._call(path))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _json(self, writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        writer.write(_head(200, "application/json", len(data)) + data)
        await writer.drain()

    async def _file(
        self, writer: asyncio.StreamWriter, head: bytes, path: Path, bare: bool
    ) -> None:
        size = os.stat(path).st_size
        found = _RANGE.search(head.replace(b"\r", b""))
        start = int(found[1]) if found else 0
        stop = int(found[2]) + 1 if found and found[2] else size
        extra = f'Accept-Ranges: bytes\r\nETag: "{path.name}"\r\n'
        if found:
            extra += f"Content-Range: bytes {start}-{stop - 1}/{size}\r\n"
        kind = _TYPES[path.suffix]
        writer.write(_head(206 if found else 200, kind, stop - start, extra))
        if bare:
            return
        with path.open("rb") as file:
            file.seek(start)
            while start < stop:
                data = file.read(min(_PIECE if self.rate else 8 * _PIECE, stop - start))
                await self._wait(len(data))
                writer.write(data)
                await writer.drain()
                start += len(data)

    async def _wait(self, size: int) -> None:
        if self.rate:
            now = time.monotonic()
            self._free_at = max(now, self._free_at) + size / self.rate
            await asyncio.sleep(self._free_at - now)

    def _call(self, path: str) -> dict[str, Any]:
        last = path.rpartition("/")[2]
        if last == "generations":
            jobs = [self._job(job(number)) for number in range(_JOBS)]
            return {"jobs": jobs, "limit": _JOBS, "offset": 0}
        if last.startswith("mtrack_"):
            return self._track(last)
        return self._job(last) | {"track": self._track(last.replace("mgen_", "mtrack_"))}

    def _job(self, job_id: str) -> dict[str, Any]:
        return {
            "id": job_id, "status": "succeeded", "progress": 100, "engine": "studio",
            "mode": "creation", "created_at": "2026-06-28T10:30:00Z",
            "result_track_id": job_id.replace("mgen_", "mtrack_"), "error_message": None,
            "refusal_reason": None, "playback_url": None, "track": None,
        }  # fmt: skip

    def _track(self, track_id: str) -> dict[str, Any]:
        def signed(path: Path) -> str:
            return f"{self.url}/audio/{path.name}?exp={time.time() + 3600:.0f}&sig=0"

        return {
            "id": track_id, "title": f"Take {track_id[-3:]}", "engine": "studio",
            "mode": "creation", "measured_duration_seconds": None, "instrumental": True,
            "licence_class": "unclear", "created_at": "2026-06-28T10:31:00Z",
            "playback_url": signed(_master(self.folder)),
            "stem_urls": {path.stem: signed(path) for path in _stems(self.folder)},
        }  # fmt: skip


def _head(status: int, kind: str, size: int, extra: str = "") -> bytes:
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    return (
        f"HTTP/1.1 {status} OK\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n"
        f"Date: {date}\r\n{extra}\r\n"
    ).encode()


def _master(folder: Path) -> Path:
    return next(folder.glob("master.*"))


def _stems(folder: Path) -> list[Path]:
    return sorted(folder.glob("stem*"))


async def _serve(folder: Path) -> None:
    site = _Site(folder)
    server = await asyncio.start_server(site.answer, "127.0.0.1", 0, limit=1 << 16)
    site.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(site.url, flush=True)
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    while line := await lines.readline():
        site.rate = int(line)
    # At once: whoever is still being fed is a player that was stopped.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
