"""Settings: what counts over what, and what a wrong one is told."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from takedeck.config import (
    Folders,
    Settings,
    child_environment,
    config_file,
    load,
    private_folder,
    profiles,
)
from takedeck.errors import ConfigError
from takedeck.text import Secret

KEY = "ak_PLANTED0123456789"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(*(tmp_path / name for name in ("config", "cache", "state", "data")))


def write(folders: Folders, text: str) -> Path:
    private_folder(folders.config)
    path = folders.config / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def wrong(
    folders: Folders, text: str = "", environ: dict[str, str] | None = None, **flags: str
) -> ConfigError:
    """The error that this file, environment and these flags lead to."""
    if text:
        write(folders, text)
    with pytest.raises(ConfigError) as caught:
        load(environ or {}, folders=folders, **flags)
    assert caught.value.exit_code == 2
    assert caught.value.next_step
    assert "PLANTED" not in f"{caught.value} {caught.value!r}"
    return caught.value


def test_the_defaults(folders: Folders) -> None:
    settings = load({}, folders=folders)
    assert settings == Settings()
    assert settings.base_url == "https://api.aitronos.com"
    assert (settings.output, settings.volume, settings.key) == ("auto", 0.8, None)


FILE = """
api_key = "from-file"
organization = "org_file"
base_url = "https://file.test"
output = "device"
volume = 0.5
[profiles.work]
api_key = "from-work"
organization = "org_work"
output = "wav:work.wav"
[profiles.play]
output = "simpleaudio"
"""


def test_flags_before_environment_before_profile_before_file(folders: Folders) -> None:
    path = write(folders, FILE)
    environ = {"TAKEDECK_PROFILE": "work", "TAKEDECK_ORGANIZATION": "org_env"}
    settings = load(environ, folders=folders)
    assert settings.key is not None
    assert settings.key.reveal() == "from-work"
    assert settings.organization == "org_env"
    assert settings.base_url == "https://file.test"
    assert settings.output == "wav:work.wav"
    assert settings.volume == 0.5
    assert settings.profile == "work"
    assert settings.sources["organization"] == "TAKEDECK_ORGANIZATION"
    assert str(path) in settings.sources["base_url"]
    environ["TAKEDECK_OUTPUT"] = "null"
    assert load(environ, folders=folders).output == "null"
    assert load(environ, folders=folders, output="device").output == "device"
    assert load(environ, folders=folders, profile="play").profile == "play"
    assert load({}, folders=folders, profile="play").output == "simpleaudio"


def test_the_file_may_name_the_profile(folders: Folders) -> None:
    write(folders, 'profile = "work"\n' + FILE)
    assert load({}, folders=folders).organization == "org_work"
    assert load({"TAKEDECK_PROFILE": "play"}, folders=folders).organization == "org_file"


def test_empty_variables_are_no_settings(folders: Folders) -> None:
    names = ("FREDDY_API_KEY", "TAKEDECK_BASE_URL", "TAKEDECK_OUTPUT", "TAKEDECK_PROVIDER",
             "TAKEDECK_PROFILE", "TAKEDECK_CONFIG", "USEAPI_TOKEN")  # fmt: skip
    assert load(dict.fromkeys(names, " ".strip()), folders=folders) == Settings()
    assert load({"FREDDY_API_KEY": "  "}, folders=folders).key is None


@pytest.mark.parametrize(
    ("environ", "provider", "key"),
    [
        ({"FREDDY_API_KEY": "a"}, "aitronos", "a"),
        ({"USEAPI_TOKEN": "u"}, "mureka", "u"),
        ({"FREDDY_API_KEY": "a", "USEAPI_TOKEN": "u"}, "aitronos", "a"),
        (
            {"FREDDY_API_KEY": "a", "USEAPI_TOKEN": "u", "TAKEDECK_PROVIDER": "mureka"},
            "mureka",
            "u",
        ),
        ({"FREDDY_API_KEY": "a", "TAKEDECK_PROVIDER": "mureka"}, "mureka", None),
    ],
)
def test_which_provider_the_keys_choose(
    folders: Folders, environ: dict[str, str], provider: str, key: str | None
) -> None:
    settings = load(environ, folders=folders)
    assert settings.provider == provider
    assert (settings.key.reveal() if settings.key else None) == key


def test_each_provider_has_its_own_base_url(folders: Folders) -> None:
    both = {"TAKEDECK_BASE_URL": "https://a.test", "TAKEDECK_MUREKA_BASE_URL": "https://m.test"}
    assert load(both, folders=folders).base_url == "https://a.test"
    assert load(both | {"USEAPI_TOKEN": "u"}, folders=folders).base_url == "https://m.test"
    assert load({"USEAPI_TOKEN": "u"}, folders=folders).base_url == "https://api.useapi.net"


def test_the_named_file_is_read(folders: Folders, tmp_path: Path) -> None:
    named = tmp_path / "mine.toml"
    named.write_text('output = "null"')
    environ = {"TAKEDECK_CONFIG": str(named)}
    assert config_file(environ, folders) == named
    assert load(environ, folders=folders).output == "null"


def test_a_named_file_must_be_there(folders: Folders, tmp_path: Path) -> None:
    error = wrong(folders, environ={"TAKEDECK_CONFIG": str(tmp_path / "gone.toml")})
    assert "gone.toml" in error.what


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("output = ", "config.toml"),
        ('colour = "red"', "colour"),
        ("output = 3", "output"),
        ('output = "loud"', "loud"),
        ('output = "wav:"', "wav:"),
        ('provider = "suno"', "suno"),
        ("volume = 1.5", "volume"),
        ("volume = true", "volume"),
        ("volume = nan", "volume"),
        ('volume = "loud"', "volume"),
        ("profiles = 3", "profiles"),
        ("profiles.work = 3\nprofile = 'work'", "profiles"),
        ("[profiles.work]\ncolour = 1", "colour"),
        ('profile = "home"\n[profiles.work]', "work"),
        ("profile = ['home']", "profile"),
        (f'api_key = "{KEY} and more"', "api_key"),
        (f'api_key = "{KEY}\\nX-Evil: 1"', "api_key"),
        (f'api_key = "é{KEY}"', "api_key"),
        ('base_url = "api.test"', "base_url"),
        ('base_url = "ftp://api.test"', "base_url"),
        ('base_url = "https://"', "base_url"),
        ('base_url = "https://[::1"', "base_url"),
        (f'base_url = "https://user:{KEY}@api.test"', "base_url"),
    ],
)
def test_a_wrong_setting_is_named(folders: Folders, text: str, named: str) -> None:
    profile = {"profile": "work"} if "profiles.work]\ncolour" in text else {}
    assert named in wrong(folders, text, **profile).what


def test_a_file_that_is_no_text_is_told(folders: Folders) -> None:
    write(folders, "").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in wrong(folders).what


def test_a_folder_in_its_place_is_told(folders: Folders) -> None:
    private_folder(folders.config / "config.toml")
    assert "cannot be read" in wrong(folders).what


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ("", {"TAKEDECK_OUTPUT": "ak_PLANTED0123456789"}),
        ("", {"TAKEDECK_PROVIDER": "ak_PLANTED0123456789"}),
        ("", {"TAKEDECK_PROFILE": "ak_PLANTED0123456789"}),
        ('ak_PLANTED0123456789 = "api_key"', {}),
    ],
)
def test_a_key_in_the_wrong_place_is_not_repeated(
    folders: Folders, text: str, environ: dict[str, str]
) -> None:
    assert "“•••”" in wrong(folders, text, environ).what


def test_an_unknown_profile_says_which_are_known(folders: Folders) -> None:
    error = wrong(folders, FILE, profile="home")
    assert "work, play" in error.what
    assert "none are defined" in wrong(folders, " ", profile="home").what


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2", "[::1]"])
def test_plain_http_is_for_this_machine(folders: Folders, host: str) -> None:
    environ = {"FREDDY_API_KEY": KEY, "TAKEDECK_BASE_URL": f"http://{host}:8080"}
    assert load(environ, folders=folders).base_url == f"http://{host}:8080"


@pytest.mark.parametrize("host", ["api.test", "localhost.evil.test", "10.0.0.1", "1.1.1.1"])
def test_plain_http_elsewhere_is_refused_with_a_key(folders: Folders, host: str) -> None:
    environ = {"TAKEDECK_BASE_URL": f"http://{host}"}
    load(environ, folders=folders)
    assert "TAKEDECK_BASE_URL" in wrong(folders, environ=environ | {"FREDDY_API_KEY": KEY}).what


def test_a_key_and_its_organisation_are_required_by_name(folders: Folders) -> None:
    with pytest.raises(ConfigError, match=r"FREDDY_API_KEY.*--demo"):
        load({}, folders=folders).require_key()
    with pytest.raises(ConfigError, match=r"USEAPI_TOKEN.*--demo"):
        load({"TAKEDECK_PROVIDER": "mureka"}, folders=folders).require_key()
    with pytest.raises(ConfigError, match="TAKEDECK_ORGANIZATION"):
        load({"FREDDY_API_KEY": KEY}, folders=folders).require_key()
    load({"USEAPI_TOKEN": KEY}, folders=folders).require_key()
    load({"FREDDY_API_KEY": KEY, "TAKEDECK_ORGANIZATION": "o"}, folders=folders).require_key()


def test_the_demo_does_not_look_at_the_base_url(folders: Folders) -> None:
    environ = {"FREDDY_API_KEY": KEY, "TAKEDECK_BASE_URL": "http://api.test"}
    demo = load(environ, folders=folders, demo=True).for_simulator("http://127.0.0.1:1", "k", "o")
    demo.require_key()
    assert (demo.base_url, demo.organization, demo.demo) == ("http://127.0.0.1:1", "o", True)


def test_a_folder_of_ours_is_private(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert private_folder(folder) == folder


def test_the_folders_are_the_platform_s(home: Path) -> None:
    folders = Folders.of_user()
    for folder in (folders.config, folders.cache, folders.state, folders.data):
        assert folder.is_relative_to(home)
        assert folder.name == "takedeck"


SEVERAL = """
api_key = "from-top"
organization = "org_top"
[profiles.studio]
organization = "org_studio"
key_variable = "STUDIO_KEY"
[profiles.songs]
provider = "mureka"
key_file = "{file}"
"""


def several(folders: Folders) -> Path:
    path = folders.config / "token"
    write(folders, SEVERAL.format(file=path))
    path.write_text("user:7-abc\n")
    return path


def test_each_profile_says_where_its_key_is(folders: Folders) -> None:
    several(folders)
    environ = {"STUDIO_KEY": " ak_studio ", "FREDDY_API_KEY": "ak_env"}
    assert profiles(environ, folders=folders) == ("default", "studio", "songs")
    studio = load(environ, folders=folders, profile="studio")
    songs = load(environ, folders=folders, profile="songs")
    top = load(environ, folders=folders, profile="default")
    assert [it.key.reveal() for it in (studio, songs, top) if it.key] == [
        "ak_studio", "user:7-abc", "ak_env",
    ]  # fmt: skip
    assert (songs.provider, songs.account) == ("mureka", "songs")
    assert studio.key_variables == {"STUDIO_KEY"}


def test_no_key_reaches_a_child(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    several(folders)
    monkeypatch.setenv("STUDIO_KEY", "ak_studio")
    settings = load({"FREDDY_API_KEY": "a"}, folders=folders)
    assert "STUDIO_KEY" not in child_environment(settings)


def test_every_profiles_key_variable_is_known(folders: Folders) -> None:
    write(folders, 'key_variable = "TOP"\n[profiles.a]\nkey_variable = "A"\n'
          '[profiles.b]\nprovider = "mureka"\nkey_variable = "B"\n')  # fmt: skip
    for chosen in ("default", "a", "b"):
        environ = {"TOP": "k1", "A": "k2", "B": "k3"}
        assert load(environ, folders=folders, profile=chosen).key_variables == {"TOP", "A", "B"}


def test_a_profile_that_was_asked_for_stands_over_the_environment(folders: Folders) -> None:
    several(folders)
    environ = {"TAKEDECK_ORGANIZATION": "org_env", "TAKEDECK_PROVIDER": "aitronos",
               "STUDIO_KEY": "k"}  # fmt: skip
    assert load(environ, folders=folders, profile="studio").organization == "org_studio"
    assert load(environ, folders=folders, profile="songs").provider == "mureka"
    named = environ | {"TAKEDECK_PROFILE": "studio"}
    assert load(named, folders=folders).organization == "org_env"


def test_an_owner_is_the_apis_address_and_the_account() -> None:
    here = Settings(base_url="https://a.test/api", organization="org_1", key=Secret("ak_1"))
    same = ("https://A.test:443/api", "HTTPS://a.test./api/")
    other = ("http://a.test/api", "https://a.test:444/api", "https://a.test", "https://b.test/api")
    assert {replace(here, base_url=url).owner for url in same} == {here.owner}
    assert len({replace(here, base_url=url).owner for url in other} | {here.owner}) == 5
    assert replace(here, key=Secret("ak_2"), profile="p").owner == here.owner
    assert replace(here, organization="org_2").owner != here.owner


def test_without_an_organisation_the_token_is_the_account() -> None:
    token = "user:7-PLANTED0123456789"
    one = Settings(provider="mureka", base_url="https://api.useapi.net", key=Secret(token))
    others = [
        replace(one, key=Secret("user:8-x")),
        replace(one, profile="p"),
        replace(one, key=None),
    ]
    owners = {it.owner for it in (one, *others)}
    assert len(owners) == 4
    assert one.owner == replace(one, key=Secret(token)).owner
    assert "PLANTED" not in str(owners)
    assert re.search(r"[0-9a-f]{16}", one.owner)


def test_the_embedded_simulator_is_one_address() -> None:
    for provider in ("aitronos", "mureka"):
        owners = {
            Settings().for_simulator(f"http://127.0.0.1:{port}", key, "org_1", provider).owner
            for port, key in ((1, "a"), (2, "b"))
        }
        assert len(owners) == 1


def test_a_key_that_is_not_where_it_should_be_is_named(folders: Folders) -> None:
    path = several(folders)
    with pytest.raises(ConfigError, match="STUDIO_KEY"):
        load({}, folders=folders, profile="studio")
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load({}, folders=folders, profile="songs")
    assert load({}, folders=folders, profile="songs", demo=True).key is None
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not text"):
        load({}, folders=folders, profile="songs")
    path.write_text("two words")
    with pytest.raises(ConfigError, match="characters that no key has"):
        load({}, folders=folders, profile="songs")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('api_key = "a"\nkey_file = "b"', "beside"),
        ("key_file = 3", "a path"),
        ('key_variable = "A B"', "environment variable"),
        ('[profiles.p]\nkey_file = "a"\nkey_variable = "B"', "beside"),
    ],
)
def test_a_key_in_two_places_or_none_is_wrong(folders: Folders, text: str, named: str) -> None:
    write(folders, text)
    with pytest.raises(ConfigError, match=named):
        load({}, folders=folders, profile="p" if "profiles" in text else None)


def test_the_demo_has_a_profile_for_each_api(folders: Folders) -> None:
    second = load({}, folders=folders, demo=True, profile="demo-mureka")
    assert (second.provider, second.profile) == ("mureka", "demo-mureka")
    first = load({"USEAPI_TOKEN": "t"}, folders=folders, demo=True)
    assert first.provider == "aitronos"
    pointed = second.for_simulator("http://127.0.0.1:1", "token", None, "mureka")
    assert pointed.key is not None
    assert (pointed.key.reveal(), pointed.profile) == ("token", "demo-mureka")


@pytest.mark.parametrize(
    ("text", "environ", "profile"),
    [
        ('api_key = "ak_1"\n[profiles.songs]\nprovider = "mureka"', {}, "songs"),
        ('api_key = "ak_1"', {"TAKEDECK_PROVIDER": "mureka"}, None),
        (
            '[profiles.songs]\nprovider = "mureka"\nkey_variable = "TOKEN"',
            {"TAKEDECK_PROFILE": "songs", "TAKEDECK_PROVIDER": "aitronos", "TOKEN": "user:1"},
            None,
        ),
    ],
    ids=["a profile of the other API", "the other API by a variable", "the other way round"],
)
def test_no_key_goes_to_another_api(
    folders: Folders, text: str, environ: dict[str, str], profile: str | None
) -> None:
    write(folders, text)
    settings = load(environ, folders=folders, profile=profile)
    assert settings.key is None
    with pytest.raises(ConfigError, match="no API key"):
        settings.require_key()


def test_no_address_is_taken_for_another_apis(folders: Folders) -> None:
    write(folders, 'base_url = "https://a.test"\n[profiles.songs]\nprovider = "mureka"\n')
    assert load({}, folders=folders, profile="songs").base_url == "https://api.useapi.net"
    assert load({}, folders=folders).base_url == "https://a.test"


def test_a_key_in_the_wrong_setting_is_not_repeated(folders: Folders) -> None:
    for name in ("key_variable", "key_file"):
        write(folders, f'{name} = "ak_455ecb0123456789abcd"')
        with pytest.raises(ConfigError) as caught:
            load({}, folders=folders)
        assert "455ecb" not in str(caught.value)


def test_the_demos_profiles_can_be_named_anywhere(folders: Folders) -> None:
    named = load({"TAKEDECK_PROFILE": "demo-mureka"}, folders=folders, demo=True)
    assert (named.provider, named.demo) == ("mureka", True)
    asked = load({}, folders=folders, profile="demo-mureka")
    assert (asked.provider, asked.demo) == ("mureka", True)


SHORT = "ak_PLANTED1"
TOKEN = "user:7-PLANTED1"


@pytest.mark.parametrize("key", [KEY, SHORT, TOKEN, "PLANTED-of-another-shape"])
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TAKEDECK_ORGANIZATION", "{}"),
        ("TAKEDECK_BASE_URL", "https://api.test/{}"),
        ("TAKEDECK_BASE_URL", "https://api.test/v1?k={}"),
        ("TAKEDECK_BASE_URL", "https://{}.test"),
        ("TAKEDECK_OUTPUT", "wav:{}"),
    ],
)
def test_a_key_in_another_setting_is_refused(
    folders: Folders, key: str, variable: str, value: str
) -> None:
    environ = {"FREDDY_API_KEY": key, variable: value.format(key)}
    error = wrong(folders, environ=environ)
    assert variable in error.what
    assert "FREDDY_API_KEY" in error.next_step


@pytest.mark.parametrize("key", [KEY, SHORT, TOKEN])
def test_what_looks_like_a_key_is_refused_wherever_it_is_not_one(
    folders: Folders, key: str
) -> None:
    assert "TAKEDECK_ORGANIZATION" in wrong(folders, environ={"TAKEDECK_ORGANIZATION": key}).what
    for text in (
        f'organization = "{key}"',
        f'base_url = "https://api.test/{key}"',
        f'["profiles"."{key}"]',
        f'["{key}"]\n["{key}"]',
        f'provider = "{key}"',
        f'output = "{key}"',
        f'profile = "{key}"',
        f'key_file = "{key}"',
        f'key_file = "keys/{key}"',
        f'key_variable = "{key}"',
        f'"{key}" = 1',
    ):
        told = str(wrong(folders, text))
        assert any(word in told for word in ("config.toml", "config file", "•••")), told
    write(folders, "")
    for variable in ("TAKEDECK_CONFIG", "TAKEDECK_PROFILE", "TAKEDECK_PROVIDER", "TAKEDECK_OUTPUT"):
        wrong(folders, environ={variable: key})
    wrong(folders, profile=key)
    wrong(folders, output=key)


def test_a_profile_cannot_be_called_like_a_key_of_another(folders: Folders) -> None:
    text = f'[profiles."{TOKEN}x"]\n[profiles.b]\nkey_variable = "B"'
    assert "profile" in wrong(folders, text, {"B": "k"}, profile="b").what
    text = '[profiles.PLANTED99]\n[profiles.b]\nkey_variable = "B"'
    assert "profile" in wrong(folders, text, {"B": "PLANTED99"}, profile="b").what


@pytest.mark.parametrize(
    "name", ["org_akela", "Akademie", "ask_them", "users", "org_01HZX3T9V7Q2K8M4"]
)
def test_what_only_begins_alike_is_no_key(folders: Folders, name: str) -> None:
    environ = {"TAKEDECK_ORGANIZATION": name, "FREDDY_API_KEY": "k"}
    assert load(environ, folders=folders).organization == name


def test_a_key_file_that_others_can_read_is_used_with_a_warning(folders: Folders) -> None:
    path = several(folders)
    for mode, open_to_others in ((0o600, False), (0o400, False), (0o640, True), (0o604, True)):
        path.chmod(mode)
        settings = load({}, folders=folders, profile="songs")
        assert settings.key is not None
        assert settings.key.reveal() == "user:7-abc"
        told = [it for it in settings.warnings if str(path) in it]
        assert bool(told) == open_to_others
        assert all(f"chmod 600 {path}" in it and "abc" not in it for it in told)


def test_a_config_file_with_a_key_that_others_can_read_is_warned_of(folders: Folders) -> None:
    path = write(folders, '[profiles.a]\napi_key = "k"\n[profiles.b]\norganization = "o"')
    path.chmod(0o644)
    for profile in ("a", "b"):
        (warning,) = load({}, folders=folders, profile=profile).warnings
        assert f"chmod 600 {path}" in warning
    path.chmod(0o600)
    assert load({}, folders=folders).warnings == ()
    write(folders, 'organization = "o"').chmod(0o644)
    assert load({}, folders=folders).warnings == ()


def test_storage_hosts_are_a_list_of_hosts(folders: Folders) -> None:
    write(folders, 'storage_hosts = ["minio.lan", "*.corp.test", "10.0.0.5", "fd00::5"]')
    settings = load({}, folders=folders)
    assert settings.storage_hosts == ("minio.lan", "*.corp.test", "10.0.0.5", "fd00::5")
    assert settings.reach.allows("a.corp.test")
    assert not settings.reach.everywhere
    for text in ('"minio.lan"', "3", "[3]", '[""]', '["https://minio.lan"]', '["a:1"]', '["*"]'):
        assert "storage_hosts" in wrong(folders, f"storage_hosts = {text}").what


def test_storage_hosts_are_of_one_api_only(folders: Folders) -> None:
    write(folders, 'storage_hosts = ["minio.lan"]\n[profiles.songs]\nprovider = "mureka"')
    assert load({}, folders=folders).storage_hosts == ("minio.lan",)
    assert load({}, folders=folders, profile="songs").storage_hosts == ()


def test_an_api_here_may_have_its_storage_anywhere() -> None:
    assert Settings(base_url="http://127.0.0.1:8000").reach.everywhere
