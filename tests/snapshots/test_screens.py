"""Whole screens are as they are stored: a change of the insides changes nothing that is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.snapshots.rig import Studio, home, look
from tests.snapshots.scenes import APPS, SCENES
from tests.snapshots.stored import Album, advice

_MOST = 4
"""Pictures of one app that are told of in full."""


@pytest.mark.parametrize("on", APPS)
async def test_the_screens_are_as_they_are_stored(
    on: str, album: Album, timeless: pytest.MonkeyPatch, tmp_path: Path, song_cache: Path
) -> None:
    if on == "no colour":
        timeless.setenv("NO_COLOR", "1")
    # What the page about one's own key says of the file must not differ from run to run.
    timeless.setenv("TAKEDECK_CONFIG", "~/.config/takedeck/config.toml")
    told = []
    async with Studio(tmp_path, song_cache) as studio, APPS[on](studio) as stage:
        for scene in (scene for scene in SCENES if scene.on == on):
            await home(stage)
            await scene.steps(stage)
            for name, each in scene.names().items():
                picture = await look(stage, each.size, each.theme)
                told.append(album.check(name, scene.head(each), picture))
    if not (news := list(filter(None, told))):
        return
    if album.renew:
        pytest.skip("; ".join(news))
    # A change that is everywhere is read as well from a few.
    more = (each.splitlines()[0] for each in news[_MOST:])
    pytest.fail("\n\n".join((*news[:_MOST], *more)), pytrace=False)


def test_nothing_is_stored_that_is_not_taken(album: Album) -> None:
    names = [name for scene in SCENES for name in scene.names()]
    assert len(names) == len(set(names)), "two pictures have the same name"
    if not (files := album.left_over(names)):
        return
    if album.renew:
        pytest.skip(f"removed {', '.join(files)}")
    pytest.fail(f"No scene takes {', '.join(files)} any more.\n{advice()}", pytrace=False)
