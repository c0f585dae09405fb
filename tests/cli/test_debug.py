"""`--debug`: a log of the run, for its owner only, without what is secret; and flags anywhere."""

from __future__ import annotations

import logging
import stat
from pathlib import Path

import pytest

from takedeck import log
from takedeck.simulator.service import Simulator
from tests.cli.rig import takedeck
from tests.conftest import MakeJob


def kept(home: Path) -> Path:
    return home / "state" / "takedeck" / log.NAME


@pytest.mark.parametrize(
    ("words", "env"),
    [(("--debug", "jobs"), {}), (("jobs", "--debug"), {}), (("jobs",), {"TAKEDECK_DEBUG": "1"})],
)
def test_it_is_kept_where_it_is_asked_for(
    simulator: Simulator, make_job: MakeJob, home: Path, words: tuple[str, ...], env: dict[str, str]
) -> None:
    make_job()
    done = takedeck(*words, simulator=simulator, env=env)
    assert (done.code, done.err) == (0, "")
    text = kept(home).read_text()
    assert "takedeck.providers.api_client: GET " in text
    assert " (try 1): 200 in " in text
    assert stat.S_IMODE(kept(home).stat().st_mode) == 0o600


@pytest.mark.parametrize("env", [{}, {"TAKEDECK_DEBUG": "0"}, {"TAKEDECK_DEBUG": ""}])
def test_there_is_none_otherwise(simulator: Simulator, home: Path, env: dict[str, str]) -> None:
    assert takedeck("jobs", simulator=simulator, env=env).code == 0
    assert not kept(home).exists()


def test_it_says_how_a_part_was_fetched_and_nothing_secret(
    simulator: Simulator, make_job: MakeJob, home: Path, tmp_path: Path
) -> None:
    arguments = ("play", make_job().id, "--output", f"wav:{tmp_path / 'out.wav'}", "--debug")
    assert takedeck(*arguments, simulator=simulator).code == 0
    text = kept(home).read_text()
    assert "takedeck.media.fetch: " in text
    assert "the storage answered 20" in text
    assert "takedeck.deck.client: the deck's process " in text
    assert "sig=" not in text
    assert simulator.api_key not in text


def test_where_it_cannot_be_written_the_run_goes_on(simulator: Simulator, home: Path) -> None:
    (home / "state").mkdir()
    (home / "state" / "takedeck").write_text("a file stands here")
    done = takedeck("jobs", "--debug", simulator=simulator)
    assert done.code == 0
    assert "no log can be written" in done.err


def test_it_stays_small_and_each_line_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_LARGEST", 20_000)
    logger = logging.getLogger("takedeck.test")
    path = log.start(tmp_path)
    assert path is not None
    try:
        for number in range(50):
            logger.debug("%d %s", number, "x" * 3_000)
        logger.debug("one\ntwo\r\x1b[31m https://h.example/a.mp3?sig=PLANTED Authorization: hush")
    finally:
        log.stop()
    last = path.read_text().splitlines()[-1]
    assert "one\\ntwo\\r\\e[31m https://h.example/…" in last
    assert "PLANTED" not in last
    assert "hush" not in last
    files = sorted(tmp_path.iterdir())
    assert [each.name for each in files] == [log.NAME, f"{log.NAME}.1", f"{log.NAME}.2"]
    assert all(each.stat().st_size <= 20_000 for each in files)
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in files)


@pytest.mark.parametrize("words", [("--profile", "none", "jobs"), ("jobs", "--profile", "none")])
def test_global_options_stand_before_or_after_the_command(
    simulator: Simulator, words: tuple[str, ...]
) -> None:
    done = takedeck(*words, simulator=simulator)
    assert done.code == 2
    assert "unknown profile “none”" in done.err


def test_a_demo_can_be_asked_for_after_the_command(home: Path) -> None:
    assert takedeck("jobs", "--limit", "1", "--demo").code == 0
    assert takedeck("--demo", "jobs", "--limit", "1").code == 0
