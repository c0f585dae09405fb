"""The JSON shapes of Mureka through useapi.net, as its documentation of jobs names them."""

from __future__ import annotations

from typing import Any

from takedeck.providers.wire import Number, Shape, Text, When

REQUEST_FIELDS = (
    ("prompt", "prompt"),
    ("text", "text"),
    ("title", "asked title"),
    ("lyrics", "lyrics"),
    ("model", "model"),
    ("instrumental_model", "model"),
    ("mood", "mood"),
    ("genre", "genre"),
    ("vocal_gender", "vocals"),
    ("voice_id", "voice"),
    ("song_id", "made from"),
    ("start_milliseconds", "from ms"),
    ("ref_id", "reference"),
    ("vocal_id", "vocal"),
    ("motif_id", "motif"),
    ("account", "account"),
    ("replyRef", "reference of its own"),
)
"""The fields of a request that are shown, with their labels."""


class SongShape(Shape):
    """One song of a music job."""

    song_id: Text
    title: Text | None = None
    version: Text | None = None
    duration_milliseconds: Number | None = None
    genres: list[Any] | None = None
    moods: list[Any] | None = None
    mp3_url: Text | None = None
    cover: Text | None = None
    share_link: Text | None = None


class SpeechShape(Shape):
    """The result of a speech job."""

    title: Text | None = None
    duration_milliseconds: Number | None = None
    mp3_url: Text | None = None
    cover: Text | None = None


class JobShape(Shape):
    """A job as returned by its id."""

    jobid: Text
    verb: Text | None = None
    jobType: Text | None = None
    status: Text = "unknown"
    created: When = None
    updated: When = None
    request: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    error: Text | None = None
    errorDetails: Text | None = None
    code: int | Text | None = None


class RunningShape(Shape):
    """A job in the summary of running jobs."""

    jobid: Text
    verb: Text | None = None
    elapsed: Text | None = None
