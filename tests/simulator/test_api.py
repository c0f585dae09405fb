"""The three calls against the provider's pages: shapes, pages, errors."""

from __future__ import annotations

import re
import socket
from typing import Any

import httpx
import pytest

from takedeck.simulator import errors
from takedeck.simulator.jobs import STATUSES
from tests.simulator.conftest import START, Caller

JOB = {
    "id": "mgen_2f8b1c4e9a7d",
    "status": "succeeded",
    "progress": 100,
    "engine": "studio",
    "mode": "creation",
    "created_at": "2026-06-28T10:30:00Z",
    "result_track_id": "mtrack_7c1a9e2f4b8d",
    "error_message": None,
    "refusal_reason": None,
    "playback_url": "https://storage.aitronos.com/music/mtrack_7c1a9e2f4b8d.mp3?sig=...",
    "track": {
        "id": "mtrack_7c1a9e2f4b8d",
        "title": "Late Night Study",
        "engine": "studio",
        "mode": "creation",
        "instrumental": True,
        "measured_duration_seconds": 119.4,
        "mime_type": "audio/mpeg",
        "licence_class": "personal_only",
        "playback_url": "https://storage.aitronos.com/music/mtrack_7c1a9e2f4b8d.mp3?sig=...",
    },
}
TRACK = {
    "id": "mtrack_7c1a9e2f4b8d",
    "title": "Late Night Study",
    "engine": "studio",
    "mode": "creation",
    "measured_duration_seconds": 119.4,
    "instrumental": True,
    "licence_class": "personal_only",
    "created_at": "2026-06-28T10:31:00Z",
    "playback_url": "https://storage.aitronos.com/music/mtrack_7c1a9e2f4b8d.mp3?sig=...",
    "stem_urls": {"drums": "https://storage...", "bass": "https://storage..."},
}


def same_shape(answer: Any, example: Any) -> bool:
    if isinstance(example, dict):
        return list(answer) == list(example) and all(
            same_shape(answer[key], value) for key, value in example.items()
        )
    return type(answer) is type(example)


def test_a_page_of_jobs_has_the_shape_of_the_example(shared: Caller) -> None:
    page = shared.get("/generations", status="succeeded", limit=20).json()
    assert (page["limit"], page["offset"]) == (20, 0)
    assert list(page) == ["jobs", "limit", "offset"]
    assert len(page["jobs"]) == 20
    example = JOB | {"playback_url": None, "track": None}
    assert all(same_shape(job, example) for job in page["jobs"])


def test_a_succeeded_job_has_the_shape_of_the_example(shared: Caller) -> None:
    plan = shared.add("lofi", title="Late Night Study")
    job = shared.get(f"/generations/{plan.id}").json()
    assert same_shape(job, JOB)
    assert job["track"]["playback_url"] == job["playback_url"]
    assert job["track"]["id"] == job["result_track_id"]


def test_a_track_has_the_shape_of_the_example(shared: Caller) -> None:
    track = shared.track(shared.add("lofi", title="Late Night Study"))
    stems = track.pop("stem_urls")
    assert same_shape(track, {key: TRACK[key] for key in TRACK if key != "stem_urls"})
    assert list(stems) == ["drums", "bass", "chords", "lead", "pad"]
    url = re.compile(
        rf"{shared.sim.storage_url}/music/{track['id']}_drums\.mp3\?exp=\d+&sig=[0-9a-f]{{64}}"
    )
    assert url.fullmatch(stems["drums"])


def test_a_track_without_title_and_stems(shared: Caller) -> None:
    track = shared.track(shared.add("lofi", title=None, has_stems=False))
    assert track["title"] is None
    assert "stem_urls" not in track


def test_failures_and_refusals_tell_why_and_nothing_else(shared: Caller) -> None:
    failed = shared.jobs(status="failed", limit=100)
    refused = shared.jobs(status="refused", limit=100)
    assert failed
    assert refused
    assert all(job["error_message"] and job["refusal_reason"] is None for job in failed)
    assert all(job["refusal_reason"] and job["error_message"] is None for job in refused)
    one = shared.get(f"/generations/{failed[0]['id']}").json()
    assert one["track"] is one["playback_url"] is one["result_track_id"] is None


def test_pages_follow_each_other_without_gap_or_repeat(studio: Caller) -> None:
    whole = studio.jobs(limit=100) + studio.jobs(limit=100, offset=100)
    assert len(whole) >= 120
    assert [job["created_at"] for job in whole] == sorted(
        (job["created_at"] for job in whole), reverse=True
    )
    assert len({job["id"] for job in whole}) == len(whole)
    assert whole[30:40] == studio.jobs(limit=10, offset=30)
    assert studio.jobs(offset=10_000) == []
    assert len(studio.jobs()) == 50


def test_every_status_filter_returns_that_status_only(shared: Caller) -> None:
    for status in STATUSES:
        jobs = shared.jobs(status=status, limit=100)
        assert jobs, status
        assert {job["status"] for job in jobs} == {status}


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", v) for v in ("0", "101", "-1", "1.5", "", "x", "٣", "9" * 5000)]
    + [("offset", v) for v in ("-1", "x", "")]
    + [("status", v) for v in ("done", "", "SUCCEEDED")],
)
def test_parameters_out_of_range_are_refused_by_name(shared: Caller, name: str, value: str) -> None:
    answer = shared.get("/generations", **{name: value})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert answer.json()["error"]["details"]["field"] == name


ENVELOPE = [
    "code",
    "message",
    "system_message",
    "type",
    "status",
    "details",
    "trace_id",
    "timestamp",
]


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    body = answer.json()
    assert answer.status_code == status
    assert list(body) == ["success", "error"]
    assert body["success"] is False
    error: dict[str, Any] = body["error"]
    assert list(error) == ENVELOPE
    assert (error["status"], error["code"]) == (status, code)
    assert re.fullmatch("req_[0-9a-z]{12}", error["trace_id"])
    assert answer.headers["x-request-id"] == error["trace_id"]
    assert error["timestamp"] == "2026-06-28T10:30:00Z"
    return error


def test_without_and_with_a_wrong_key(shared: Caller) -> None:
    url = f"{shared.sim.base_url}/v1/music/org_demo/generations"
    missing = refused(httpx.get(url), 401, "AUTHENTICATION_REQUIRED")
    assert missing["system_message"] == "Missing or invalid authorization header"
    assert missing["type"] == "authentication_error"
    for key in ("ak_wrong", "", shared.sim.api_key + "x"):
        refused(httpx.get(url, headers={"X-API-Key": key}), 401, "INVALID_API_KEY")


def test_another_organisation(shared: Caller) -> None:
    for path in ("generations", "generations/mgen_1", "tracks/mtrack_1"):
        answer = shared.http.get(f"/v1/music/org_other/{path}")
        refused(answer, 403, "ORGANIZATION_ACCESS_DENIED")


def test_a_job_or_track_that_is_not_there(shared: Caller) -> None:
    job = refused(shared.get("/generations/mgen_nope"), 404, "RESOURCE_NOT_FOUND")
    assert job["system_message"] == "Music generation job not found"
    assert job["details"] == {"job_id": "mgen_nope"}
    track = refused(shared.get("/tracks/mtrack_nope"), 404, "RESOURCE_NOT_FOUND")
    assert track["system_message"] == "Music track not found"
    assert track["details"] == {"track_id": "mtrack_nope"}
    failed = shared.add("lofi", outcome="failed", error_message="The engine gave up")
    refused(shared.get(f"/tracks/{failed.track_id}"), 404, "RESOURCE_NOT_FOUND")


def test_unknown_paths_and_methods_answer_in_the_envelope(shared: Caller) -> None:
    for path in ("/", "/docs", "/openapi.json", "/v1/music/org_demo/generations/", "/v1/%2e%2e/x"):
        refused(shared.http.get(path), 404, "RESOURCE_NOT_FOUND")
    answer = shared.http.post("/v1/music/org_demo/generations")
    refused(answer, 405, "METHOD_NOT_ALLOWED")


def test_a_planned_fault_is_answered_once(empty: Caller) -> None:
    empty.sim.faults.append(errors.insufficient_permissions())
    error = refused(empty.get("/generations"), 403, "INSUFFICIENT_PERMISSIONS")
    assert error["system_message"] == "USE_MUSIC_GENERATION capability required"
    assert empty.get("/generations").status_code == 200


def asked_as(caller: Caller, url: str, host: str) -> bytes:
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port or 80), timeout=10) as sock:
        request = f"GET /v1/music/org_demo/generations HTTP/1.1\r\nHost: {host}\r\n"
        request += f"X-API-Key: {caller.sim.api_key}\r\nConnection: close\r\n\r\n"
        sock.sendall(request.encode())
        answer = b""
        while chunk := sock.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:99", "[::1]:80", "LOCALHOST:1"])
def test_loopback_hosts_are_served(shared: Caller, host: str) -> None:
    assert asked_as(shared, shared.sim.base_url, host).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "localhost:x", "a@localhost", ""]
)
def test_other_hosts_are_refused(shared: Caller, host: str) -> None:
    api = asked_as(shared, shared.sim.base_url, host)
    assert api.startswith(b"HTTP/1.1 400")
    assert b'"code":"INVALID_HOST"' in api
    storage = asked_as(shared, shared.sim.storage_url, host)
    assert storage.startswith(b"HTTP/1.1 400")
    assert b"<Code>InvalidHost</Code>" in storage


def test_the_log_tells_what_was_asked_but_no_signature(studio: Caller) -> None:
    studio.jobs(limit=3)
    plan = studio.add("bossa")
    httpx.head(studio.track(plan)["playback_url"])
    listed, tracked, stored = studio.sim.requests
    assert (listed.method, listed.query, listed.status) == ("GET", "limit=3", 200)
    assert tracked.path == f"/v1/music/org_demo/tracks/{plan.track_id}"
    assert (stored.origin, stored.method, stored.status) == ("storage", "HEAD", 200)
    assert stored.query == ""


def test_dates_come_from_the_simulators_clock(shared: Caller) -> None:
    assert shared.get("/generations").headers["date"] == "Sun, 28 Jun 2026 10:30:00 GMT"
    assert shared.clock.now() == START
