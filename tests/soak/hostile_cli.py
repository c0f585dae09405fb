"""The commands against the hostile API, in a terminal: text is only text, and JSON is ASCII."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from tests.soak.poison import Poison
from tests.soak.poisoned_api import HostileApi
from tests.soak.pty import Pty
from tests.soak.sequences import harms, text_of
from tests.soak.trial import Outcome


def command_line(api: HostileApi, poison: Poison, env: dict[str, str]) -> Outcome:
    """Run every command that prints a server's texts. `tries` counts the characters it read."""
    harm: list[str] = []
    read = 0
    for words, marks, code in _commands(api, poison):
        with Pty([sys.executable, "-m", "takedeck", *words], env, (200, 60)) as terminal:
            ended = terminal.wait()
        stream = terminal.stream.replace("\r\n", "\n")
        read += len(stream)
        found = list(dict.fromkeys(harms(stream, controls="\n")))
        if "--json" in words and not stream.isascii():
            found.append("a character that is not ASCII")
        if "--show-urls" in words:
            found += _unlike(stream, api, words)
        shown = text_of(stream)
        found += [f"{mark} is not shown" for mark in marks if mark not in shown]
        found += [f"it ended with {ended}, not {code}"] if ended != code else []
        harm += [f"{' '.join(words)}: {what}" for what in found]
    return Outcome(read, tuple(harm))


def _commands(api: HostileApi, poison: Poison) -> Iterator[tuple[list[str], list[str], int]]:
    """What to run, which marks have to be there, and the code it ends with."""

    def marks(*fields: str) -> list[str]:
        return [f"T{poison.mark(field, number)}" for field in fields for number in numbers]

    numbers = poison.numbers
    for start in range(0, len(numbers), 25):
        numbers = poison.numbers[start : start + 25]
        at = ["--limit", "100", "--offset", str(start * 4)]
        yield ["jobs", *at], marks("engine", "mode", "status", "error_message"), 0
    numbers = poison.numbers
    yield ["jobs", "--json", "--show-urls"], [], 0
    yield ["job", "mgen_all", "--json", "--show-urls"], [], 0
    yield ["job", "mgen_all"], marks("error_message", "refusal_reason"), 0
    for number in poison.numbers[: 1 + len(numbers) // 20]:
        numbers = [number]
        job, track = api.job(number, "succeeded")["id"], f"mtrack_{number:03}"
        yield ["job", job], marks("title", "engine", "mode", "mime_type", "licence_class"), 0
        yield ["track", track], marks("track_title", "track_engine", "track_mode", "stem"), 0
        yield ["track", track, "--json"], [], 0
        yield ["job", f"mgen_x{number:03}"], marks("message", "system_message", "trace_id"), 4


def _unlike(stream: str, api: HostileApi, words: list[str]) -> list[str]:
    """Why the JSON is not the server's own, in ASCII."""
    printed: Any = json.loads(stream)
    if words[0] == "jobs":
        expected: Any = {"jobs": [*api.listed, *api.nameless][:50], "limit": 50}
    else:
        expected = api.whole()
    return [] if printed == expected else ["the JSON is not the server's own"]
