"""Settings, by precedence: flags, environment, config file, defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from takedeck import __version__, children, hosts
from takedeck.errors import ConfigError
from takedeck.text import Secret, known_secrets
from takedeck.values import Values, holds_key, looks_like_key, read, shown

PROVIDERS: Final = ("aitronos", "mureka")
DEMOS: Final = {"demo": "aitronos", "demo-mureka": "mureka"}
"""The simulator's profiles, and the provider of each."""
OUTPUTS: Final = ("auto", "device", "simpleaudio", "null")
NOTIFY: Final = ("auto", "osc9", "bell", "off")
_DEFAULT_URLS: Final = {
    "aitronos": "https://api.aitronos.com",
    "mureka": "https://api.useapi.net",
}
_KEY_VARIABLES: Final = {"aitronos": "FREDDY_API_KEY", "mureka": "USEAPI_TOKEN"}
_NEED_ORGANIZATION: Final = frozenset({"aitronos"})
_ALL_KEY_VARIABLES: Final = frozenset(_KEY_VARIABLES.values())
_URL_VARIABLES: Final = {"aitronos": "TAKEDECK_BASE_URL", "mureka": "TAKEDECK_MUREKA_BASE_URL"}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a run. `volume` is 0..1; `output` is one of `OUTPUTS` or wav:PATH.

    `demo` means to start the embedded simulator and use its API. `sources` tells where each value
    came from, for messages. `storage_hosts` may serve audio although they are in a local network.
    `key_variables` are the variables that hold a key, for all profiles. `keymap` holds the user's
    keys by command name.
    """

    provider: str = "aitronos"
    profile: str = "default"
    base_url: str = _DEFAULT_URLS["aitronos"]
    key: Secret | None = None
    organization: str | None = None
    output: str = "auto"
    volume: float = 0.8
    autoplay: bool = False
    play_done: bool = False
    toast: bool = True
    notify: str = "auto"
    demo: bool = False
    storage_hosts: tuple[str, ...] = ()
    key_variables: frozenset[str] = frozenset()
    keymap: Mapping[str, str] = field(default_factory=dict, compare=False)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)
    warnings: tuple[str, ...] = ()
    """Problems that do not stop the run; one line each for the user."""

    def for_simulator(
        self, base_url: str, key: str, organization: str | None, provider: str = "aitronos"
    ) -> Settings:
        """The same settings for that API of the embedded simulator."""
        return replace(
            self,
            provider=provider,
            profile=next(name for name, spoken in DEMOS.items() if spoken == provider),
            base_url=base_url,
            key=Secret(key),
            organization=organization,
            demo=True,
        )

    @property
    def account(self) -> str:
        """The account's name: the organisation, or the profile for a provider without one."""
        needed = self.provider in _NEED_ORGANIZATION
        return (self.organization or "") if needed else self.profile

    @property
    def owner(self) -> str:
        """Identifies the account of rows, settings and audio on disk. Never shown.

        Another address or account is another owner. The embedded simulator counts as one address,
        whatever its port.
        """
        if self.demo:
            return f"{self.provider}|{self.account}|simulator"
        account = self.account
        if self.provider not in _NEED_ORGANIZATION and self.key is not None:
            # Two tokens may be two accounts. A 64-bit one-way hash is safe to store: it tells
            # whether two keys are the same, but a random key cannot be recovered from it.
            account += f"#{_fingerprint(self.key)}"
        return f"{self.provider}|{account}|{_address(self.base_url)}"

    @property
    def former_owner(self) -> str:
        """The owner as older versions wrote it, without the scheme, path and token."""
        return f"{self.provider}|{self.account}|{urlsplit(self.base_url).netloc}"

    @property
    def reach(self) -> hosts.Reach:
        """Where audio may be fetched from."""
        return hosts.Reach.of(urlsplit(self.base_url).hostname or "", self.storage_hosts)

    def require_key(self) -> None:
        """Raise `ConfigError` unless there is a key and, if needed, an organisation."""
        variable = _KEY_VARIABLES[self.provider]
        if self.key is None:
            raise ConfigError(
                "no API key is configured.",
                next_step=f"Set {variable}, or add --demo to use the built-in simulator.",
            )
        if self.provider in _NEED_ORGANIZATION and not self.organization:
            raise ConfigError(
                "there is an API key but no organisation to use it for.",
                next_step="Set TAKEDECK_ORGANIZATION to the organisation's id (org_…).",
            )


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that takedeck uses; each is made with mode 0700 when first used."""

    config: Path
    cache: Path
    state: Path
    data: Path
    demo: Path | None = None
    """The folder of a demo's history while it runs; None keeps it in memory."""

    def history(self, *, demo: bool) -> Path | None:
        """The folder of the history; None keeps it in memory."""
        return self.demo if demo else self.data

    def audio(self, *, demo: bool) -> Path:
        """The folder of the audio cache; a demo has its own, because its songs may change."""
        return self.cache / (f"audio-demo-{__version__}" if demo else "audio")

    @classmethod
    def of_user(cls) -> Folders:
        """The platform's own folders."""
        from platformdirs import PlatformDirs

        dirs = PlatformDirs("takedeck", appauthor=False)
        return cls(
            config=dirs.user_config_path,
            cache=dirs.user_cache_path,
            state=dirs.user_state_path,
            data=dirs.user_data_path,
        )


def private_folder(path: Path) -> Path:
    """Make the folder, readable by its owner only, and return it. Raises `OSError`."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment for our child processes, without any keys."""
    hidden = _ALL_KEY_VARIABLES | settings.key_variables
    others = {os.environ[name].strip() for name in hidden if name in os.environ}
    return children.environment(os.environ, hidden=hidden, secrets=others | known_secrets())


def config_file(environ: Mapping[str, str], folders: Folders) -> Path:
    """The config file: `TAKEDECK_CONFIG`, or `config.toml` in the config folder.

    Raises `ConfigError` if the variable looks like a key.
    """
    named = environ.get("TAKEDECK_CONFIG", "")
    if looks_like_key(named):
        raise ConfigError(
            "TAKEDECK_CONFIG looks like an API key, not like a file's path.",
            next_step="Correct it, or unset the variable.",
        )
    return Path(named or folders.config / "config.toml")


def load(
    environ: Mapping[str, str] | None = None,
    *,
    folders: Folders | None = None,
    demo: bool = False,
    profile: str | None = None,
    output: str | None = None,
) -> Settings:
    """Build the settings from flags, environment, config file and defaults.

    A `profile` passed here takes precedence over the environment, as flags do; `values.TOP` means
    the file without a profile. For a demo no key is read.

    Raises `ConfigError` for an invalid value; the message names where it came from.
    """
    environ = os.environ if environ is None else environ
    path = config_file(environ, folders or Folders.of_user())
    values = Values(environ, read(path, required=bool(environ.get("TAKEDECK_CONFIG"))), path)
    asked = profile or environ.get("TAKEDECK_PROFILE", "")
    if asked in DEMOS and asked not in values.profiles:
        demo, chosen, provider = True, asked, DEMOS[asked]
    else:
        chosen = values.choose_profile(profile)
        provider = _provider(values, keyed=not demo)
    values.keep_to(provider, PROVIDERS[0])
    key = None if demo else values.key(_KEY_VARIABLES[provider])
    settings = Settings(
        provider=provider,
        profile=chosen,
        base_url=values.text("base_url", _URL_VARIABLES[provider]) or _DEFAULT_URLS[provider],
        key=key,
        organization=values.text("organization", "TAKEDECK_ORGANIZATION"),
        output=output or values.text("output", "TAKEDECK_OUTPUT") or "auto",
        volume=values.number("volume", 0.8, most=1.0),
        autoplay=values.switch("autoplay"),
        play_done=values.switch("play_done"),
        toast=values.switch("toast", default=True),
        notify=values.choice("notify", NOTIFY),
        demo=demo,
        storage_hosts=values.hosts("storage_hosts"),
        key_variables=values.key_variables,
        keymap=values.keymap(),
        sources=values.sources,
        warnings=tuple(values.warnings),
    )
    if not demo:
        _check_for_keys(settings, values)
    check_output(settings.output)
    if not demo:
        _check_url(settings)
    return settings


def for_key(
    key: str,
    organization: str,
    environ: Mapping[str, str] | None = None,
    *,
    folders: Folders | None = None,
) -> Settings:
    """The settings to try a key with: at Aitronos with an organisation, at useapi.net without.

    The address is the configured one of that API. Raises `ConfigError` if it cannot be used.
    """
    environ = os.environ if environ is None else environ
    provider = "aitronos" if organization.strip() else "mureka"
    path = config_file(environ, folders or Folders.of_user())
    values = Values(environ, read(path, required=bool(environ.get("TAKEDECK_CONFIG"))), path)
    values.keep_to(provider, PROVIDERS[0])
    settings = Settings(
        provider=provider,
        base_url=values.text("base_url", _URL_VARIABLES[provider]) or _DEFAULT_URLS[provider],
        key=Secret(key.strip()),
        organization=organization.strip() or None,
        sources=values.sources,
    )
    _check_for_keys(settings, values)
    _check_url(settings)
    return settings


def profiles(
    environ: Mapping[str, str] | None = None, *, folders: Folders | None = None
) -> tuple[str, ...]:
    """The profiles that `load` accepts, in the file's order. Raises `ConfigError`."""
    environ = os.environ if environ is None else environ
    path = config_file(environ, folders or Folders.of_user())
    file = read(path, required=bool(environ.get("TAKEDECK_CONFIG")))
    return Values(environ, file, path).profiles


def keymap(
    environ: Mapping[str, str] | None = None, *, folders: Folders | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """The config file's `[keys]`, and where each is set, for messages. Raises `ConfigError`."""
    environ = os.environ if environ is None else environ
    path = config_file(environ, folders or Folders.of_user())
    values = Values(environ, read(path, required=bool(environ.get("TAKEDECK_CONFIG"))), path)
    return values.keymap(), values.sources


def check_output(output: str) -> None:
    """Raise `ConfigError` unless `output` is one of `OUTPUTS` or wav:PATH."""
    if output not in OUTPUTS and not (output.startswith("wav:") and len(output) > len("wav:")):
        raise ConfigError(
            f"unknown output “{shown(output)}”.",
            next_step=f"Use one of: {', '.join(OUTPUTS)}, wav:PATH.",
        )


def _fingerprint(key: Secret) -> str:
    import hashlib

    words = key.reveal().strip().encode("utf-8", "surrogatepass")
    return hashlib.blake2b(words, digest_size=8, key=b"takedeck: whose jobs").hexdigest()


def _address(base_url: str) -> str:
    """The URL normalised: without default port, the host's trailing dot, or trailing slashes."""
    parts = urlsplit(base_url.strip())
    host = (parts.hostname or "").rstrip(".")
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def _check_url(settings: Settings) -> None:
    try:
        parts = urlsplit(settings.base_url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
    except ValueError:
        usable = False
    source = settings.sources.get("base_url", "the base URL")
    if not usable:
        raise ConfigError(
            f"{source} is not a URL that can be used.",
            next_step=f"Set it to something like {_DEFAULT_URLS[settings.provider]}.",
        )
    if settings.key and not hosts.keeps_secrets(parts.scheme, parts.hostname or ""):
        raise ConfigError(
            f"{source} is plain http, which would send the key in the open.",
            next_step="Use https://; plain http works for this machine (127.0.0.1) only.",
        )


def _check_for_keys(settings: Settings, values: Values) -> None:
    """Raise `ConfigError` if a key is in a value that is shown, saved or sent."""
    keys = values.keys(_ALL_KEY_VARIABLES) | ({settings.key.reveal()} if settings.key else set())
    variable = _KEY_VARIABLES[settings.provider]
    for name in values.profiles:
        if looks_like_key(name, keys):
            raise ConfigError(
                "the name of a profile in the config file looks like an API key.",
                next_step=f"Choose another name; the key goes into {variable}.",
            )
    for name, value, found in (
        ("organization", settings.organization or "", looks_like_key),
        ("base_url", settings.base_url, looks_like_key),
        ("output", settings.output, holds_key),  # a file may be called as it likes
    ):
        if found(value, keys):
            right = (
                "Set it to the organisation's id (org_…)"
                if name == "organization"
                else "Correct it"
            )
            raise ConfigError(
                f"{settings.sources.get(name, '--output')} holds what looks like an API key.",
                next_step=f"{right}; the key goes into {variable}.",
            )


def _provider(values: Values, *, keyed: bool) -> str:
    """The provider that is set; else, with `keyed`, the first with a key in the environment."""
    named = values.text("provider", "TAKEDECK_PROVIDER")
    if named is None:
        has = [name for name in PROVIDERS if values.environ.get(_KEY_VARIABLES[name], "").strip()]
        return has[0] if keyed and has else "aitronos"
    if named not in PROVIDERS:
        raise ConfigError(
            f"{values.sources['provider']} names no provider: “{shown(named)}”.",
            next_step=f"Use one of: {', '.join(PROVIDERS)}.",
        )
    return named
