"""`takedeck add`: what was looked up is in the list of the next start."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

from takedeck.config import Folders, load
from takedeck.library.history import History
from takedeck.simulator.service import Simulator
from takedeck.simulator.takes import Take, job_id
from tests.cli.rig import Done, environment, takedeck


def env(simulator: Simulator) -> dict[str, str]:
    return {"USEAPI_TOKEN": simulator.token, "TAKEDECK_MUREKA_BASE_URL": simulator.base_url}


def takes(simulator: Simulator, count: int) -> list[str]:
    created = simulator.clock.now() - timedelta(hours=5)
    made = [Take(job_id(9000 + n), created, title=f"Take {n}") for n in range(count)]
    return [simulator.takes.add(take).jobid for take in made]


def kept(simulator: Simulator) -> set[str]:
    history, message = History.open(Folders.of_user().data)
    assert message is None
    owner = load(env(simulator)).owner
    try:
        return {job.id for job in history.load(owner)}
    finally:
        history.close()


def piped(simulator: Simulator, text: str, *arguments: str) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "takedeck", "add", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(**env(simulator)),
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def test_several_at_once(simulator: Simulator) -> None:
    ids = takes(simulator, 2)

    done = takedeck("add", *ids, env=env(simulator))

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [f"{ids[0]}  succeeded  Take 0", f"{ids[1]}  succeeded  Take 1"]
    assert kept(simulator) == set(ids)


def test_from_standard_input(simulator: Simulator) -> None:
    ids = takes(simulator, 3)

    done = piped(simulator, f"{ids[0]},\n{ids[1]}\n\n", "-", ids[2])

    assert (done.code, done.err) == (0, "")
    assert kept(simulator) == set(ids)


def test_those_that_are_not_there_are_told_apart(simulator: Simulator) -> None:
    ids = takes(simulator, 1)

    done = takedeck("add", job_id(1), "no/id", *ids, env=env(simulator))

    assert done.code == 4
    assert f"not added: {job_id(1)}" in done.err
    assert "not added: no/id" in done.err
    assert "2 of 3 could not be added." in done.err
    assert kept(simulator) == set(ids)


def test_nothing_to_add_is_wrong_usage(simulator: Simulator) -> None:
    done = piped(simulator, " \n", "-")

    assert done.code == 2
    assert "no ids" in done.err


def test_a_history_that_cannot_be_kept_is_told(simulator: Simulator) -> None:
    ids = takes(simulator, 1)
    data = Folders.of_user().data
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text("in the way")

    done = takedeck("add", *ids, env=env(simulator))

    assert done.code != 0
    assert "history" in done.err.lower()
