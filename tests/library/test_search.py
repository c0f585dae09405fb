"""What is typed into the search, and which jobs it finds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from takedeck.library.folding import fold, searchable
from takedeck.library.index import Index
from takedeck.library.search import Query, parse
from takedeck.model import FAILED, REFUSED, RUNNING, STATUSES, SUCCEEDED, Job, Status, Track

TAKE = Job(
    "mgen_2f8b",
    SUCCEEDED,
    engine="Studio",
    mode="deep focus",
    result_track_id="mtrack_77",
    tracks=(
        Track("mtrack_77", title="Übermut am Straßenrand"),
        Track("mtrack_78", title="Ødeland", facts=(("moods", "wistful"),)),
    ),
    facts=(("prompt", "Hail on a tin roof"),),
)
LOST = Job("mgen_3", FAILED, engine="sketch", mode="creation", error_message="out of\ncapacity")
TURNED_DOWN = Job("mgen_4", REFUSED, engine="studio", refusal_reason="names a living artist")
ALL = [TAKE, LOST, TURNED_DOWN]

words = st.text(st.characters(codec="utf-8") | st.sampled_from("aÜßøﬁ ¨"), max_size=30)
jobs = st.builds(
    Job,
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:@+=-]{0,20}", fullmatch=True),
    st.sampled_from([*STATUSES, Status("odd")]),
    engine=words,
    mode=words,
    error_message=st.none() | words,
    refusal_reason=st.none() | words,
    tracks=st.lists(st.builds(Track, st.just("t"), title=st.none() | words), max_size=2).map(tuple),
)
queries = st.lists(
    st.sampled_from(
        ["status:", "STATUS:fail", "mode:", "engine:", '"', ",", ":", "a", "ü", " ", "\n", "\x00"]
    )
    | words
).map("".join)


def found(text: str) -> list[str]:
    query = parse(text)
    assert not query.mistakes
    return [job.id for job in ALL if query.matches(job)]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", ["mgen_2f8b", "mgen_3", "mgen_4"]),
        ("ubermut", ["mgen_2f8b"]),
        ("ÜBERMUT strassenrand", ["mgen_2f8b"]),
        ("odeland", ["mgen_2f8b"]),
        ("mtrack_77", ["mgen_2f8b"]),
        ("mgen_ studio", ["mgen_2f8b", "mgen_4"]),
        ("tin wistful", ["mgen_2f8b"]),
        ("living ARTIST", ["mgen_4"]),
        ("artist living", ["mgen_4"]),
        ('"artist living"', []),
        ('"out  of capacity"', ["mgen_3"]),
        ('"mgen_3 sketch"', []),
        ('"living ar', ["mgen_4"]),
        ("status:failed", ["mgen_3"]),
        ("Status:FAILED,refused", ["mgen_3", "mgen_4"]),
        ("status:failed, status:refused", ["mgen_3", "mgen_4"]),
        ("status:re", ["mgen_4"]),
        ("status:running", []),
        ("engine:studio", ["mgen_2f8b", "mgen_4"]),
        ("engine:studio status:refused", ["mgen_4"]),
        ("engine:sketch,studio mode:focus,creation", ["mgen_2f8b", "mgen_3"]),
        ('mode:"Deep focus",none', ["mgen_2f8b"]),
        ("mode:focus ubermut", ["mgen_2f8b"]),
        ("mode:focus artist", []),
    ],
)
def test_what_is_typed_finds(text: str, ids: list[str]) -> None:
    assert found(text) == ids


@pytest.mark.parametrize(
    ("text", "marked", "said", "ids"),
    [
        ("status:bogus", "bogus", "“bogus”", ["mgen_2f8b", "mgen_3", "mgen_4"]),
        ("status:failed,bogus", "bogus", "queued, running", ["mgen_3"]),
        ('a status:"no such",failed', '"no such"', "“no such”", ["mgen_3"]),
        ("sketch statsu:failed", "statsu:failed", "status, engine, mode", ["mgen_3"]),
        ("status: sketch", "status:", "Which status: queued", ["mgen_3"]),
        ("sketch mode:,", "mode:,", "Which mode?", ["mgen_3"]),
    ],
)
def test_a_mistake_is_named_in_its_place_and_the_rest_filters(
    text: str, marked: str, said: str, ids: list[str]
) -> None:
    query = parse(text)
    (mistake,) = query.mistakes
    assert text[mistake.start : mistake.end] == marked
    assert said in mistake.message
    assert [job.id for job in ALL if query.matches(job)] == ids


def test_every_mistake_is_named() -> None:
    query = parse("status:x,y nope:1 engine:")
    assert [query.text[it.start : it.end] for it in query.mistakes] == [
        "x",
        "y",
        "nope:1",
        "engine:",
    ]


def test_a_status_that_only_the_server_names_can_be_asked_for() -> None:
    assert parse("status:odd").mistakes
    query = parse("status:ODD", ["failed", "Odd"])
    assert not query.mistakes
    assert query.matches(replace(LOST, status=Status("Odd")))
    assert not query.matches(LOST)


def test_a_colon_in_quotes_is_text() -> None:
    assert parse('"re: rain"').words == ("re: rain",)
    assert parse("12:30").words == ("12:30",)


@given(queries)
@example('status:"')
@example('"' * 9)
def test_any_text_is_read(text: str) -> None:
    query = parse(text)
    for mistake in query.mistakes:
        assert 0 <= mistake.start < mistake.end <= len(text)
        assert mistake.message.isprintable()
    for job in ALL:
        assert query or query.matches(job)
        assert query.matches(job) == Index().matches(query, job)


@given(jobs, st.sampled_from(["", " ", "\t \n"]))
def test_an_empty_query_finds_every_job(job: Job, text: str) -> None:
    query = parse(text)
    assert not query
    assert query.matches(job)


@given(jobs, st.data())
def test_a_jobs_own_words_find_it(job: Job, data: st.DataObject) -> None:
    texts = [job.id, job.engine, job.mode, job.error_message, job.refusal_reason]
    texts += [track.title for track in job.tracks]
    own = [word for text in texts if text for word in text.replace('"', " ").split()]
    chosen = data.draw(st.lists(st.sampled_from(own)))
    query = parse(
        " ".join(data.draw(st.sampled_from([f'"{word}"', word.upper()])) for word in chosen)
    )
    assert query.mistakes or query.matches(job)
    quoted = parse(" ".join(f'"{word}"' for word in chosen))
    assert not quoted.mistakes
    assert quoted.matches(job)


@given(words, words)
def test_folding_does_not_look_at_neighbours(left: str, right: str) -> None:
    assert fold(left + right).replace(" ", "") == (fold(left) + fold(right)).replace(" ", "")
    assert fold(left) == fold(f"  {left}\n")


@given(st.lists(jobs, max_size=12), queries)
def test_many_are_found_as_each_is(many: list[Job], text: str) -> None:
    query, index = parse(text), Index()
    index.learn(many[:6])
    found = [job for job in many if index.matches(query, job)]
    assert found == [job for job in many if query.matches(job)]


def test_a_job_that_changed_is_read_anew() -> None:
    index, query = Index(), parse("rain")
    assert not index.matches(query, TAKE)
    titled = replace(TAKE, tracks=(Track("mtrack_77", title="Rain"),))
    assert index.matches(query, titled)
    assert [job for job in (TAKE, titled, LOST) if index.matches(query, job)] == [titled]
    assert len(index) == 2


def test_a_text_at_hand_is_used() -> None:
    query = parse("rain")
    assert query.matches(TAKE, "rain")
    assert not query.matches(TAKE, searchable(TAKE))
    assert Query().matches(replace(TAKE, status=RUNNING))
