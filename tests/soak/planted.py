"""A secret made to be found again: in any piece and form, in bytes, files and processes."""

from __future__ import annotations

import base64
import os
import random
import re
import stat
import string
from collections.abc import Iterator
from pathlib import Path

_PIECE = 8
_PIECE_IN_BASE64 = 12
_BETWEEN = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|[\s\x00]+")


class Planted:
    """Secrets of which every run of eight characters is theirs alone."""

    def __init__(self, dice: random.Random) -> None:
        letters = string.ascii_letters + string.digits
        self.key, self.signature, self.word = (
            start + "".join(dice.choices(letters, k=32)) for start in ("ak_", "sg", "pw")
        )
        pieces = {piece for each in self.all for form in _forms(each) for piece in form}
        self._pattern = re.compile(b"|".join(sorted(map(re.escape, pieces))))

    @property
    def all(self) -> tuple[str, str, str]:
        """The key, the signature of every URL, and the password of the users in them."""
        return self.key, self.signature, self.word

    def found(self, data: bytes) -> bool:
        """Whether a piece of a secret stands there; also one drawn with steps in between."""
        return bool(self._pattern.search(data) or self._pattern.search(_BETWEEN.sub(b"", data)))

    def in_files(self, folder: Path, known: Path) -> Iterator[str]:
        """The files other than `known` that hold a piece, or have one in their name."""
        for path in folder.rglob("*"):
            if self.found(str(path.relative_to(folder)).encode()):
                yield "a file's name"
            if path.is_file() and path != known and self.found(path.read_bytes()):
                yield f"the file {path.relative_to(folder)}"

    def in_processes(self, mark: str, keyed: int) -> Iterator[str]:
        """Command lines that hold a piece, and environments of others than process `keyed`."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environ = (folder / "environ").read_bytes()
                words = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() not in environ:
                continue
            if self.found(words):
                yield "a command line"
            # Until a child has become another program, it still looks like its parent.
            own = int(folder.name) == keyed or b"-P" not in words.split(b"\0")
            if not own and self.found(environ):
                yield f"the environment of {words.decode(errors='replace')[:80]!r}"


def open_to_others(folders: list[Path]) -> Iterator[str]:
    """What in and under these folders has another mode than 0700, or 0600 for a file."""
    for top in folders:
        for path in (top, *top.rglob("*")) if top.exists() else ():
            mode = stat.S_IMODE(path.lstat().st_mode)
            if mode != (0o700 if path.is_dir() else 0o600):
                yield f"{path.relative_to(top.parent)} has mode {mode:o}"


def _forms(secret: str) -> Iterator[set[bytes]]:
    plain = secret.encode()
    yield _pieces(plain, _PIECE)
    yield _pieces(plain.hex().encode(), 2 * _PIECE)
    for before in range(3):
        whole = base64.b64encode(bytes(before) + plain)
        yield _pieces(whole[4:-4], _PIECE_IN_BASE64)


def _pieces(whole: bytes, size: int) -> set[bytes]:
    return {whole[at : at + size] for at in range(len(whole) - size + 1)}


def clean_environment() -> dict[str, str]:
    """The environment without any setting of takedeck."""
    mine = ("TAKEDECK_", "TEXTUAL", "XDG_")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(mine) and name not in ("FREDDY_API_KEY", "USEAPI_TOKEN")
    }
