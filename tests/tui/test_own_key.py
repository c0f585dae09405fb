"""The page about one's own key: what to set, and a check that keeps nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from takedeck.simulator.service import Simulator
from takedeck.tui.screens.own_key import OneLine, OwnKeyScreen
from tests.tui.stage import Stage, Studio, app_on, settings_of


@pytest.fixture
def environment(quiet: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Simulator:
    """The simulator as the API that a key is checked against, and no config file."""
    monkeypatch.setenv("TAKEDECK_BASE_URL", quiet.simulator.base_url)
    monkeypatch.setenv("TAKEDECK_MUREKA_BASE_URL", quiet.simulator.base_url)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return quiet.simulator


async def opened(stage: Stage) -> None:
    await stage.press("U")
    await stage.until(lambda: isinstance(stage.app.screen, OwnKeyScreen))


async def fill_in(stage: Stage, organization: str, key: str) -> None:
    stage.app.screen.query_one("#own-organization", OneLine).value = organization
    line = stage.app.screen.query_one("#own-secret", OneLine)
    line.value = key
    line.focus()
    await stage.press("enter")


async def test_a_key_that_the_api_knows(quiet: Studio, environment: Simulator) -> None:
    async with quiet.app() as stage:
        await opened(stage)
        await stage.shows("FREDDY_API_KEY", "TAKEDECK_ORGANIZATION", "USEAPI_TOKEN", "config.toml")
        await fill_in(stage, environment.organization, environment.api_key)
        await stage.shows("Aitronos accepts this key.")
        assert environment.api_key not in stage.text
        assert stage.session.settings.key == settings_of(environment).key
        await stage.press("escape")
        await stage.until(lambda: not isinstance(stage.app.screen, OwnKeyScreen))


async def test_without_an_organisation_it_is_a_token_of_the_other_api(
    quiet: Studio, environment: Simulator
) -> None:
    async with quiet.app() as stage:
        await opened(stage)
        await fill_in(stage, "", environment.token)
        await stage.shows("Mureka accepts this key.")


@pytest.mark.parametrize(
    ("organization", "key", "said"),
    [
        ("{own}", "ak_wrong", "The API rejected this key"),
        ("org_other", "{key}", "organisation"),
        ("{own}", "two words", "holds a space"),
        ("../x?y", "{key}", "not an id"),
    ],
)
async def test_what_is_wrong_is_said_and_can_be_corrected(
    quiet: Studio, environment: Simulator, organization: str, key: str, said: str
) -> None:
    known = {"own": environment.organization, "key": environment.api_key}
    async with quiet.app() as stage:
        await opened(stage)
        await fill_in(stage, organization.format(**known), key.format(**known))
        await stage.shows(said)
        await fill_in(stage, environment.organization, environment.api_key)
        await stage.shows("accepts this key")


async def test_nothing_typed_there_is_shown_or_kept(
    quiet: Studio, environment: Simulator, tmp_path: Path
) -> None:
    async with quiet.app() as stage:
        await opened(stage)
        await stage.press("tab", *"sesame77")
        await stage.press("enter")
        await stage.shows("Check the API token of useapi.net")
        assert "sesame77" not in stage.text
        await stage.press("escape")
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if b"sesame77" in path.read_bytes()]


async def test_the_demo_s_header_leads_there(quiet: Studio) -> None:
    async with app_on(quiet.connect, size=(100, 30), keymap={"own_key": "K"}) as stage:
        await stage.connected()
        await stage.shows("demo · simulator", "K use your own key")
        await stage.click(stage.lines[0].index("use your"), 0)
        await stage.until(lambda: isinstance(stage.app.screen, OwnKeyScreen))
        await stage.press("escape")
        await stage.until(lambda: not isinstance(stage.app.screen, OwnKeyScreen))
        await stage.press("K")
        await stage.until(lambda: isinstance(stage.app.screen, OwnKeyScreen))
