"""Jobs, tracks and statuses: what they refuse, what they keep, what they make safe."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from takedeck.errors import ConfigError
from takedeck.model import (
    CANCELLED,
    EXPIRED,
    FAILED,
    QUEUED,
    REFUSED,
    RUNNING,
    STATUSES,
    SUCCEEDED,
    Job,
    Status,
    Stem,
    Track,
)
from takedeck.text import SignedUrl
from tests.conftest import START


def test_a_status_that_no_page_names_is_kept_as_itself() -> None:
    strange = Status("mastering")
    assert str(strange) == "mastering"
    assert strange.sign == "?"
    assert not strange.active
    assert not strange.settled
    assert strange == Status("mastering") != RUNNING
    assert Job("mgen_1", strange).status.word == "mastering"


def test_a_status_is_made_safe_and_never_empty() -> None:
    assert Status("\x1b[2Jx").word == "[2Jx"
    assert Status("\x00").word == "unknown"
    assert len(Status("x" * 99).word) == 24


def test_which_statuses_are_active_and_which_settled() -> None:
    assert [status for status in STATUSES if status.active] == [QUEUED, RUNNING]
    settled = {SUCCEEDED, FAILED, CANCELLED, REFUSED, EXPIRED}
    assert {status for status in (*STATUSES, EXPIRED) if status.settled} == settled
    assert len({status.sign for status in STATUSES}) == len(STATUSES)


@pytest.mark.parametrize("bad", ["", "a/b", "../../etc", "a b", "mgen_\x1b[2J", "a" * 300])
def test_ids_that_could_harm_are_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        Job(bad, QUEUED)
    with pytest.raises(ValueError, match="letters, digits"):
        Track(bad)


@pytest.mark.parametrize(("given", "kept"), [(-5, 0), (0, 0), (43, 43), (999, 100), (None, None)])
def test_progress_stays_in_its_bounds(given: int | None, kept: int | None) -> None:
    assert Job("mgen_1", RUNNING, progress=given).progress == kept


def test_every_text_of_a_job_and_a_track_is_safe() -> None:
    evil = "a\x1b]52;c;x\x07\u202e"
    job = Job("m", FAILED, engine=evil, mode=evil, error_message=evil, refusal_reason=evil)
    track = Track(
        "t", title=evil, engine=evil, mode=evil, mime_type=evil, licence=evil, trouble=evil
    )
    stem = Stem(evil, SignedUrl("https://s.test/", START))
    texts = [job.engine, job.mode, job.error_message, job.refusal_reason, track.title, track.engine]
    texts += [track.mode, track.mime_type, track.licence, track.trouble, stem.name, track.name]
    assert texts == ["a]52;c;x"] * len(texts)
    assert Track("t", title="\x00").title is None
    assert Stem("\x00", stem.url).name == "unnamed"


def test_the_reason_is_the_refusal_before_the_error_before_what_could_not_be_read() -> None:
    job = Job("m", FAILED, refusal_reason="names an artist", error_message="boom", trouble="odd")
    assert job.reason == "names an artist"
    assert Job("m", FAILED, error_message="boom", trouble="odd").reason == "boom"
    assert Job("m", FAILED, trouble="odd").reason == "odd"
    assert Job("m", FAILED).reason is None


def test_what_to_open_is_the_track_or_else_its_id() -> None:
    assert Job("m", SUCCEEDED).track_id is None
    assert Job("m", SUCCEEDED, result_track_id="t1").track_id == "t1"
    job = Job("m", SUCCEEDED, result_track_id="t1", tracks=(Track("t2"), Track("t3")))
    assert job.track_id == "t2"
    assert job.track == Track("t2")


def test_licences_are_put_in_words_and_strange_ones_shown() -> None:
    assert Track("t", licence="personal_only").licence_text == "personal use only"
    assert Track("t", licence="galactic").licence_text == "galactic"
    assert Track("t").licence_text == "licence not given"


def test_models_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Job("m", QUEUED).status = RUNNING  # type: ignore[misc]


URL = "https://s.test/a.mp3?exp=1&sig=PLANTED"


def test_a_signed_url_in_what_a_server_tells_loses_its_query() -> None:
    job = Job("mgen_1", FAILED, error_message=f"could not write {URL}", refusal_reason=URL)
    track = Track("mtrack_1", title=f"see {URL}", trouble=URL)
    job = replace(job, trouble=f"{URL[:-3]}\0{URL[-3:]}")
    told = f"{job.error_message} {job.refusal_reason} {job.trouble} {track.title} {track.trouble}"
    assert told.count("https://s.test/a.mp3?…") == 5
    assert "PLAN" not in told
    assert "PLAN" not in str(ConfigError(f"{URL} is no base URL", next_step="Try another."))
