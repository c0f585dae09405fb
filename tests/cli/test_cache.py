"""`takedeck cache` on the audio that a real `takedeck play` has left."""

from __future__ import annotations

import os
from pathlib import Path

from takedeck.config import Folders
from takedeck.media.cache import Cache, PartKey
from takedeck.simulator import encode
from takedeck.simulator.service import Simulator
from takedeck.simulator.songs.catalogue import SONGS
from tests.cli.rig import takedeck
from tests.conftest import MakeJob


def test_what_was_played_is_shown_and_cleared(
    simulator: Simulator, make_job: MakeJob, tmp_path: Path
) -> None:
    plan = make_job()
    played = takedeck("play", plan.id, "--output", f"wav:{tmp_path}/a.wav", simulator=simulator)
    assert played.code == 0, played.err

    shown = takedeck("cache", "--json").json

    size = encode.size(SONGS[plan.song])
    assert (shown["audio"]["parts"], shown["audio"]["bytes"]) == (1, size)
    assert (shown["demo"]["parts"], shown["cleared"]) == (0, False)
    assert shown["audio"]["limit"] == 1024**3
    cleared = takedeck("cache", "--clear")
    assert cleared.code == 0
    assert "1 parts" in cleared.out
    assert "removed" in cleared.out
    assert not list(Path(shown["audio"]["folder"]).iterdir())
    assert takedeck("cache", "--json").json["audio"]["parts"] == 0


def test_an_empty_cache_in_words(home: Path) -> None:
    done = takedeck("cache")

    assert (done.code, done.err) == (0, "")
    assert "audio       0 parts" in done.out
    assert str(home / "cache") in done.out


def test_a_part_on_its_way_survives_the_clearing() -> None:
    cache = Cache(Folders.of_user().audio(demo=False))
    growing = cache.begin(PartKey("mine", "mtrack_1", "master"))
    growing.write(b"half")
    os.utime(growing.path, (0, 0))

    assert takedeck("cache", "--clear").code == 0

    growing.write(b"rest")
    assert cache.finish(growing).read_bytes() == b"halfrest"


def test_a_folder_that_cannot_be_made_is_a_message(home: Path) -> None:
    (home / "cache").write_text("a file where the folder should be")

    done = takedeck("cache")

    assert done.code == 1
    assert "cache folder" in done.err
