"""The Aitronos client against the simulator, and against answers that are wrong in every way."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takedeck import errors
from takedeck.hosts import Reach
from takedeck.model import STATUSES, SUCCEEDED
from takedeck.providers import aitronos
from takedeck.providers.aitronos import Aitronos
from takedeck.simulator.service import Simulator
from takedeck.text import Secret
from tests.providers.server import Server, json_reply

KEY = "ak_PLANTED0123456789"
JOB = {
    "id": "mgen_1", "status": "succeeded", "progress": 100, "engine": "studio", "mode": "creation",
    "created_at": "2026-06-28T10:30:00Z", "result_track_id": "mtrack_1", "error_message": None,
    "refusal_reason": None, "playback_url": None, "track": None,
}  # fmt: skip
TRACK = {
    "id": "mtrack_1", "title": "Late Night Study", "engine": "studio", "mode": "creation",
    "measured_duration_seconds": 119.4, "instrumental": True, "licence_class": "personal_only",
    "created_at": "2026-06-28T10:31:00Z",
    "playback_url": "https://storage.example.com/m.mp3?sig=SIGNED&exp=1782642700",
    "stem_urls": {"drums": "https://storage.example.com/d.mp3?sig=SIGNED", "bass": "https://s.io/b"},
}  # fmt: skip


async def use(
    url: str,
    work: Callable[[Aitronos], Awaitable[Any]],
    key: str = KEY,
    organization: str = "org_1",
) -> Any:
    client = aitronos.connect(url, Secret(key), organization)
    try:
        return await work(client)
    finally:
        await client.close()


def page(*jobs: Any) -> bytes:
    return json_reply({"jobs": list(jobs), "limit": 50, "offset": 0})


async def listed(*jobs: Any) -> Any:
    with Server(page(*jobs)) as server:
        return await use(server.url, lambda client: client.list_jobs())


async def fetched(**changes: Any) -> Any:
    with Server(json_reply({**TRACK, **changes})) as server:
        return await use(server.url, lambda client: client.get_track("mtrack_1"))


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with Simulator(cache=Path(tmp_path_factory.mktemp("simulator"))) as it:
        yield it


async def test_the_simulators_jobs_are_read(simulator: Simulator) -> None:
    async def work(client: Aitronos) -> None:
        first = await client.list_jobs(limit=100)
        second = await client.list_jobs(limit=100, offset=100)
        assert len(first.jobs) == 100
        assert (first.limit, first.offset, second.offset, first.broken) == (100, 0, 100, 0)
        jobs = first.jobs + second.jobs
        assert {str(job.status) for job in jobs} == {str(status) for status in STATUSES}
        assert not [job.trouble for job in jobs if job.trouble]
        assert [job.order for job in jobs] == sorted((job.order for job in jobs), reverse=True)
        some = await client.list_jobs(status=SUCCEEDED, limit=3)
        assert [str(job.status) for job in some.jobs] == ["succeeded"] * 3

    await use(simulator.base_url, work, simulator.api_key, simulator.organization)


async def test_the_simulators_track_has_fresh_urls(simulator: Simulator) -> None:
    async def work(client: Aitronos) -> None:
        listed = (await client.list_jobs(status=SUCCEEDED, limit=1)).jobs[0]
        job = await client.get_job(listed.id)
        assert job.track is not None
        assert job.track.master is not None
        assert job.track_id is not None
        track = await client.get_track(job.track_id)
        assert track.trouble is None
        assert track.title == job.track.title
        urls = [track.master, *(stem.url for stem in track.stems)]
        assert len(urls) > 1
        for url in urls:
            assert url is not None
            assert url.expires_at is not None
            assert 0 < (url.expires_at - client.server_now()).total_seconds() <= 62
        assert client.allowance.remaining is not None
        assert "sig=" not in repr(track) + repr(job)

    await use(simulator.base_url, work, simulator.api_key, simulator.organization)


@pytest.mark.parametrize(
    ("key", "organization", "work", "kind"),
    [
        ("ak_wrong", None, lambda client: client.list_jobs(), errors.InvalidKey),
        (None, "org_other", lambda client: client.list_jobs(), errors.OrganizationDenied),
        (None, None, lambda client: client.get_job("mgen_none"), errors.NotFound),
        (None, None, lambda client: client.get_track("mtrack_none"), errors.NotFound),
        (None, None, lambda client: client.list_jobs(limit=101), errors.Rejected),
        (None, None, lambda client: client.list_jobs(offset=-1), errors.Rejected),
    ],
)
async def test_the_simulators_refusals_have_names_and_trace_ids(
    simulator: Simulator, key: str | None, organization: str | None, work: Any, kind: type
) -> None:
    with pytest.raises(errors.ApiError) as caught:
        await use(
            simulator.base_url, work, key or simulator.api_key,
            organization or simulator.organization,
        )  # fmt: skip
    assert type(caught.value) is kind
    assert caught.value.trace_id
    assert caught.value.trace_id in str(caught.value)


def envelope(status: int, code: str) -> dict[str, Any]:
    return {
        "success": False,
        "error": {
            "code": code, "message": "It is so.", "system_message": "USE_MUSIC required",
            "type": "x", "status": status, "details": {}, "trace_id": "req_abc", "timestamp": "",
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "AUTHENTICATION_REQUIRED", errors.AuthenticationError),
        (401, "INVALID_API_KEY", errors.InvalidKey),
        (401, "TOKEN_INVALID", errors.InvalidKey),
        (401, "API_KEY_EXPIRED", errors.KeyExpired),
        (401, "TOKEN_EXPIRED", errors.KeyExpired),
        (401, "API_KEY_DEACTIVATED", errors.KeyDisabled),
        (401, "API_KEY_PAUSED", errors.KeyDisabled),
        (402, "", errors.PaymentRequired),
        (403, "INSUFFICIENT_PERMISSIONS", errors.PermissionDenied),
        (403, "ORGANIZATION_ACCESS_DENIED", errors.OrganizationDenied),
        (403, "OPERATION_NOT_ALLOWED", errors.PermissionDenied),
        (404, "RESOURCE_NOT_FOUND", errors.NotFound),
        (422, "VALIDATION_ERROR", errors.Rejected),
        (429, "RATE_LIMIT_EXCEEDED", errors.RateLimited),
        (400, "INVALID_API_KEY", errors.BadRequest),
    ],
)
async def test_each_documented_code_has_its_error(status: int, code: str, kind: type) -> None:
    answer = json_reply(envelope(status, code), status)
    with Server(answer) as server, pytest.raises(errors.ApiError) as caught:
        await use(server.url, lambda client: client.list_jobs())
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.trace_id == "req_abc"
    assert caught.value.what == "It is so. (USE_MUSIC required)"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"detail": [{"loc": ["query", "limit"], "msg": "large", "type": "x"}]}, "limit: large"),
        ({"detail": "Not this."}, "Not this."),
        ({"error": "Job not found", "code": 404}, "Job not found"),
        ({"message": "No."}, "No."),
        ({"error": {}}, "It answered with status 422 and no message."),
        (["odd"], "It answered with status 422 and no message."),
        ({"detail": [5, {"loc": 5, "msg": {}}]}, "It answered with status 422 and no message."),
        ({"error": "see https://a.io/x?sig=SIGNED"}, "see https://a.io/x?…"),
    ],
)  # fmt: skip
async def test_refusals_in_other_shapes(body: Any, what: str) -> None:
    answer = json_reply(body, 422, x_request_id="req_h")
    with Server(answer) as server, pytest.raises(errors.Rejected) as caught:
        await use(server.url, lambda client: client.list_jobs())
    assert caught.value.what == what
    assert caught.value.trace_id == "req_h"


async def test_one_broken_job_leaves_the_others_whole() -> None:
    wrong = {**JOB, "id": "mgen_2", "progress": "half", "engine": 7, "result_track_id": "../x"}
    found = await listed(JOB, wrong, {**JOB, "id": "../etc"}, {"status": "queued"}, None, 7, [JOB])
    assert [job.id for job in found.jobs] == ["mgen_1", "mgen_2"]
    assert found.broken == 5
    whole, broken = found.jobs
    assert whole.trouble is None
    assert broken.trouble.startswith("Unreadable: engine (")
    assert "progress (" in broken.trouble
    assert str(broken.status) == "succeeded"
    assert broken.result_track_id is None


async def test_a_number_of_any_size_leaves_the_page_whole() -> None:
    given = (10**400, -(10**400), 10**300, 1e308, 0.4)
    found = await listed(
        *({**JOB, "id": f"mgen_{n}", "progress": it} for n, it in enumerate(given))
    )
    assert [job.progress for job in found.jobs] == [None, None, 100, 100, 0]


async def test_what_no_page_names_is_kept() -> None:
    (job,) = (
        await listed(
            {**JOB, "status": "marinating", "engine": None, "mode": "hum", "new": {"a": 1}}
        )
    ).jobs
    assert (str(job.status), job.mode, job.engine, job.trouble) == ("marinating", "hum", "", None)
    assert job.wire.reveal()["new"] == {"a": 1}


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-06-28T10:30:00Z", datetime(2026, 6, 28, 10, 30, tzinfo=UTC)),
        ("2026-06-28T10:30:00", datetime(2026, 6, 28, 10, 30, tzinfo=UTC)),
        ("2026-06-28T12:30:00.5+02:00", datetime(2026, 6, 28, 10, 30, 0, 500_000, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("soon", None),
        (7, None),
        (None, None),
    ],
)
async def test_times_with_and_without_a_zone(text: Any, when: datetime | None) -> None:
    (job,) = (await listed({**JOB, "created_at": text})).jobs
    assert (job.created_at, job.trouble) == (when, None)


@pytest.mark.parametrize("body", [[], {}, {"jobs": None}, {"jobs": {"id": "mgen_1"}}, "jobs", None])
async def test_a_page_without_jobs_is_a_bad_answer(body: Any) -> None:
    with Server(json_reply(body)) as server, pytest.raises(errors.BadAnswer):
        await use(server.url, lambda client: client.list_jobs())


async def test_a_track_is_read_whole() -> None:
    track = await fetched()
    assert (track.name, track.duration, track.instrumental) == ("Late Night Study", 119.4, True)
    assert [stem.name for stem in track.stems] == ["drums", "bass"]
    assert track.master.expires_at == datetime.fromtimestamp(1782642700, UTC)
    assert track.stems[0].url.expires_at is None
    assert track.trouble is None


@pytest.mark.parametrize(
    "url",
    ["http://storage.example.com/a", "file:///etc/passwd", "https://user:pw@a.io/x",
     "data:audio/mpeg;base64,AAAA", "//a.io/x", "https://", "javascript:1", "https://a.io/\n", "",
     "https://a.io:99999/", 5, ["https://a.io"], "http://[::1", "https://a.io/" + "x" * 9_000,
     "http://localhost.evil.example/a", "https://a.io/\ud800"],
)  # fmt: skip
async def test_a_media_url_that_is_not_to_be_followed_is_left_out(url: Any) -> None:
    track = await fetched(stem_urls={"drums": url, "bass": "https://a.io/ok"})
    assert [stem.name for stem in track.stems] == ["bass"]
    assert "drums" in track.trouble
    assert "pw" not in track.trouble


async def test_plain_http_media_is_for_an_api_on_this_machine_only() -> None:
    assert (await fetched(playback_url="http://127.0.0.1:9/a?sig=1")).master is not None
    assert aitronos.refused_media_url("http://127.0.0.1:9/a", Reach())


async def test_ten_thousand_stems_become_sixty_four() -> None:
    track = await fetched(stem_urls={f"stem {n}": "https://a.io/x" for n in range(10_000)})
    assert len(track.stems) == aitronos.MOST_STEMS
    assert track.stems[1].name == "stem 1"
    assert "9936 stems" in track.trouble


async def test_no_two_stems_share_a_name() -> None:
    names = ["drums", "drums\u202e", "master", "", "\x00", "unnamed", "drums 2"]
    track = await fetched(stem_urls=dict.fromkeys(names, "https://a.io/x"))
    shown = [stem.name for stem in track.stems]
    assert len({*shown, "master"}) == len(names) + 1
    assert shown[:2] == ["drums", "drums 2"]


async def test_a_job_brings_its_track_along() -> None:
    job = {**JOB, "playback_url": TRACK["playback_url"], "track": {"id": "mtrack_1", "title": "T"}}
    with Server(json_reply(job)) as server:
        found = await use(server.url, lambda client: client.get_job("mgen_1"))
    assert found.track.title == "T"
    assert found.track.master.host == "storage.example.com"
    with Server(json_reply({**JOB, "track": {"id": 5}})) as server:
        found = await use(server.url, lambda client: client.get_job("mgen_1"))
    assert found.track is None
    assert "track" in found.trouble


@pytest.mark.parametrize("bad", ["", "..", "a/b", "a?b", "a b", "%2e%2e", "x" * 300, "é"])
async def test_an_id_that_is_none_is_never_asked_for(bad: str) -> None:
    with Server(json_reply(JOB)) as server:
        with pytest.raises(errors.BadRequest):
            await use(server.url, lambda client: client.get_job(bad))
        with pytest.raises(errors.ConfigError):
            await use(server.url, lambda client: client.list_jobs(), organization=bad)
        assert not server.requests


async def test_an_id_is_quoted_into_the_path() -> None:
    job = {**JOB, "id": "j01-u7-bot:mureka@x"}
    with Server(json_reply(job)) as server:
        await use(server.url, lambda client: client.get_job("j01-u7-bot:mureka@x"))
    assert server.requests[0].target == "/v1/music/org_1/generations/j01-u7-bot%3Amureka%40x"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.sampled_from(["\ud800", "https://u:p@h/", "1e999", "\x1b]52;c;x\x07", "\0", "x" * 5_000]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(st.sampled_from([*JOB, *TRACK]), values),
    st.dictionaries(st.sampled_from([*TRACK]), values),
    values,
)
def test_mutated_payloads_give_jobs_or_our_own_errors(
    job: dict[str, Any], track: dict[str, Any], other: Any
) -> None:
    """The same reading as behind the calls, without a socket for each example."""
    client = aitronos.connect("http://127.0.0.1:9", Secret(KEY), "org_1")
    mutated = {**JOB, **job, "track": {**TRACK, **track}}
    for value in (mutated, {**JOB, **job}, other):
        found = client._job(json.loads(json.dumps(value)))
        if found is not None:
            assert "SIGNED" not in repr(found)
            str(found).encode("utf-8")
    client._track(json.loads(json.dumps({**TRACK, **track})))
