"""The mint with a clock moved by hand: staleness, one mint for all, and when to give up."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from takedeck import errors
from takedeck.media.lifetimes import Lifetimes
from takedeck.media.mint import Mint
from takedeck.model import Stem, Track
from takedeck.text import SignedUrl

START = datetime(2026, 6, 28, 10, 30, tzinfo=UTC)


class Api:
    """Mints tracks whose URLs last `life` seconds, None for URLs that do not say."""

    def __init__(self, life: float | None = 60.0) -> None:
        self.now = START
        self.life = life
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault: errors.TakedeckError | None = None

    async def ask(self) -> Track:
        self.asked += 1
        await self.gate.wait()
        if self.fault:
            raise self.fault
        return Track("t1", master=self.url("m"), stems=(Stem("drums", self.url("d")),))

    def url(self, name: str) -> SignedUrl:
        end = None if self.life is None else self.now + timedelta(seconds=self.life)
        return SignedUrl(f"https://a.io/{name}?n={self.asked}", self.now, end)

    def mint(self, lifetimes: Lifetimes | None = None) -> Mint:
        return Mint(self.ask, lambda: self.now, lifetimes=lifetimes)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


async def test_a_fresh_url_is_used_again_and_an_ending_one_is_not() -> None:
    api = Api()
    mint = api.mint()
    assert mint.track is None
    assert mint.fresh_for() is None
    first = await mint.url("master")
    assert mint.fresh_for() == 60
    api.later(57)
    assert await mint.url("master") is first
    assert mint.fresh_for() == 3
    api.later(1.5)
    assert await mint.url("master") is not first
    assert api.asked == 2
    api.later(1_000)
    assert mint.fresh_for() == 0


async def test_all_who_wait_share_one_mint_even_when_one_goes_away() -> None:
    api = Api()
    mint = api.mint()
    api.gate.clear()
    waiting = [asyncio.create_task(mint.url("master")) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    api.gate.set()
    urls = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(urls[0], asyncio.CancelledError)
    assert all(url is urls[1] for url in urls[1:])
    assert api.asked == 1


async def test_a_refusal_that_comes_late_does_not_mint_again() -> None:
    api = Api()
    mint = api.mint()
    old = await mint.url("drums")
    new = await mint.url("drums", refused=old)
    assert new is not old
    assert await mint.url("drums", refused=old) is new
    assert api.asked == 2


async def test_two_mints_without_a_byte_are_the_last() -> None:
    api = Api()
    mint = api.mint()
    url = await mint.url("drums")
    for _ in range(2):
        url = await mint.url("drums", refused=url)
    with pytest.raises(errors.UrlRefused, match="drums"):
        await mint.url("drums", refused=url)
    assert api.asked == 3
    assert await mint.url("master")
    mint.progressed("drums")
    url = await mint.url("drums", refused=url)
    await mint.url("drums", refused=url)
    with pytest.raises(errors.UrlRefused):
        await mint.url("drums", refused=mint.track.stems[0].url if mint.track else None)
    await mint.refresh()
    url = await mint.url("drums")
    assert await mint.url("drums", refused=url) is not url


async def test_a_part_that_moves_does_not_keep_a_dead_one_asking() -> None:
    api = Api()
    mint = api.mint()
    url = await mint.url("drums")
    for _ in range(2):
        mint.progressed("master")
        url = await mint.url("drums", refused=url)
    mint.progressed("master")
    with pytest.raises(errors.UrlRefused):
        await mint.url("drums", refused=url)


@pytest.mark.parametrize("life", [0.5, 0.0, -30.0])
async def test_a_very_short_life_or_another_clock_mints_no_endless_row(life: float) -> None:
    api = Api(life)
    mint = api.mint()
    for _ in range(20):
        await mint.url("master")
    assert api.asked == 1


async def test_a_failing_api_is_told_to_all_and_asked_again_later() -> None:
    api = Api()
    mint = api.mint()
    api.fault = errors.NetworkError("gone")
    found = await asyncio.gather(*(mint.url("master") for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in found] == [errors.NetworkError] * 3
    assert api.asked == 1
    api.fault = None
    assert await mint.url("master")


async def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(errors.MediaError, match="no audio for kazoo"):
        await Api().mint().url("kazoo")


async def test_a_life_that_no_url_tells_is_learned_from_a_refusal() -> None:
    api, lifetimes = Api(None), Lifetimes()
    mint = api.mint(lifetimes)
    url = await mint.url("master")
    assert mint.fresh_for() is None
    api.later(30)
    await mint.url("master", refused=url)
    assert mint.fresh_for() == 30
    other = api.mint(lifetimes)
    await other.url("master")
    assert other.fresh_for() == 30
    api.later(29)
    await other.url("master")
    assert api.asked == 4


def test_of_several_refusals_the_shortest_life_is_believed() -> None:
    lifetimes = Lifetimes()
    for age in (50, 20, 30):
        refused = SignedUrl("https://a.io/m", START)
        lifetimes.learn(refused, START + timedelta(seconds=age))
    assert lifetimes.left(SignedUrl("https://a.io/n", START), START) == 20
