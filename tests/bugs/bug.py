"""What a bug is: one text of a file in the place of another, and the tests that should notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = ROOT / "src" / "takedeck"


@dataclass(frozen=True, slots=True)
class Bug:
    """`old` stands once in `file`, a path below the package; `what` is what someone suffers.

    `tests` are paths below tests/, those of the code in question only: a run takes seconds.
    """

    name: str
    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def room(self) -> str:
        """The room that the file is in; `ground` for those in none."""
        first, _, rest = self.file.partition("/")
        return first if rest else "ground"

    @property
    def path(self) -> Path:
        """Where the file is."""
        return SOURCES / self.file

    def put_into(self, text: str) -> str:
        """The file's text with the bug in it. Raises ValueError unless it fits exactly once."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: its old text stands {text.count(self.old)} times there")
        return text.replace(self.old, self.new)
