"""Opens jobs in a whole session, and waits for what is heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from takedeck.deck.state import DeckState, PartState
from takedeck.session.session import Session
from takedeck.simulator.service import Simulator
from tests.session.rig import Ear

STEMS = ("drums", "bass", "chords", "lead")


def deck_pid(session: Session) -> int:
    pid = session.player._deck.pid
    assert pid is not None
    return pid


def tracks(simulator: Simulator) -> int:
    """How often a track's URLs were minted."""
    return sum("/tracks/" in it.path for it in simulator.requests)


async def opened(session: Session, ear: Ear, job_id: str) -> None:
    """Open a job and wait until it sounds."""
    session.player.open(job_id)
    await ear.until(
        lambda: (
            (now := session.player.opened)
            and now.job_id == job_id
            and now.track
            and session.player.deck_state.key == now.track.id
        )
    )
    await heard(session, ear, lambda state: state.transport == "playing" and state.position > 0.02)


async def heard(session: Session, ear: Ear, enough: Callable[[DeckState], Any]) -> DeckState:
    await ear.until(lambda: enough(session.player.deck_state))
    return session.player.deck_state


def part(state: DeckState, name: str) -> PartState:
    return next(part for part in state.parts if part.name == name)


def audible(state: DeckState) -> set[str]:
    return {part.name for part in state.parts if part.audible}
