"""What our child processes are given of the environment: what they need, and no key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from takedeck.cli.demo import Demo
from takedeck.config import Folders, load, private_folder
from takedeck.errors import ConfigError
from takedeck.session.connect import connect
from takedeck.simulator.service import Simulator

OTHERS = "ak_PLANTED_of_the_other_profile"
OWN = "ak_PLANTED_of_this_profile"
FOREIGN = "PLANTED_and_none_of_ours"

ODD = (
    "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "HTTPS_PROXY", "LD_PRELOAD_KEY", "MY_KEY", "PS1",
    "TAKEDECK_TOKEN", "PATH_", "home", "LCX", "PYTHONKEY", "USEAPI_TOKEN", "OPENAI_API_KEY",
)  # fmt: skip

CONFIG = """
organization = "org_1"
base_url = "{url}"
key_variable = "TOP_KEY"
[profiles.studio]
key_variable = "XDG_STUDIO_KEY"
[profiles.songs]
provider = "mureka"
key_variable = "LC_SONGS"
"""


@pytest.fixture
def folders(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Folders:
    """Folders whose config has a key in a variable for each of three profiles."""
    folders = Folders.of_user()
    private_folder(folders.config)
    (folders.config / "config.toml").write_text(CONFIG.format(url=simulator.base_url))
    for name in ODD:
        monkeypatch.setenv(name, FOREIGN)
    for name in ("TOP_KEY", "LC_SONGS", "FREDDY_API_KEY"):
        monkeypatch.setenv(name, OTHERS)
    monkeypatch.setenv("XDG_STUDIO_KEY", OWN)
    # Names of what a child may have, with a key in them all the same.
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", OWN)
    monkeypatch.setenv("LC_MEASUREMENT", f"see {OTHERS}")
    monkeypatch.setenv("PULSE_PROP_media.role", "music")
    monkeypatch.setenv("LC_TIME", "C")
    return folders


def given(pid: int | None) -> dict[str, str]:
    """The environment of that process, as the system has it."""
    assert pid is not None
    whole = Path(f"/proc/{pid}/environ").read_bytes().decode()
    pairs = (pair.partition("=") for pair in whole.split("\0") if pair)
    return {name: value for name, _, value in pairs}


def children() -> set[str]:
    """The ids of this process's children."""
    found = (task.joinpath("children") for task in Path("/proc/self/task").iterdir())
    return {pid for each in found for pid in each.read_text().split()}


def check(environ: dict[str, str], home: Path) -> None:
    assert "PLANTED" not in str(environ)
    assert environ["HOME"] == str(home)
    assert environ["XDG_CACHE_HOME"] == str(home / "cache")
    assert environ["PULSE_PROP_media.role"] == "music"
    assert environ["LC_TIME"] == "C"
    assert environ["PATH"]


async def test_the_deck_is_given_no_key(folders: Folders, home: Path) -> None:
    settings = load(folders=folders, profile="studio", output="null")
    session = await connect(settings, folders)
    try:
        check(given(session.player._deck.pid), home)
    finally:
        await session.close()


async def test_no_deck_stays_where_nobody_can_be_asked(folders: Folders) -> None:
    settings = replace(load(folders=folders, profile="studio", output="null"), key=None)
    before = children()
    with pytest.raises(ConfigError):
        await connect(settings, folders)
    assert children() == before


async def test_the_simulator_is_given_no_key(folders: Folders, home: Path) -> None:
    demo = Demo()
    await demo.start(load(folders=folders, profile="studio", demo=True))
    try:
        assert demo._process is not None
        check(given(demo._process.pid), home)
    finally:
        await demo.close()
