"""How the user divided the screen and which hints are no longer needed; kept between starts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

SMALLEST: Final = 15
LARGEST: Final = 85
"""The least and the greatest share of the panes, in percent, that one of them can be given."""
_MOST_HINTS: Final = 20


@dataclass(frozen=True, slots=True)
class Preferences:
    """Shares are percent of the room for all panes; None means as takedeck divides it.

    `list_width` is the list's where the panes stand beside each other, `side_height` that of the
    pane under the list, `job_height` the job pane's above the track pane. `learned` names the hints
    whose keys were used.
    """

    list_width: int | None = None
    side_height: int | None = None
    job_height: int | None = None
    zoomed: bool = False
    learned: frozenset[str] = field(default_factory=frozenset)

    def to_text(self) -> str:
        """As `from_text` reads it."""
        return json.dumps(asdict(self) | {"learned": sorted(self.learned)})


Keep = Callable[[Preferences], None]


def from_text(text: str) -> Preferences:
    """What was kept; whatever of it makes no sense is left out."""
    try:
        kept: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Preferences()
    if not isinstance(kept, dict):
        return Preferences()
    learned = kept.get("learned")
    names = learned[:_MOST_HINTS] if isinstance(learned, list) else []
    return Preferences(
        list_width=_share(kept.get("list_width")),
        side_height=_share(kept.get("side_height")),
        job_height=_share(kept.get("job_height")),
        zoomed=kept.get("zoomed") is True,
        learned=frozenset(name for name in names if isinstance(name, str) and name.isidentifier()),
    )


def share(cells: int, of: int) -> int:
    """So many cells of `of` as a percentage that a pane can be given."""
    return max(SMALLEST, min(LARGEST, round(100 * cells / max(1, of))))


def _share(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and SMALLEST <= value <= LARGEST else None
