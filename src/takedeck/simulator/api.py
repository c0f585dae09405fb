"""The API origin: the three calls, as the provider documents them."""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from takedeck.simulator import errors
from takedeck.simulator.clock import Clock, iso
from takedeck.simulator.jobs import STATUSES, Jobs, Plan
from takedeck.simulator.limits import RateLimit
from takedeck.simulator.signing import Signer
from takedeck.simulator.songs.catalogue import SONGS

_Call = Callable[[Request], dict[str, object]]


@dataclass(slots=True)
class Api:
    """The API's calls; while `faults` has errors, each request is answered with the next one."""

    organization: str
    api_key: str
    clock: Clock
    jobs: Jobs
    signer: Signer
    limit: RateLimit
    storage_url: str = ""
    faults: deque[errors.ApiError] = field(default_factory=deque)
    _serial: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def app(self, more: Sequence[Route] = ()) -> Starlette:
        """Return the ASGI app of this origin; `more` are another API's routes beside its own."""
        base = "/v1/music/{organization_id}"
        routes = [
            Route(f"{base}/generations", self._answer(self.list_jobs), methods=["GET"]),
            Route(f"{base}/generations/{{job_id}}", self._answer(self.get_job), methods=["GET"]),
            Route(f"{base}/tracks/{{track_id}}", self._answer(self.get_track), methods=["GET"]),
            *more,
        ]
        app = Starlette(
            routes=routes, exception_handlers={404: self._unrouted, 405: self._unrouted}
        )
        app.add_exception_handler(Exception, self._server_error)
        app.router.redirect_slashes = False
        return app

    def list_jobs(self, request: Request) -> dict[str, object]:
        """Answer a page of jobs, newest first, without URLs."""
        limit = _integer(request, "limit", 50, 1, 100)
        offset = _integer(request, "offset", 0, 0, 10**9)
        status = request.query_params.get("status")
        if status is not None and status not in STATUSES:
            raise errors.validation_error("status", status, f"one of {', '.join(STATUSES)}")
        now = self.clock.now()
        found = [p for p in self.jobs.at(now) if status is None or p.status_at(now) == status]
        page = [self._job(plan) for plan in found[offset : offset + limit]]
        return {"jobs": page, "limit": limit, "offset": offset}

    def get_job(self, request: Request) -> dict[str, object]:
        """Answer one job; with its track and a fresh URL once it has succeeded."""
        job_id = request.path_params["job_id"]
        plan = self.jobs.get(job_id, self.clock.now())
        if plan is None:
            raise errors.not_found("Music generation job", job_id=job_id)
        job = self._job(plan)
        if job["status"] == "succeeded":
            url = self._url(plan)
            job |= {"playback_url": url, "track": self._summary(plan, url)}
        return job

    def get_track(self, request: Request) -> dict[str, object]:
        """Answer one track with fresh URLs of the master and, if it has any, the stems."""
        track_id = request.path_params["track_id"]
        plan = self.jobs.by_track(track_id, self.clock.now())
        if plan is None:
            raise errors.not_found("Music track", track_id=track_id)
        song = SONGS[plan.song]
        track: dict[str, object] = {
            "id": plan.track_id,
            "title": plan.title,
            "engine": plan.engine,
            "mode": plan.mode,
            "measured_duration_seconds": song.duration,
            "instrumental": plan.instrumental,
            "licence_class": plan.licence_class,
            "created_at": iso(plan.ends_at),
            "playback_url": self._url(plan),
        }
        if plan.has_stems:
            track["stem_urls"] = {stem: self._url(plan, stem) for stem in song.stems}
        return track

    def _job(self, plan: Plan) -> dict[str, object]:
        now = self.clock.now()
        status = plan.status_at(now)
        return {
            "id": plan.id,
            "status": status,
            "progress": plan.progress_at(now),
            "engine": plan.engine,
            "mode": plan.mode,
            "created_at": iso(plan.created_at),
            "result_track_id": plan.track_id if status == "succeeded" else None,
            "error_message": plan.error_message if status == "failed" else None,
            "refusal_reason": plan.refusal_reason if status == "refused" else None,
            "playback_url": None,
            "track": None,
        }

    def _summary(self, plan: Plan, url: str) -> dict[str, object]:
        song = SONGS[plan.song]
        return {
            "id": plan.track_id,
            "title": plan.title,
            "engine": plan.engine,
            "mode": plan.mode,
            "instrumental": plan.instrumental,
            "measured_duration_seconds": song.duration,
            "mime_type": song.mime_type,
            "licence_class": plan.licence_class,
            "playback_url": url,
        }

    def _url(self, plan: Plan, stem: str | None = None) -> str:
        name = plan.track_id if stem is None else f"{plan.track_id}_{stem}"
        path = f"/music/{name}.{SONGS[plan.song].extension}"
        return self.storage_url + self.signer.sign(path, self.clock.now())

    def _answer(self, call: _Call) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            trace_id = self._trace_id()
            try:
                self._admit(request)
                answer: Response = JSONResponse(call(request))
            except errors.ApiError as error:
                answer = self._refusal(error, trace_id)
            answer.headers.update(self.limit.headers())
            answer.headers["x-request-id"] = trace_id
            return answer

        return endpoint

    def _admit(self, request: Request) -> None:
        key = request.headers.get("x-api-key")
        if key is None:
            raise errors.authentication_required()
        if not hmac.compare_digest(key.encode(), self.api_key.encode()):
            raise errors.invalid_api_key()
        organization = request.path_params["organization_id"]
        if organization != self.organization:
            raise errors.organization_access_denied(organization)
        self.limit.take()
        if self.faults:
            raise self.faults.popleft()

    def _trace_id(self) -> str:
        serial = f"{self.api_key}/{next(self._serial)}".encode()
        return f"req_{hashlib.sha256(serial).hexdigest()[:12]}"

    def _refusal(self, error: errors.ApiError, trace_id: str) -> Response:
        body = error.envelope(trace_id, iso(self.clock.now()))
        answer = JSONResponse(body, error.status)
        answer.headers["x-request-id"] = trace_id
        if error.retry_after is not None:
            answer.headers["Retry-After"] = str(error.retry_after)
            answer.headers["X-RateLimit-Retry-After"] = str(error.retry_after)
        return answer

    def refuse_host(self) -> Response:
        """Answer a request whose Host header names another machine."""
        return self._refusal(errors.bad_host(), self._trace_id())

    async def _unrouted(self, request: Request, reason: Exception) -> Response:
        if isinstance(reason, HTTPException) and reason.status_code == 405:
            error = errors.method_not_allowed(request.method)
        else:
            error = errors.not_found("Path", path=request.url.path[:200])
        return self._refusal(error, self._trace_id())

    async def _server_error(self, request: Request, reason: Exception) -> Response:
        return self._refusal(errors.internal_error(), self._trace_id())


def _integer(request: Request, name: str, default: int, low: int, high: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    rule = f"a whole number from {low} to {high}"
    if not (text.removeprefix("-").isascii() and text.removeprefix("-").isdigit()):
        raise errors.validation_error(name, text, rule)
    if len(text) > 12 or not low <= int(text) <= high:
        raise errors.validation_error(name, text, rule)
    return int(text)
