"""A machine that slept asks at once, over new connections."""

from __future__ import annotations

from takedeck.session.events import Polled
from takedeck.session.suspend import JUMP, SuspendDetector
from takedeck.simulator.service import Simulator
from tests.session.rig import joined


class Clocks:
    """One clock that goes on in sleep, one that halts."""

    def __init__(self) -> None:
        self.through = 100.0
        self.halting = 50.0

    def run(self, seconds: float) -> None:
        self.through += seconds
        self.halting += seconds

    def sleep(self, seconds: float) -> None:
        self.through += seconds


def test_only_a_jump_is_sleep_and_it_is_told_once() -> None:
    clocks = Clocks()
    sleep = SuspendDetector(lambda: clocks.through, lambda: clocks.halting)
    clocks.run(3600)
    assert not sleep.happened()
    clocks.sleep(JUMP + 1)
    clocks.run(1)
    assert sleep.happened()
    assert not sleep.happened()


async def test_waking_up_asks_at_once(simulator: Simulator) -> None:
    async with joined(simulator) as (session, ear):
        session.set_away(True)
        await ear.until(lambda: ear.of(Polled) and ear.of(Polled)[-1].wait > 13)
        clocks = Clocks()
        session._sleep = SuspendDetector(lambda: clocks.through, lambda: clocks.halting)
        asked = len(simulator.requests)
        clocks.sleep(600)
        session.notice_sleep()
        await ear.more(Polled)
        assert len(simulator.requests) > asked
