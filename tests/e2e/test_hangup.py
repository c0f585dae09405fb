"""A terminal that goes away without a signal takes the app along."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time

DEADLINE = 100.0


def test_the_app_ends_when_its_terminal_is_closed() -> None:
    master, slave = pty.openpty()
    environ = os.environ | {"TERM": "xterm-256color", "TAKEDECK_OUTPUT": "null", "LANG": "C.UTF-8"}
    # A session without a controlling terminal: the kernel tells nobody of the end.
    app = subprocess.Popen(
        [sys.executable, "-m", "takedeck", "--demo"],
        stdin=slave, stdout=slave, stderr=slave, env=environ, start_new_session=True,
    )  # fmt: skip
    try:
        os.close(slave)
        _read_until(master, b"Jobs")
        os.close(master)
        assert app.wait(DEADLINE) == 0
    finally:
        app.kill()
        app.wait()


def _read_until(file: int, wanted: bytes) -> None:
    seen, end = b"", time.monotonic() + DEADLINE
    while wanted not in seen:
        ready, _, _ = select.select([file], [], [], max(0.0, end - time.monotonic()))
        assert ready, seen[-500:]
        seen += os.read(file, 65_536)
