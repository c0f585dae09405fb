"""The error paths of takedeck, each with the command that takes it and the world it is taken in."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from tests.soak.hostile_api import FAULTS
from tests.soak.planted import Planted

TAKEDECK, LOGGED, BROKEN = "takedeck", "tests.soak.logged", "tests.e2e.broken"
_COMMANDS = (
    ("jobs",), ("jobs", "--json"), ("job", "mgen_1"), ("job", "mgen_1", "--json"),
    ("job", "mgen_2", "--watch"), ("track", "mtrack_1"), ("track", "mtrack_1", "--json"),
    ("track", "mtrack_1", "--null-test"), ("play", "mgen_1"),
)  # fmt: skip
_SOUNDING = (
    ("play", "mgen_1"), ("play", "mtrack_1", "--stem", "drums"),
    ("play", "mtrack_1", "--stem", "bass"), ("play", "mtrack_1", "--output", "wav:out.wav"),
    ("track", "mtrack_1", "--null-test"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """One error path: `words` for `module`, with the faults of API and storage by their names.

    `key`, `base_url` and `config` (the config file's text) are made from the planted secret; no
    words open the app in a terminal, `keys` are pressed there once `until` is on screen. `makes`
    is a file that has to be there afterwards.
    """

    name: str
    words: tuple[str, ...] = ()
    module: str = TAKEDECK
    api: str | None = None
    storage: str | None = None
    key: str = "{key}"
    base_url: str | None = None
    config: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    keys: str = ""
    until: str = ""
    makes: str = ""


def paths(planted: Planted) -> list[Taken]:
    """Every path, the app's first."""
    found = _of_the_app()
    found += [
        Taken(f"{' '.join(words)}: {fault}", words, _module(number), api=fault)
        for number, fault in enumerate(FAULTS)
        for words in (_COMMANDS[number % 9], _COMMANDS[(number * 2 + 3) % 9])
    ]
    found += [
        Taken(f"{' '.join(words)}: storage {fault}", words, _module(number), storage=fault)
        for number, fault in enumerate(FAULTS)
        for words in (_SOUNDING[number % 5],)
    ]
    found += [
        Taken(f"{' '.join(words)}: well", words, LOGGED) for words in {*_COMMANDS, *_SOUNDING}
    ]
    found += _of_the_entry()
    for where in ("data", "client", "audio"):
        command = ("play", "mgen_1") if where == "audio" else ("jobs",)
        found.append(Taken(f"crash: {where}", (where, *command), BROKEN))
    return [_filled(each, planted) for each in found]


def _module(number: int) -> str:
    return LOGGED if number % 2 else TAKEDECK


def _of_the_entry() -> list[Taken]:
    jobs = ("jobs",)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = f"http://127.0.0.1:{gone.getsockname()[1]}"
    keys = {"spaces": " {key} ", "a space": "{key} {word}", "a line break": "{key}\n{word}",
            "a control": "{key}\x7f", "not ASCII": "{key}é"}  # fmt: skip
    urls = {"network off": nobody, "no such host": "https://nowhere.invalid",
            "user": "https://{word}:{key}@host.test", "query": "https://host.test?k={key}",
            "plain http": "http://{word}@host.test/{key}", "path": "https://host.invalid/{key}",
            "host": "https://{key}.invalid", "no URL": "{key}"}  # fmt: skip
    files = {"unquoted": "api_key = {key}", "list": 'api_key = ["{key}"]', "name": '{key} = "x"',
             "broken": 'api_key = "{key}', "twice": 'api_key = "{key}"\napi_key = "{key}"',
             "profile": 'profile = "{key}"', "line break": 'api_key = "{key}\\n{word}"',
             "bytes": 'api_key = "{key}\udcff"', "provider": 'provider = "{key}"',
             "output": 'output = "{key}"', "organisation": 'organization = "{key}"',
             "table": '["{key}"]\n["{key}"]', "profiles": '[profiles."{key}"]',
             "good": 'api_key = "{key}"'}  # fmt: skip
    return [
        *(Taken(f"key with {name}", jobs, key=key) for name, key in keys.items()),
        *(Taken(f"base URL: {name}", jobs, base_url=url) for name, url in urls.items()),
        *(Taken(f"config: {name}", jobs, key="", config=text) for name, text in files.items()),
        Taken("output is the key", ("jobs",), env={"TAKEDECK_OUTPUT": "{key}"}),
        Taken("provider is the key", ("jobs",), env={"TAKEDECK_PROVIDER": "{key}"}),
        Taken("profile is the key", ("jobs",), env={"TAKEDECK_PROFILE": "{key}"}),
        Taken("organisation is the key", ("jobs",), env={"TAKEDECK_ORGANIZATION": "{key}"}),
        Taken("config's path is the key", ("jobs",), env={"TAKEDECK_CONFIG": "{key}"}),
    ]


def _of_the_app() -> list[Taken]:
    log = {"TEXTUAL_LOG": "textual.log", "TEXTUAL": "debug"}
    api = ("401", "500", "redirect 302", "HTML", "no HTTP", "429")
    crashes = ("poll", "message", "connect", "callback", "key", "draw")
    return [
        Taken("app: screenshot", keys="y:screenshot\r", until="A Take", env=log, makes="*.svg"),
        Taken("app: plays", keys="\ry", until="A Take"),
        *(
            Taken(f"app: crash in {where}", (where,), BROKEN, keys="?", until="live", env=log)
            for where in crashes
        ),
        *(Taken(f"app: {fault}", api=fault, keys="y", until="esc", env=log) for fault in api),
        *(
            Taken(f"app: storage {fault}", storage=fault, keys="\r", until="A Take")
            for fault in ("403", "HTML", "redirect 307", "short")
        ),
    ]


def _filled(this: Taken, planted: Planted) -> Taken:
    def fill(text: str | None) -> str | None:
        for name in ("key", "word"):
            text = text and text.replace(f"{{{name}}}", getattr(planted, name))
        return text

    return Taken(
        this.name, this.words, this.module, this.api, this.storage, fill(this.key) or "",
        fill(this.base_url), fill(this.config),
        {name: fill(value) or "" for name, value in this.env.items()},
        this.keys, this.until, this.makes,
    )  # fmt: skip
