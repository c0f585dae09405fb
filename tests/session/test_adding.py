"""Jobs that are added by their ids."""

from __future__ import annotations

from datetime import timedelta

import pytest

from takedeck.config import Folders
from takedeck.errors import InvalidKey, NotFound, RateLimited, TakedeckError
from takedeck.model import SUCCEEDED, Job
from takedeck.session.adding import MOST, ids_in, look_up, remember
from takedeck.session.connect import provider_for
from takedeck.session.events import JobsChanged
from takedeck.simulator.service import Simulator
from takedeck.simulator.takes import Take, job_id
from tests.session.rig import second_settings, session_of


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", []),
        (" \n\t", []),
        ("j1", ["j1"]),
        ("j1 j2\nj3\r\n", ["j1", "j2", "j3"]),
        ('["j1", "j2"]', ["[", "j1", "j2", "]"]),
        ('"j1","j2";j1', ["j1", "j2"]),
        ("j1-u7-a1-bot:mureka", ["j1-u7-a1-bot:mureka"]),
    ],
)
def test_ids_are_found_in_what_is_pasted(text: str, ids: list[str]) -> None:
    assert ids_in(text) == ids


class Api:
    """Answers in order: an error is raised, anything else is a job."""

    def __init__(self, *answers: TakedeckError | None) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.slept: list[float] = []

    async def look(self, wanted: str) -> Job:
        self.asked.append(wanted)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        return Job(wanted, SUCCEEDED)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def told(self, *ids: str) -> list[Job | TakedeckError]:
        return [answer async for _, answer in look_up(ids, self.look, sleep=self.sleep)]


async def test_one_that_is_not_there_does_not_stop_the_others() -> None:
    gone = NotFound("No such job.", status=404)
    api = Api(None, gone, None)
    assert await api.told("j1", "j2", "j3") == [Job("j1", SUCCEEDED), gone, Job("j3", SUCCEEDED)]


async def test_what_is_no_id_is_not_asked_for() -> None:
    api = Api()
    told = await api.told("../etc", "j1")
    assert "not a job's id" in str(told[0])
    assert api.asked == ["j1"]


async def test_after_a_refused_key_nothing_more_is_asked_for() -> None:
    refused = InvalidKey("It is not accepted.", status=401)
    api = Api(None, refused)
    assert await api.told("j1", "j2", "j3", "j4") == [
        Job("j1", SUCCEEDED),
        refused,
        refused,
        refused,
    ]
    assert api.asked == ["j1", "j2"]


async def test_a_limit_is_waited_for() -> None:
    limit = RateLimited("Slower.", status=429, retry_after=7.0)
    api = Api(limit, None, limit, limit, limit)
    assert await api.told("j1", "j2", "j3") == [Job("j1", SUCCEEDED), limit, limit]
    assert api.slept == [7.0, 7.0, 7.0]
    assert api.asked == ["j1", "j1", "j2", "j2", "j2"]


async def test_more_than_can_be_taken_at_once_are_told_so() -> None:
    api = Api()
    told = await api.told(*(f"j{n}" for n in range(MOST + 1)))
    assert len(api.asked) == MOST
    assert f"first {MOST}" in str(told[-1])


async def test_added_jobs_stand_in_the_list_and_are_there_at_the_next_start(
    simulator: Simulator,
) -> None:
    created = simulator.clock.now() - timedelta(days=2)
    plan = simulator.takes.add(Take(job_id(20260901), created, title="Two Days Old"))
    async with session_of(second_settings(simulator)) as (session, ear):
        missing = job_id(1)
        added, failed = await session.add([plan.jobid, missing])
        assert added == [plan.jobid]
        assert [wanted for wanted, _ in failed] == [missing]
        assert any(plan.jobid in event.change.added for event in ear.of(JobsChanged))
    async with session_of(second_settings(simulator)) as (session, _):
        found, mistake = session.view(None, "two days")
        assert mistake is None
        assert [found.id_at(row) for row in range(len(found))] == [plan.jobid]


async def test_what_another_takedeck_has_added_is_there_after_a_refresh(
    simulator: Simulator,
) -> None:
    created = simulator.clock.now() - timedelta(days=1)
    plan = simulator.takes.add(Take(job_id(20260902), created))
    settings = second_settings(simulator)
    async with session_of(settings) as (session, ear):
        client = await provider_for(settings)
        try:
            told = remember(client, settings, Folders.of_user(), [plan.jobid])
            assert [wanted async for wanted, _ in told] == [plan.jobid]
        finally:
            await client.close()
        assert plan.jobid not in session._store
        session.refresh()
        await ear.until(lambda: plan.jobid in session._store)
        assert ear.troubles == []
