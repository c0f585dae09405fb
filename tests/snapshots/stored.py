"""The stored pictures: compared with a new one, renewed, and told apart line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from tests.snapshots.picture import Picture

RENEW = ".venv/bin/python -m pytest tests/snapshots --renew"
SCREENS = Path(__file__).parent / "screens"
_TEXT, _STYLES = "--- text, each line up to the bar", "--- styles, line | cells look; …"
_END = "|"
_MOST = 60
"""Lines of one difference that a failed test prints."""


@dataclass(frozen=True, slots=True)
class Album:
    """A folder of pictures, one to a file; with `renew` they are written instead of compared."""

    folder: Path
    scratch: Path
    renew: bool = False

    def file(self, name: str) -> Path:
        """Where the picture of that name is stored."""
        return self.folder / f"{name}.txt"

    def check(self, name: str, head: Sequence[str], picture: Picture) -> str | None:
        """What is to be told of this picture: that it differs, or was renewed; None for nothing."""
        text, file = written(head, picture), self.file(name)
        stored = file.read_text(encoding="utf-8") if file.exists() else None
        if text == stored:
            return None
        if self.renew:
            _write(file, text)
            return f"renewed {name}"
        new = self.scratch / file.name
        _write(new, text)
        if stored is None:
            told = f"There is no stored picture of {name}."
        else:
            told = "\n".join(difference(name, stored, text))
        return f"{told}\nWritten to {new}\n{advice()}"

    def left_over(self, names: Iterable[str]) -> list[str]:
        """The stored pictures that nothing takes any more; with `renew` they are removed."""
        known = {self.file(name) for name in names}
        files = sorted(set(self.folder.glob("*")) - known)
        for file in files if self.renew else ():
            file.unlink()
        return [file.name for file in files]


def advice() -> str:
    """What to do where the new one is right."""
    return f"If this is as it should be: {RENEW}, and look at `git diff`."


def written(head: Sequence[str], picture: Picture) -> str:
    """The picture as it is stored."""
    text = (line + _END for line in picture.text)
    return "\n".join((*head, "", _TEXT, *text, "", _STYLES, *picture.styles, ""))


def difference(name: str, stored: str, new: str) -> Iterator[str]:
    """What is not the same: the text first, then of the styles the runs that differ."""
    yield f"{name} is not as it is stored (-), but (+):"
    (head, text, styles), (new_head, new_text, new_styles) = _parts(stored), _parts(new)
    yield from _cut(list(_unified(head, new_head)))
    changed = list(_unified(text, new_text))
    yield "the text:" if changed else "the text is the same."
    yield from _cut(changed)
    runs = list(_runs(styles, new_styles))
    yield "the styles:" if runs else "the styles are the same."
    yield from _cut(runs)


def _parts(text: str) -> tuple[list[str], list[str], list[str]]:
    head, _, rest = text.partition(f"\n{_TEXT}\n")
    cells, _, styles = rest.partition(f"\n{_STYLES}\n")
    return head.splitlines(), cells.splitlines(), styles.splitlines()


def _unified(before: list[str], after: list[str]) -> Iterator[str]:
    lines = unified_diff(before, after, n=1, lineterm="")
    return (line for line in lines if not line.startswith(("---", "+++")))


def _runs(before: list[str], after: list[str]) -> Iterator[str]:
    """Line by line, as the screen has them: a long line of many runs says little as a whole."""
    for number in range(max(len(before), len(after))):
        old, new = (_runs_of(lines, number) for lines in (before, after))
        for sign, runs, others in (("-", old, new), ("+", new, old)):
            if only := [run for run in runs if run not in others]:
                yield f"{sign}{number + 1:2} | {'; '.join(only)}"


def _runs_of(lines: list[str], number: int) -> list[str]:
    return lines[number].partition(" | ")[2].split("; ") if number < len(lines) else []


def _cut(lines: list[str]) -> list[str]:
    more = len(lines) - _MOST
    return lines if more <= 0 else [*lines[:_MOST], f"… and {more} lines more"]


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")
