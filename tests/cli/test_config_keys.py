"""`takedeck config keys`, and what the app says of a wrong one at its start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.rig import Done, environment, finish, start


def with_config(folder: Path, text: str, *words: str) -> Done:
    path = folder / "config.toml"
    path.write_text(text)
    return finish(start(*words, env=environment(TAKEDECK_CONFIG=str(path))))


def test_it_lists_names_keys_and_what_they_do(tmp_path: Path) -> None:
    done = with_config(tmp_path, 'volume = 0.5\n[keys]\nmute_stem = "x"\n', "config", "keys")
    assert (done.code, done.err) == (0, "")
    lines = [line.split() for line in done.out.splitlines()]
    assert ["mute_stem", "x", "Mute"] in lines
    assert ["solo_stem", "s", "Solo"] in lines
    assert ["quit", "q", "Quit"] in lines


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('volume = 0.5\n\n[keys]\nmute_stem = "s"\n', "line 4 of"),
        ('[keys]\nloop = "L"\nloops = "X"\n', "line 3 of"),
        ('keys.mute_stem = "q"\n', "line 1 of"),
        ("keys = 7\n", "“keys” in"),
        ("[keys]\nmute_stem = 7\n", "“keys.mute_stem” in"),
    ],
)
@pytest.mark.parametrize(
    "words", [("config", "keys"), pytest.param(("--demo",), marks=pytest.mark.trial)]
)
def test_a_mistake_is_told_with_its_line(
    tmp_path: Path, text: str, says: str, words: tuple[str, ...]
) -> None:
    done = with_config(tmp_path, text, *words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
