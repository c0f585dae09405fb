"""The answers that the page of useapi.net's Mureka jobs shows, each whole."""

from __future__ import annotations

from typing import Any

JOB_ID = "j0121061432017475905m-u777-a12345678901234-bot:mureka"
SPEECH_ID = "j0121061456745673364t-u777-a12345678901234-bot:mureka"

MUSIC: dict[str, Any] = {
    "jobid": JOB_ID,
    "verb": "music/create",
    "jobType": "music",
    "status": "completed",
    "created": "2026-01-20T12:34:56.789Z",
    "updated": "2026-01-20T12:35:42.123Z",
    "request": {
        "account": "12345678901234",
        "prompt": "Upbeat electronic dance track",
        "model": "V7.6",
        "async": True,
        "replyUrl": "https://your-domain.com/webhook",
        "replyRef": "my-custom-ref-123",
    },
    "response": {
        "feed_id": 11223344,
        "state": 3,
        "songs": [
            {
                "song_id": "user:777-mureka:123456789-song:33445566",
                "title": "Upbeat Dance",
                "version": "1",
                "duration_milliseconds": 234567,
                "mp3_url": "https://...mp3",
                "cover": "https://...png",
            },
            {
                "song_id": "user:777-mureka:123456789-song:33445567",
                "title": "Upbeat Dance",
                "version": "2",
                "duration_milliseconds": 234890,
                "mp3_url": "https://...mp3",
                "cover": "https://...png",
            },
        ],
    },
}
SPEECH: dict[str, Any] = {
    "jobid": SPEECH_ID,
    "verb": "speech",
    "jobType": "tts",
    "status": "completed",
    "created": "2026-01-20T12:40:00.000Z",
    "updated": "2026-01-20T12:40:25.000Z",
    "request": {
        "account": "12345678901234",
        "text": "Hello, this is a test speech.",
        "voice_id": 12345,
        "async": True,
    },
    "response": {
        "title": "Hello, this is a test speech.",
        "mp3_url": "https://...mp3",
        "duration_milliseconds": 5000,
        "state": 3,
    },
}
PROCESSING: dict[str, Any] = {
    "jobid": JOB_ID,
    "verb": "music/create",
    "jobType": "music",
    "status": "created",
    "created": "2026-01-20T12:34:56.789Z",
    "request": {
        "account": "12345678901234",
        "prompt": "Upbeat electronic dance track",
        "async": True,
    },
}
FAILED: dict[str, Any] = {
    "jobid": JOB_ID,
    "verb": "music/create",
    "jobType": "music",
    "status": "failed",
    "created": "2026-01-20T12:34:56.789Z",
    "updated": "2026-01-20T12:35:10.000Z",
    "request": {"account": "12345678901234", "prompt": "Test prompt", "async": True},
    "error": "Content policy violation",
    "code": 400,
}
REFUSALS: tuple[tuple[int, dict[str, Any]], ...] = (
    (400, {"error": "Invalid job ID: Missing required component"}),
    (401, {"error": "Unauthorized", "code": 401}),
    (403, {"error": "Unauthorized access to job"}),
    (404, {"error": "Job not found"}),
)
