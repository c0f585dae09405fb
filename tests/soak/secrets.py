"""A secret planted in key and signatures: every error path is taken, and what came out searched."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.stream import Stream
from tests.soak.hostile_api import FAULTS, World, world
from tests.soak.paths import Taken, paths
from tests.soak.planted import Planted, clean_environment, open_to_others
from tests.soak.trial import Outcome, Trial

_ROOT = Path(__file__).parents[2]
_DEADLINE = 60.0
_PATIENCE = 3.0
_LOOK_EVERY = 0.1
_FOLDERS = ("CONFIG", "CACHE", "STATE", "DATA")


def run(count: int, seed: int) -> Outcome:
    """Take so many of the paths, chosen by the seed; all of them when there are fewer."""
    dice = random.Random(seed)
    planted = Planted(dice)
    chosen = paths(planted)
    if count < len(chosen):
        app = [each for each in chosen if each.until]
        rest = [each for each in chosen if not each.until]
        chosen = dice.sample(app, 1) + dice.sample(rest, count - 1)
    with ThreadPoolExecutor(2) as pool:
        took = list(pool.map(lambda each: _take(each, planted), chosen))
    harm = tuple(f"{name}: {what}" for name, whats in took for what in whats)
    return Outcome(len(took), harm, {"secrets × forms": f"{len(planted.all)} × 5"})


def _take(this: Taken, planted: Planted) -> tuple[str, list[str]]:
    api = FAULTS[this.api] if this.api else None
    storage = FAULTS[this.storage] if this.storage else None
    with tempfile.TemporaryDirectory() as folder, world(planted, api, storage) as around:
        home = Path(folder)
        harm = [*_harm(this, planted, around, home)]
        # What the redirect's own URL says may come along; the key in a header may not.
        if any(planted.found(str(it.headers).encode()) for it in around.elsewhere.requests):
            harm.append("the key went elsewhere")
        return this.name, harm


def _harm(this: Taken, planted: Planted, around: World, home: Path) -> Iterator[str]:
    env = _environment(this, planted, around, home)
    watch = _Watch(planted, env["SOAK_MARK"])
    sent = _in_terminal(this, env, home, watch) if this.until else _run(this, env, home, watch)
    if not sent:
        yield "nothing was said at all"
    if this.makes and not list(home.rglob(this.makes)):
        yield f"it made no {this.makes}"
    if b"No module named" in sent:
        yield "it did not run"
    if planted.found(sent):
        yield "what was printed"
    yield from sorted(watch.seen)
    yield from planted.in_files(home, home / "config" / "takedeck" / "config.toml")
    yield from open_to_others([home / name.lower() / "takedeck" for name in _FOLDERS])


def _environment(this: Taken, planted: Planted, around: World, home: Path) -> dict[str, str]:
    config = home / "config" / "takedeck"
    config.mkdir(parents=True, mode=0o700)
    (home / "Downloads").mkdir()
    if this.config is not None:
        file = config / "config.toml"
        file.touch(mode=0o600)
        file.write_text(this.config, encoding="utf-8", errors="surrogateescape")
    settings = {
        "FREDDY_API_KEY": this.key, "TAKEDECK_ORGANIZATION": "org_1", "TAKEDECK_DEBUG": "1",
        "TAKEDECK_BASE_URL": this.base_url or around.api, "TAKEDECK_OUTPUT": "null",
        "HOME": str(home), "SOAK_MARK": home.name, "PYTHONPATH": ":".join((*sys.path, str(_ROOT))),
    }  # fmt: skip
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in _FOLDERS}
    return clean_environment() | folders | settings | this.env


def _run(this: Taken, env: dict[str, str], home: Path, watch: _Watch) -> bytes:
    process = subprocess.Popen(
        [sys.executable, "-m", this.module, *this.words], cwd=_work(home), env=env,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with watch.over(process):
        try:
            out, _ = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            # It waits to try again, and would do so for a minute and more.
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=_DEADLINE)
    return out or b"interrupted" * (process.returncode in (0, 130))


def _in_terminal(this: Taken, env: dict[str, str], home: Path, watch: _Watch) -> bytes:
    command = [sys.executable, "-m", this.module, *this.words]
    with Stream(command, env, cwd=_work(home)) as app, watch.over(app.process):
        over = app.process.poll
        app.until(lambda: this.until.encode() in app.sent or over() is not None)
        for key in this.keys if over() is None else "":
            app.press(key)
            app.rest()
        if over() is None:
            app.press("\x1b\x1b")
            app.rest()
            app.press("q")
        app.finish()
        return app.sent


def _work(home: Path) -> Path:
    folder = home / "work"
    folder.mkdir()
    return folder


class _Watch:
    """Looks at the processes of a run again and again while it lasts."""

    def __init__(self, planted: Planted, mark: str) -> None:
        self.seen: set[str] = set()
        self._planted = planted
        self._mark = mark
        self._over = threading.Event()

    def over(self, process: subprocess.Popen[bytes]) -> _Watch:
        """Watch these while the context lasts."""
        self._thread = threading.Thread(target=self._look, args=(process.pid,), daemon=True)
        return self

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self, keyed: int) -> None:
        while not self._over.wait(_LOOK_EVERY):
            self.seen |= set(self._planted.in_processes(self._mark, keyed))


TRIAL = Trial(
    promise="no piece of a key or signature in any output, file, screen, log or process",
    unit="error paths",
    whole=149,
    small=8,
    run=run,
)
