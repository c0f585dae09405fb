"""Looks up settings in the environment and in the config file's tables."""

from __future__ import annotations

import errno
import os
import re
import shlex
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Final

from takedeck.children import MIN_INSIDE
from takedeck.errors import ConfigError
from takedeck.hosts import is_host
from takedeck.text import Secret, safe_line

_KEY_LIKE: Final = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{16}")
_KEY_SHAPED: Final = re.compile(r"(?i)(?<![a-z0-9])(?:ak_\w|user:\d|bearer\s+\S)")
"""How the APIs' keys begin; also matches truncated ones."""
_NAMES_KEY: Final = frozenset({"api_key", "key_variable", "key_file"})
_ACCOUNT: Final = _NAMES_KEY | {"base_url", "organization", "storage_hosts"}
_LARGEST_KEY: Final = 4_096
_LARGEST: Final = 64 * 1024
_LONGEST_LINE: Final = 2_000
"""Characters; tomllib takes minutes for a key of a hundred thousand dotted parts."""
_NONBLOCKING: Final = os.O_NONBLOCK
_FILE_KEYS: Final = frozenset(
    {
        "provider",
        "api_key",
        "organization",
        "base_url",
        "output",
        "volume",
        "autoplay",
        "play_done",
        "profile",
        "toast",
        "notify",
        "key_variable",
        "key_file",
        "storage_hosts",
    }
)


TOP: Final = "default"
"""The name that stands for the file's top level, without a profile."""


class Values:
    """Values by precedence: the environment, the chosen profile's table, the file's top level.

    A profile that was chosen by a flag takes precedence over the environment. `sources` records
    where each value came from, `warnings` holds lines for the user. All methods raise
    `ConfigError` for an invalid value.
    """

    def __init__(self, environ: Mapping[str, str], file: dict[str, Any], path: Path) -> None:
        self.environ = environ
        self.sources: dict[str, str] = {}
        self.warnings: list[str] = []
        self._path = path
        self._keymap = file.pop("keys", {})
        self._profiles = self._table(file.pop("profiles", {}))
        self._file = self._known(file)
        self._tables = [file, *(it for it in self._profiles.values() if isinstance(it, dict))]
        self._first: dict[str, Any] = {}
        self._top, self._own = self._file, dict[str, Any]()

    def choose_profile(self, flag: str | None) -> str:
        """Use the profile of the `flag`, else the environment's or the file's; returns its name."""
        name = flag or self.environ.get("TAKEDECK_PROFILE") or self._file.get("profile")
        if name is None or (name == TOP and name not in self._profiles):
            return TOP
        if not isinstance(name, str):
            raise self._wrong("profile", "a text in quotes")
        if name not in self._profiles:
            known = ", ".join(map(shown, self._profiles)) or "none are defined"
            raise ConfigError(
                f"unknown profile “{shown(name)}” (known: {known}).",
                next_step=f"Add [profiles.{shown(name)}] to {self._path}.",
            )
        self._top, self._own = self._file, self._known(self._table(self._profiles[name]))
        self._file = self._top | self._own
        self._first = self._own if flag else {}
        return name

    def keep_to(self, provider: str, default: str) -> None:
        """Ignore account settings in the file that are for another provider.

        Otherwise a key could be sent to the wrong API. A table without a provider has the top
        level's, and a top level without one has the `default`.
        """
        top = self._top.get("provider", default)
        kept: dict[str, Any] = {}
        if top == provider:
            kept |= {name: each for name, each in self._top.items() if name in _ACCOUNT}
        if self._own.get("provider", top) == provider:
            if _NAMES_KEY & set(self._own):
                # The profile has its own key, so the top level's is for another account.
                kept = {name: each for name, each in kept.items() if name not in _NAMES_KEY}
            kept |= {name: each for name, each in self._own.items() if name in _ACCOUNT}
        else:
            self._first = {key: it for key, it in self._first.items() if key not in _ACCOUNT}
        rest = {name: each for name, each in self._file.items() if name not in _ACCOUNT}
        self._file = rest | kept

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles that can be chosen."""
        top = () if "profile" in self._file or TOP in self._profiles else (TOP,)
        return (*top, *self._profiles)

    @property
    def key_variables(self) -> frozenset[str]:
        """The variables named by `key_variable`, at the top level and in all profiles."""
        named = (table.get("key_variable") for table in self._tables)
        return frozenset(name for name in named if isinstance(name, str))

    def keys(self, variables: Iterable[str]) -> frozenset[str]:
        """All keys in these variables, in the profiles' variables, and in the file itself."""
        found = [self.environ.get(name, "") for name in {*variables, *self.key_variables}]
        found += [it for it in (table.get("api_key") for table in self._tables) if it]
        return frozenset(it.strip() for it in found if isinstance(it, str) and it.strip())

    def text(self, name: str, variable: str) -> str | None:
        """A text from the environment's `variable` or the file; None if neither has one."""
        if name not in self._first and (value := self.environ.get(variable, "").strip()):
            self.sources[name] = variable
            return value
        stored = self._file.get(name)
        if stored is None:
            return None
        if not isinstance(stored, str):
            raise self._wrong(name, "a text in quotes")
        self.sources[name] = f"“{name}” in {self._path}"
        return stored.strip() or None

    def key(self, variable: str) -> Secret | None:
        """The key: from `key_variable` or `key_file`, if set, else from `variable` or the file.

        Raises `ConfigError` if it is not where it should be, or not a valid key.
        """
        if any("api_key" in table for table in self._tables):
            self._warn_if_open("the config file", self._path, self._path)
        named = sorted(_NAMES_KEY & set(self._file))
        if len(named) > 1:
            raise self._wrong(named[0], f"alone: it cannot stand beside “{named[1]}”")
        if "key_variable" in self._file:
            return self._secret("api_key", self._from_variable())
        if "key_file" in self._file:
            return self._secret("api_key", self._from_file())
        return self._secret("api_key", self.text("api_key", variable))

    def _from_variable(self) -> str | None:
        name = self._file["key_variable"]
        if not isinstance(name, str) or not name.isidentifier():
            raise self._wrong("key_variable", "the name of an environment variable, in quotes")
        self.sources["api_key"] = shown(name)
        if key := self.environ.get(name, "").strip():
            return key
        raise ConfigError(
            f"the variable {shown(name)}, which “key_variable” in {self._path} names, is not set.",
            next_step="Set it to the key, or add --demo to use the built-in simulator.",
        )

    def _from_file(self) -> str | None:
        path = self._file["key_file"]
        if not isinstance(path, str):
            raise self._wrong("key_file", "a path in quotes")
        # Somebody may have put the key itself here by mistake: do not show it.
        named = shown_path(path)
        self.sources["api_key"] = f"the file {named}"
        try:
            at = Path(path).expanduser()
            with at.open(encoding="utf-8") as file:
                self._warn_if_open("the key's file", at, file)
                text = file.read(_LARGEST_KEY)
        except (OSError, UnicodeDecodeError, RuntimeError) as fault:
            why = getattr(fault, "strerror", None) or "it is not text"
            raise ConfigError(
                f"the key's file {named} cannot be read: {why}.",
                next_step=f"Correct “key_file” in {self._path}.",
            ) from None
        return text.strip() or None

    def _warn_if_open(self, what: str, path: Path, file: Path | IO[str]) -> None:
        """Add a warning if anyone but its owner may read or write the file."""
        try:
            status = os.stat(file if isinstance(file, Path) else file.fileno())
        except OSError:
            return
        # For a pipe or a device, the mode does not tell who can read the key.
        if stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
            command = safe_line(f"chmod 600 {shlex.quote(str(path))}", 300)
            self.warnings.append(
                f"{what} is open to others on this machine, and holds a key. Close it: {command}"
            )

    def _secret(self, name: str, value: str | None) -> Secret | None:
        if value is None:
            return None
        key = Secret(value)
        if not (value.isascii() and value.isprintable() and " " not in value):
            raise ConfigError(
                f"the key in {self.sources[name]} holds characters that no key has.",
                next_step="Copy it again, as one word and without line breaks.",
            )
        return key

    def number(self, name: str, default: float, *, most: float) -> float:
        value = self._file.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
            raise self._wrong(name, f"a number from 0 to {most:g}")
        if name in self._file:
            self.sources[name] = f"“{name}” in {self._path}"
        return float(value)

    def hosts(self, name: str) -> tuple[str, ...]:
        value = self._file.get(name, [])
        if not isinstance(value, list) or not all(
            isinstance(it, str) and is_host(it) for it in value
        ):
            raise self._wrong(
                name, 'a list of hosts, as in ["minio.lan", "*.corp.test", "10.0.0.5"]'
            )
        return tuple(value)

    def keymap(self) -> dict[str, str]:
        """The file's `[keys]`: keys by command name, several separated by blanks."""
        if not isinstance(self._keymap, dict):
            raise self._wrong("keys", 'a table, as in [keys] with mute_stem = "m"')
        keymap: dict[str, str] = {}
        for name, keys in self._keymap.items():
            if not isinstance(keys, str):
                raise self._wrong(
                    f"keys.{shown(name)}", 'a text in quotes, as in "m" or "ctrl+t t"'
                )
            keymap[name] = keys
            self.sources[f"keys.{name}"] = self._line_of(name)
        return keymap

    def _line_of(self, name: str) -> str:
        """The line of the file's `[keys]` that sets that name, for a message."""
        where = f"[keys] in {self._path}"
        if not self._path.is_file():  # a pipe has been read, and cannot be read again
            return where
        in_keys = False
        text = self._path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            word = line.partition("=")[0].strip().strip("\"'")
            if line.lstrip().startswith("["):
                in_keys = line.strip().startswith("[keys]")
            elif word in (f"keys.{name}", name) and (in_keys or word != name):
                return f"line {number} of {self._path}"
        return where

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self._file.get(name, choices[0])
        if value not in choices:
            raise self._wrong(name, f"one of: {', '.join(choices)}")
        return str(value)

    def switch(self, name: str, *, default: bool = False) -> bool:
        value = self._file.get(name, default)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def _known(self, table: dict[str, Any]) -> dict[str, Any]:
        if unknown := sorted(set(table) - _FILE_KEYS):
            raise ConfigError(
                f"{self._path} sets “{shown(unknown[0])}”, which is no setting.",
                next_step=f"The settings are: {', '.join(sorted(_FILE_KEYS))}, "
                "[profiles.NAME], [keys].",
            )
        return table

    def _table(self, value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong("profiles", "tables, as in [profiles.work]")
        return value

    def _wrong(self, name: str, wanted: str) -> ConfigError:
        return ConfigError(
            f"“{name}” in {self._path} must be {wanted}.", next_step="Correct it and start again."
        )


def looks_like_key(text: str, keys: Iterable[str] = ()) -> bool:
    """Whether the text looks like an API key, or contains one of these keys."""
    return bool(_KEY_SHAPED.search(text)) or holds_key(text, keys)


def holds_key(text: str, keys: Iterable[str]) -> bool:
    """Whether the text contains one of the keys, in any case."""
    # Case-insensitive, because a key in a host name may have been lowercased.
    low = text.lower()
    return any(text == key or (len(key) >= MIN_INSIDE and key.lower() in low) for key in keys)


def shown(word: str) -> str:
    """The word for a message, masked if it looks like a key in the wrong place."""
    hidden = _KEY_LIKE.search(word) or _KEY_SHAPED.search(word)
    return "•••" if hidden else safe_line(word, 60)


def shown_path(path: str) -> str:
    """The path for a message, masked if it looks like a key."""
    if "/" not in path or looks_like_key(path):
        return shown(path)
    return safe_line(path, 200)


def read(path: Path, *, required: bool) -> dict[str, Any]:
    """Parse the config file; empty if it is missing and not `required`.

    Raises `ConfigError` if it is missing, unreadable, too large or not TOML.
    """
    try:
        text = _beginning(path).decode()
    except FileNotFoundError:
        if required:
            raise ConfigError(
                f"TAKEDECK_CONFIG names a file that is not there: {_named(path)}.",
                next_step="Correct the path, or unset the variable.",
            ) from None
        return {}
    except OSError as fault:
        raise _unreadable(path, fault.strerror or "it is none") from None
    except UnicodeDecodeError:
        raise _unreadable(path, "it is not text in UTF-8") from None
    if len(text) > _LARGEST:
        raise _unreadable(path, f"it is larger than {_LARGEST >> 10} KiB")
    if max(map(len, text.splitlines()), default=0) > _LONGEST_LINE:
        raise _unreadable(path, f"a line in it is longer than {_LONGEST_LINE} characters")
    # Imported here: without a config file, the first paint need not wait for the parser.
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _unreadable(path, "it is nested too deeply") from None
    except ValueError as fault:
        raise _unreadable(path, safe_line(str(fault), 120)) from None


def _beginning(path: Path) -> bytes:
    """The file up to one byte more than its largest size; never blocks on a pipe."""
    # Non-blocking, so that a pipe without a writer does not hang.
    with open(os.open(path, os.O_RDONLY | _NONBLOCKING), "rb", buffering=0) as file:
        if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.ESPIPE, "it is a pipe")
        found = b""
        while len(found) <= _LARGEST and (more := file.read(_LARGEST + 1 - len(found))):
            found += more
        return found


def _unreadable(path: Path, why: str) -> ConfigError:
    # The parser's message quotes names, one of which may be a key.
    why = "it is not as TOML has to be" if looks_like_key(why) else why
    return ConfigError(
        f"the config file {_named(path)} cannot be read: {why}.", next_step="Mend it, or move it."
    )


def _named(path: Path) -> str:
    return safe_line(str(path), 200)
