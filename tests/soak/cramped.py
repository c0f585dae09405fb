"""A whole session on a disk that becomes full while it plays: a process of its own."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from takedeck.config import Folders, Settings
from takedeck.session.connect import connect
from takedeck.session.events import Event, Trouble
from takedeck.session.session import Session
from takedeck.text import Secret
from tests.deck.rig import RATE, noise
from tests.providers.server import Request, Server, head, json_reply
from tests.room import room_for

_DEADLINE: Final = 20.0
_STEMS: Final = ("drums", "bass")
_SECONDS: Final = 12


def sound() -> bytes:
    """Twelve seconds as WAV: two million bytes."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(noise(RATE * _SECONDS).tobytes())
    return file.getvalue()


def upstream(data: bytes) -> Callable[[Request, Any], bytes]:
    """An API of one job with a master and two stems, and their storage."""
    whole = head(content_length=str(len(data)), content_type="audio/wav", etag='"1"') + data

    def answer(request: Request, _: Any) -> bytes:
        if request.path.startswith("/media"):
            return whole
        url = f"http://{request.headers['host']}/media"
        track = {
            "id": "mtrack_1", "title": "Tide", "playback_url": f"{url}/master?sig=1",
            "stem_urls": {name: f"{url}/{name}?sig=1" for name in _STEMS},
        }  # fmt: skip
        job = {"id": "mgen_1", "status": "succeeded", "result_track_id": "mtrack_1"}
        if "/tracks/" in request.path:
            return json_reply(track)
        if request.path.endswith("mgen_1"):
            return json_reply(job | {"track": track})
        return json_reply({"jobs": [job], "limit": 50, "offset": 0})

    return answer


class Listening:
    """Somebody who listens to a master, and switches to its stems when the disk is full."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._player = session.player
        self._news = asyncio.Event()
        self.troubles: list[str] = []
        self.harm: list[str] = []
        session.listen(self._heard)

    def _heard(self, event: Event) -> None:
        if isinstance(event, Trouble):
            self.troubles.append(str(event.error))
        self._news.set()

    async def _until(self, what: str, enough: Callable[[], object]) -> bool:
        try:
            async with asyncio.timeout(_DEADLINE):
                while not enough():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            self.harm.append(f"not in time: {what}")
            return False
        return True

    def _plays_on(self) -> Callable[[], bool]:
        began = self._player.deck_state.position
        return lambda: (
            self._player.deck_state.transport == "playing"
            and self._player.deck_state.source == "master"
            and self._player.deck_state.position > began + 0.3
        )

    def _failed(self) -> bool:
        troubles = self._player.opened.troubles if self._player.opened else {}
        return set(_STEMS) <= set(troubles)

    async def all(self, room: int) -> None:
        """The music plays on, it is said why, and once there is room all is well again."""
        player = self._player
        player.open("mgen_1")
        parts = lambda: player.deck_state.parts  # noqa: E731
        if not await self._until("the master", lambda: parts() and parts()[0].complete):
            return
        with room_for(room):
            player.switch_source()
            await self._until("a message on each stem", self._failed)
            await self._until("the music plays on", self._plays_on())
            self._session.remember("failed", "x" * 400)
        told = [*self.troubles, *(player.opened.troubles.values() if player.opened else ())]
        if not any("large" in text or "full" in text for text in told):
            self.harm.append(f"nothing says that the disk is full: {told}")
        self._session.refresh()
        await self._until(
            "the stems",
            lambda: (
                not self._failed()
                and len(parts()) == 3
                and all(part.complete and not part.fault for part in parts())
            ),
        )


async def main(room: int, folder: Path) -> list[str]:
    """What was wrong."""
    folders = Folders(*(folder / name for name in ("config", "cache", "state", "data")))
    data = sound()
    with Server(upstream(data)) as server:
        settings = Settings(
            base_url=server.url, key=Secret("ak_1"), organization="org_1", output="null"
        )
        crashes: list[str] = []
        session = await connect(settings, folders)
        listening = Listening(session)
        session.start(lambda fault: crashes.append(f"it crashed: {fault!r}"))
        try:
            await listening.all(room)
        finally:
            await session.close()
    for path in folders.audio(demo=False).iterdir():
        if path.suffix != ".audio" or path.read_bytes() != data:
            listening.harm.append(f"a wrong file in the cache: {path.suffix}")
    return [*listening.harm, *crashes]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))))
