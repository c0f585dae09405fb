"""`simulate`: what it prints works as printed, and it ends when it is told to."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.rig import DEADLINE, environment, takedeck


@contextmanager
def simulating(cache: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "takedeck", "simulate", "--cache", str(cache), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def announced(process: subprocess.Popen[str]) -> dict[str, str]:
    """What it prints before its first empty line: names and values."""
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "\n")
    return {line[:13].strip(): line[14:].strip() for line in lines}


def test_its_urls_its_key_and_its_curl_line_work(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    with simulating(tmp_path) as process:
        said = announced(process)
        assert said["api key"].startswith("ak_")
        assert said["storage url"].startswith("http://127.0.0.1:") != said["base url"]
        curl = subprocess.run(
            ["sh", "-c", f"{said['curl']} --silent --noproxy '*'"],
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )
        assert len(json.loads(curl.stdout)["jobs"]) == 3
        done = takedeck(
            "jobs",
            "--json",
            env={
                "FREDDY_API_KEY": said["api key"],
                "TAKEDECK_ORGANIZATION": said["organization"],
                "TAKEDECK_BASE_URL": said["base url"],
            },
        )
        assert done.code == 0
        assert len(done.json["jobs"]) == 50
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_ends_with_its_input(tmp_path: Path) -> None:
    with simulating(tmp_path, "--scenario", "empty") as process:
        assert announced(process)["scenario"] == "empty"
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(DEADLINE) == 0


def test_wrong_usage_is_2() -> None:
    done = takedeck("simulate", "--scenario", "lost")
    assert (done.code, done.out) == (2, "")
    assert "studio" in done.err


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with simulating(tmp_path, "--scenario", "empty") as process:
        port = announced(process)["base url"].rpartition(":")[2]
        done = takedeck("simulate", "--port", port, "--cache", str(tmp_path))
        assert done.code == 1
        assert "--port" in done.err
