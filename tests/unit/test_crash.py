"""The report of an unexpected error: what it holds, what it never holds, and where it is kept."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from takedeck import __version__, crash
from takedeck.config import load
from takedeck.errors import ConfigError, NetworkError
from takedeck.redaction import redacted
from takedeck.text import Secret

PLANTED = "ak_PLANTED0123456789"


@pytest.fixture(autouse=True)
def _no_key_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("takedeck.text._SECRETS", set())


def raised(error: BaseException) -> BaseException:
    """The error with a traceback whose frames hold a secret."""

    def fail() -> None:
        local = [PLANTED, {"url": f"https://s.test/?sig={PLANTED}"}]
        if local:
            raise error

    with pytest.raises(type(error)) as caught:
        fail()
    return caught.value


def reports(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def test_it_holds_the_versions_the_chain_and_the_stack() -> None:
    try:
        try:
            load({"TAKEDECK_OUTPUT": "kazoo"})
        except ConfigError as first:
            raise ValueError("the second") from first
    except ValueError as error:
        text = crash.compose(error)
    lines = text.splitlines()
    assert lines[0].startswith(f"takedeck {__version__} ")
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}." in text
    assert "textual 8" in text
    assert "\nValueError: the second\n" in text
    assert "\ncaused by takedeck.errors.ConfigError: Configuration: unknown output" in text
    at = next(n for n, line in enumerate(lines) if "in check_output" in line)
    assert lines[at].startswith("  takedeck/config.py:")
    assert lines[at + 1].strip() == "raise ConfigError("
    assert str(Path(crash.__file__).parent) not in text


def test_no_local_no_key_and_no_address_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREDDY_API_KEY", PLANTED)
    cause = raised(LookupError(f"{PLANTED[:10]}\0{PLANTED[10:]}"))
    error = raised(RuntimeError(f"\x1b]52;c;{PLANTED}\x07 https://a:{PLANTED}@s.test/?s={PLANTED}"))
    error.__context__ = raised(ExceptionGroup(PLANTED, [ValueError(PLANTED), OSError(5, PLANTED)]))
    error.__context__.__cause__ = cause
    text = crash.compose(error)
    assert "PLANTED" not in text
    assert "\x1b" not in text
    assert "local =" not in text
    for name in ("RuntimeError", "ExceptionGroup", "LookupError", "ValueError", "OSError"):
        assert name in text


class TextlessError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


def deep(times: int) -> None:
    if times:
        deep(times - 1)
    raise TextlessError


def test_it_stays_short_and_stands_a_text_that_raises_and_a_chain_that_bites_its_tail() -> None:
    with pytest.raises(TextlessError) as caught:
        deep(500)
    caught.value.__cause__ = ValueError("x" * 100_000)
    caught.value.__cause__.__cause__ = caught.value
    text = crash.compose(caught.value)
    assert "its text raises ZeroDivisionError" in text
    assert "frames left out" in text
    assert len(text) < 12_000


def test_it_is_its_owners_only_and_the_newest_ten_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "takedeck"
    paths = [crash.keep(raised(ValueError(str(number))), folder=folder) for number in range(13)]
    assert reports(folder) == sorted(paths[-crash.KEPT :])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in reports(folder)} == {0o600}
    assert "ValueError: 12" in paths[-1].read_text()
    told = crash.report(raised(ValueError(PLANTED)), folder=folder)
    assert str(reports(folder)[-1]) in told
    assert "unexpected ValueError" in told
    assert "PLANTED" not in told


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file stands here")
    told = crash.report(raised(ValueError(PLANTED)), folder=tmp_path / "state" / "takedeck")
    assert "unexpected ValueError" in told
    assert "No report of it could be written" in told
    assert os.strerror(20) in told
    assert "PLANTED" not in told


def test_what_fails_in_a_thread_is_told_in_our_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    for owner, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(owner, hook, getattr(owner, hook))
    crash.install()

    def fail() -> None:
        raise ValueError(Secret(PLANTED).reveal())

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    said = capsys.readouterr().err
    assert "unexpected ValueError" in said
    assert "PLANTED" not in said
    assert len(reports(home / "state" / "takedeck")) == 1
    sys.excepthook(ValueError, ValueError(PLANTED), None)
    assert len(reports(home / "state" / "takedeck")) == 2


@pytest.mark.parametrize(
    ("error", "kept"),
    [(ValueError(PLANTED), 1), (NetworkError("told elsewhere"), 0), (ConnectionError("gone"), 0)],
)
async def test_what_a_loop_found_unnoticed_is_kept_and_not_printed(
    error: Exception, kept: int, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(crash.in_loop)
    future: asyncio.Future[Any] = loop.create_future()
    future.set_exception(error)
    del future
    assert "".join(capsys.readouterr()) == ""
    assert len(reports(home / "state" / "takedeck")) == kept


def test_a_key_that_was_refused_at_entry_is_known_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('api_key = "ak_REFUSED half_of_it"')
    with pytest.raises(ConfigError):
        load({"TAKEDECK_CONFIG": str(file)})
    assert redacted("got ak_REFUSED and half_of_it") == "got ••• and •••"
