"""Toasts that are made in the moment in which they end."""

from __future__ import annotations

from time import time

from textual.widgets._toast import Toast

from takedeck.tui.toast import Lasting
from tests.tui.stage import Studio


def test_there_is_always_a_moment_left() -> None:
    over = Lasting("done", timeout=3.0, raised_at=time() - 3.1)
    assert over.has_expired
    assert over.time_left > 0
    fresh = Lasting("done", timeout=3.0)
    assert not fresh.has_expired
    assert 2.0 < fresh.time_left <= 3.0


async def test_one_that_has_ended_meanwhile_does_not_stop_the_app(quiet: Studio) -> None:
    async with quiet.app() as stage:
        toast = Toast(Lasting("over", timeout=1.0, raised_at=time() - 2.0))
        await stage.app.screen.mount(toast)
        await stage.until(lambda: not toast.is_attached)
        stage.app.notify("Still here.", markup=False)
        await stage.shows("Still here.")
        assert all(isinstance(it, Lasting) for it in stage.app._notifications)
