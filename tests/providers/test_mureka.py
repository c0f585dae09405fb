"""The Mureka client against every answer of the page, and against the simulator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from takedeck import errors
from takedeck.model import FAILED, RUNNING, SUCCEEDED, Job
from takedeck.providers import mureka
from takedeck.providers.mureka import Mureka
from takedeck.simulator.clock import ManualClock
from takedeck.simulator.mureka import Refusal
from takedeck.simulator.service import Simulator
from takedeck.simulator.takes import KEPT, Take, job_id
from takedeck.text import Secret
from tests.providers import mureka_page as page
from tests.providers.server import Request, Server, json_reply, reply

TOKEN = "user:777-PLANTED0123456789"


async def use(url: str, work: Callable[[Mureka], Awaitable[Any]], token: str = TOKEN) -> Any:
    client = mureka.connect(url, Secret(token), "default")
    try:
        return await work(client)
    finally:
        await client.close()


async def got(answer: Any) -> Job:
    with Server(json_reply(answer)) as server:
        speech = isinstance(answer, dict) and answer.get("jobid") == page.SPEECH_ID
        wanted = page.SPEECH_ID if speech else page.JOB_ID
        job = await use(server.url, lambda client: client.get_job(wanted))
    assert isinstance(job, Job)
    return job


@pytest.fixture
def take(simulator: Simulator) -> Callable[..., Take]:
    def make(*, ago: float, number: int = 121061432017475905, **fields: Any) -> Take:
        created = simulator.clock.now() - timedelta(seconds=ago)
        speech = fields.get("verb") == "speech"
        return simulator.takes.add(Take(job_id(number, speech=speech), created, **fields))

    return make


async def test_a_completed_music_job_of_the_page() -> None:
    job = await got(page.MUSIC)

    assert (job.id, job.status, job.progress) == (page.JOB_ID, SUCCEEDED, None)
    assert (job.engine, job.mode) == ("V7.6", "music/create")
    assert job.created_at == datetime(2026, 1, 20, 12, 34, 56, 789000, UTC)
    assert dict(job.facts) == {
        "prompt": "Upbeat electronic dance track", "model": "V7.6",
        "account": "12345678901234", "reference of its own": "my-custom-ref-123",
    }  # fmt: skip
    assert [track.id[-8:] for track in job.tracks] == ["33445566", "33445567"]
    assert [track.duration for track in job.tracks] == [234.567, 234.89]
    assert [track.title for track in job.tracks] == ["Upbeat Dance"] * 2
    assert [dict(track.facts)["version"] for track in job.tracks] == ["1", "2"]
    assert all("cover" in dict(track.facts) for track in job.tracks)
    assert job.track_id == job.tracks[0].id
    assert job.wire is not None
    assert job.wire.reveal() == page.MUSIC


async def test_the_fields_that_only_the_model_of_the_page_names() -> None:
    song = page.MUSIC["response"]["songs"][0] | {
        "generate_at": 1768912542, "genres": ["house", "techno"], "moods": ["bright"],
        "share_key": "k", "share_link": "https://mureka.example/s?token=SIGNED",
    }  # fmt: skip
    asked = page.MUSIC["request"] | {"lyrics": "one\ntwo", "mood": "calm", "vocal_gender": "female"}

    job = await got(page.MUSIC | {"request": asked, "response": {"songs": [song]}})

    facts = dict(job.tracks[0].facts)
    assert (facts["genres"], facts["moods"]) == ("house, techno", "bright")
    assert facts["share link"] == "https://mureka.example/s?…"
    assert dict(job.facts)["lyrics"] == "one\ntwo"
    assert dict(job.facts)["vocals"] == "female"


async def test_a_completed_speech_job_of_the_page() -> None:
    job = await got(page.SPEECH)

    (track,) = job.tracks
    assert (job.status, job.mode) == (SUCCEEDED, "speech")
    assert (track.id, track.title, track.duration) == (
        page.SPEECH_ID, "Hello, this is a test speech.", 5.0,
    )  # fmt: skip
    assert dict(job.facts) == {
        "text": "Hello, this is a test speech.", "voice": "12345", "account": "12345678901234",
    }  # fmt: skip


async def test_speech_of_several_voices_shows_each_line() -> None:
    said = [{"voice_id": 1, "text": "Who goes there?"}, {"voice_id": 2, "text": "A friend."}]

    job = await got(page.SPEECH | {"request": {"conversation": said}})

    assert job.facts == (("voice 1", "Who goes there?"), ("voice 2", "A friend."))


async def test_a_job_of_the_page_that_is_still_processing() -> None:
    job = await got(page.PROCESSING)

    assert (job.status, job.progress, job.tracks) == (RUNNING, None, ())


async def test_a_failed_job_of_the_page() -> None:
    job = await got(page.FAILED | {"errorDetails": "The prompt names a living artist."})

    assert job.status == FAILED
    assert job.reason == ("Content policy violation\nThe prompt names a living artist. (code 400)")
    assert (await got(page.FAILED)).reason == "Content policy violation (code 400)"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.BadRequest, 2), (errors.AuthenticationError, 3),
        (errors.PermissionDenied, 3), (errors.NotFound, 4),
    ],
)  # fmt: skip
async def test_a_refusal_of_the_page(kind: type[errors.ApiError], code: int) -> None:
    status, body = page.REFUSALS[
        {2: 0, 3: 1, 4: 3}[code] if kind is not errors.PermissionDenied else 2
    ]
    with Server(json_reply(body, status=status)) as server, pytest.raises(kind) as raised:
        await use(server.url, lambda client: client.get_job(page.JOB_ID))

    assert raised.value.what == body["error"]
    assert raised.value.exit_code == code
    assert raised.value.next_step != kind.advice


@pytest.mark.parametrize(
    ("refusal", "kind", "code"),
    [
        (Refusal(402, "No subscription", 402), errors.PaymentRequired, 3),
        (Refusal(412, "Account not ready"), errors.Rejected, 2),
        (Refusal(429, "Too many", 429, retry_after=7), errors.RateLimited, 1),
        (Refusal(596, "Pending error", "596"), errors.ServerFault, 1),
    ],
)
async def test_refusals_that_the_page_does_not_name(
    simulator: Simulator, refusal: Refusal, kind: type[errors.ApiError], code: int
) -> None:
    simulator.refusals.extend([refusal] * 3)

    with pytest.raises(kind) as raised:
        await ask(simulator, lambda client: client.get_job(page.JOB_ID))

    assert raised.value.exit_code == code
    assert raised.value.what == refusal.error


async def ask(simulator: Simulator, work: Callable[[Mureka], Awaitable[Any]]) -> Any:
    return await use(simulator.base_url, work, simulator.token)


async def test_a_job_lives_from_running_to_songs_that_can_be_fetched(
    simulator: Simulator, clock: ManualClock, take: Callable[..., Take]
) -> None:
    plan = take(ago=0, run_seconds=45.0)

    async def live(client: Mureka) -> tuple[Job, Job]:
        running = await client.get_job(plan.jobid)
        clock.advance(45)
        return running, await client.get_job(plan.jobid)

    running, done = await ask(simulator, live)

    assert running.status == RUNNING
    assert done.status == SUCCEEDED
    for track in done.tracks:
        answer = httpx.get(track.master.reveal(), trust_env=False)
        assert answer.headers["content-type"] == "audio/mpeg"
        assert len(answer.content) > 100_000


async def test_a_track_is_minted_anew_with_its_job(
    simulator: Simulator, clock: ManualClock, take: Callable[..., Take]
) -> None:
    plan = take(ago=100)

    async def twice(client: Mureka) -> Any:
        job = await client.get_job(plan.jobid)
        clock.advance(30)
        return job.tracks[1], await client.get_track(job.tracks[1].id, job.id)

    before, after = await ask(simulator, twice)

    assert after == replace(before, master=after.master)
    assert after.master.expires_at - before.master.expires_at == timedelta(seconds=30)


async def test_the_first_track_of_a_job_by_the_jobs_id_alone(
    simulator: Simulator, take: Callable[..., Take]
) -> None:
    spoken = take(ago=100, verb="speech")

    track = await ask(simulator, lambda client: client.get_track(spoken.jobid))

    assert track.id == spoken.jobid


async def test_only_what_runs_is_listed_and_each_new_job_is_asked_for_once(
    simulator: Simulator, take: Callable[..., Take]
) -> None:
    older = take(ago=30, number=1, run_seconds=60.0)
    newer = take(ago=5, number=2, run_seconds=60.0)
    take(ago=500, number=3)

    async def twice(client: Mureka) -> Any:
        await client.list_jobs()
        asked = len(simulator.requests)
        found = await client.list_jobs()
        return found, len(simulator.requests) - asked

    found, asked = await ask(simulator, twice)

    ours = [job for job in found.jobs if job.id in (older.jobid, newer.jobid)]
    assert [job.id for job in ours] == [newer.jobid, older.jobid]
    assert dict(ours[1].facts)["elapsed"] == "00:30"
    assert all(job.status == RUNNING for job in found.jobs)
    assert asked == 1


async def test_a_job_is_gone_after_its_seven_days(
    simulator: Simulator, take: Callable[..., Take]
) -> None:
    gone = take(ago=KEPT.total_seconds() + 1)

    with pytest.raises(errors.NotFound, match="7 days"):
        await ask(simulator, lambda client: client.get_job(gone.jobid))


@pytest.mark.parametrize(
    "wrong",
    [
        [], {}, {"jobid": 7}, {"jobid": "../x"}, None, "text",
    ],
)  # fmt: skip
async def test_an_answer_that_is_no_job(wrong: Any) -> None:
    with pytest.raises(errors.BadAnswer):
        await got(wrong)


@pytest.mark.parametrize(
    "songs",
    [
        None, 7, {}, [None], [{"song_id": 7}], [{"song_id": "../x"}],
        [{"song_id": "a", "mp3_url": "file:///etc/passwd"}],
        [{"song_id": "a", "mp3_url": "http://other.example/x.mp3"}],
        [{"song_id": "a", "mp3_url": "https://me@other.example/x.mp3"}],
        [{"song_id": "a"}, {"song_id": "a"}],
    ],
)  # fmt: skip
async def test_songs_that_are_wrong_leave_the_job_readable(songs: Any) -> None:
    job = await got(page.MUSIC | {"response": {"songs": songs}})

    assert job.status == SUCCEEDED
    assert all(track.master is None for track in job.tracks)


async def test_the_token_goes_as_bearer_and_never_into_an_error() -> None:
    with Server(json_reply({"error": TOKEN, "code": 401}, status=401)) as server:
        with pytest.raises(errors.AuthenticationError) as raised:
            await use(server.url, lambda client: client.get_job(page.JOB_ID))

        (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert page.JOB_ID.replace(":", "%3A") in request.target
    assert TOKEN not in str(raised.value)


def spoken(number: int) -> str:
    return f"j{number:019d}m-u777-a12345678901234-bot:mureka"


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b"<html>", content_type="text/html"),
        reply(200, b'{"jobid": "j'),
        json_reply({"jobid": 7, "status": []}),
        json_reply(page.PROCESSING | {"jobid": spoken(9)}),
        json_reply({"error": "no"}, 500),
        json_reply({"error": "no"}, 403),
        json_reply({"error": "no"}, 400),
    ],
    ids=["HTML", "truncated", "wrong types", "another job", "500", "403", "400"],
)
async def test_one_running_job_that_cannot_be_had_leaves_the_others(answer: bytes) -> None:
    running = {"accounts": {"1": {"jobs": [{"jobid": spoken(n)} for n in (1, 2, 3)]}}}

    def respond(request: Request, _: object) -> bytes:
        if request.path.endswith("/jobs"):
            return json_reply(running)
        if "0000002m" in request.path:
            return answer
        number = 1 if "0000001m" in request.path else 3
        return json_reply(page.PROCESSING | {"jobid": spoken(number)})

    with Server(respond) as server:
        found = await use(server.url, lambda it: it.list_jobs())
    assert {job.id for job in found.jobs} == {spoken(1), spoken(3)}
    assert found.broken == 1


async def test_another_job_than_the_one_asked_for_is_no_answer() -> None:
    with (
        Server(json_reply(page.MUSIC)) as server,
        pytest.raises(errors.BadAnswer, match="another job"),
    ):
        await use(server.url, lambda it: it.get_job(spoken(4)))


async def test_a_job_without_that_track_is_not_a_job_that_is_gone() -> None:
    with Server(json_reply(page.MUSIC)) as server, pytest.raises(errors.NothingToPlay):
        await use(server.url, lambda it: it.get_track("another", page.JOB_ID))


@pytest.mark.parametrize(("limit", "offset"), [(0, 0), (201, 0), (5, -1)])
async def test_a_page_that_cannot_be_is_a_bad_request(limit: int, offset: int) -> None:
    with Server(json_reply({"accounts": {}})) as server, pytest.raises(errors.BadRequest):
        await use(server.url, lambda it: it.list_jobs(limit=limit, offset=offset))


async def test_a_code_of_any_size_is_cut() -> None:
    job = await got(page.FAILED | {"code": 10**400})
    assert len(job.error_message or "") < 200
