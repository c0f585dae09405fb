"""Older pages against a model of a server whose jobs come and go meanwhile."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from takedeck.library.pager import OVERLAP, PAGE, Pager
from takedeck.model import SUCCEEDED, Job, JobsPage

LIMIT = 60
"""Requests within which any list of the tests is read to its end."""


class Server:
    """A list, newest first, and a client that has seen some of it."""

    def __init__(self, jobs: int) -> None:
        self.jobs: list[str] = []
        self.seen: set[str] = set()
        self.made = 0
        self.pager = Pager()
        self.add(jobs)

    def add(self, count: int) -> None:
        for _ in range(count):
            self.made += 1
            self.jobs.insert(0, f"mgen_{self.made}")

    def remove(self, at: int, count: int) -> None:
        del self.jobs[at : at + count]

    def page(self, offset: int) -> JobsPage:
        ids = self.jobs[offset : offset + PAGE]
        self.seen.update(ids)
        return JobsPage(tuple(Job(name, SUCCEEDED) for name in ids), PAGE, offset)

    def poll(self) -> None:
        self.pager.top(self.page(0))

    def older(self) -> bool:
        return self.pager.older(self.page(self.pager.offset()))

    def read_to_the_end(self) -> int:
        """Poll, then page until the pager says it has everything; how many requests it took."""
        self.poll()
        for request in range(LIMIT):
            if self.pager.finished:
                return request
            self.older()
        raise AssertionError(f"no end: {len(self.pager)} known, {len(self.jobs)} there")


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from([1, 3, 7, 44, 45, 46, 50, 51, 120])),
        st.tuples(st.just("remove"), st.sampled_from([1, 4, 6, 30, 80])),
        st.just(("poll", 0)),
        st.just(("older", 0)),
    ),
    max_size=14,
)


@given(st.integers(0, 300), steps, st.integers(0, 200))
def test_no_job_is_missed_while_offsets_shift(
    jobs: int, todo: list[tuple[str, int]], where: int
) -> None:
    server = Server(jobs)
    server.poll()
    for what, count in todo:
        if what == "add":
            server.add(count)
        elif what == "remove":
            server.remove(where, count)
        elif what == "poll":
            server.poll()
        elif not server.pager.finished:
            server.older()
    server.read_to_the_end()
    assert set(server.jobs) <= server.seen


@given(st.integers(0, 400), st.lists(st.integers(0, PAGE - OVERLAP - 1), max_size=12))
def test_jobs_that_arrive_cost_no_request(jobs: int, arrivals: list[int]) -> None:
    server = Server(jobs)
    server.poll()
    while not server.pager.finished:
        if arrivals:
            server.add(arrivals.pop())
        before = len(server.pager)
        assert server.older() or server.pager.finished
        assert len(server.pager) > before or server.pager.finished
        server.poll()
    assert set(server.jobs) <= server.seen


def test_a_quiet_list_is_read_in_the_fewest_pages() -> None:
    assert Server(0).read_to_the_end() == 0
    assert Server(PAGE - 1).read_to_the_end() == 0
    assert Server(PAGE).read_to_the_end() == 1
    assert Server(PAGE + 44).read_to_the_end() == 1
    assert Server(128).read_to_the_end() == 2


def test_more_new_jobs_than_a_page_holds_are_gone_past() -> None:
    server = Server(200)
    server.poll()
    server.add(2 * PAGE)
    assert not server.older()
    offsets = []
    while not server.older():
        offsets.append(server.pager.offset())
        assert len(offsets) < 9
    assert len(server.pager) > PAGE


def test_jobs_that_went_are_stepped_back_for() -> None:
    server = Server(60)
    server.poll()
    server.remove(0, 20)
    server.older()
    assert not server.pager.finished
    server.read_to_the_end()
    assert set(server.jobs) <= server.seen


def test_a_first_page_of_strangers_starts_anew() -> None:
    server = Server(80)
    server.read_to_the_end()
    server.add(PAGE + 1)
    server.poll()
    assert not server.pager.finished
    assert len(server.pager) == PAGE


def test_unreadable_entries_count_as_entries() -> None:
    pager = Pager()
    pager.top(JobsPage((Job("a", SUCCEEDED),), PAGE, 0, broken=PAGE - 1))
    assert not pager.finished
    pager.older(JobsPage((Job("a", SUCCEEDED),), PAGE, 0, broken=3))
    assert pager.finished


def test_a_page_of_nothing_but_known_jobs_is_gone_past() -> None:
    server = Server(200)
    server.poll()
    server.add(PAGE - OVERLAP)
    assert not server.older()
    assert server.older()
    assert len(server.pager) > PAGE


def test_jobs_that_went_cost_one_request_and_not_one_for_each_page() -> None:
    server = Server(400)
    server.poll()
    server.older()
    server.remove(0, 12)
    requests = 0
    while not server.pager.finished:
        server.older()
        requests += 1
    assert set(server.jobs) <= server.seen
    assert requests <= 400 // (PAGE - OVERLAP) + 2
