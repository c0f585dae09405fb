"""`simulate`: what it prints works as printed, and it ends when it is told to."""

from __future__ import annotations

import json
import re
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
        assert process.stdout is not None
        assert process.stdout.readline() == "To list three jobs:\n"
        curl = subprocess.run(
            ["sh", "-c", process.stdout.readline()],
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            env=environment() | {"no_proxy": "*"},
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


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--port", "65536"),
        ("--ttl", "nan"),
        ("--now", "9999-12-31T23:59:59"),
        *(
            pytest.param(option, value, marks=pytest.mark.trial)
            for option, values in (
                ("--port", ("-1", "http")),
                ("--storage-port", ("65536", "-1")),
                ("--ttl", ("0", "-5", "inf", "1e300", "long")),
                ("--now", ("yesterday", "0001-01-01")),
                ("--seed", ("x",)),
                ("--loud", ("1",)),
            )
            for value in values
        ),
    ],
)
def test_a_value_that_cannot_be_is_wrong_usage(option: str, value: str) -> None:
    done = takedeck("simulate", f"{option}={value}")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("usage: takedeck simulate ")
    assert option in done.err.splitlines()[-1]
    assert "_" not in done.err.splitlines()[-1]


def test_help_explains_every_option() -> None:
    done = takedeck("simulate", "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("usage: takedeck simulate ")
    said = done.out.partition("options:")[2]
    parts = re.split(r"\n  (?=-)", said)[1:]
    assert len(parts) == 10
    for part in parts:
        words = re.sub(r"^(-h, )?--[\w-]+( \S+)?", "", part).split("(default")[0]
        assert re.search(r"[a-z]{3}", words), part


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with simulating(tmp_path, "--scenario", "empty") as process:
        port = announced(process)["base url"].rpartition(":")[2]
        done = takedeck("simulate", "--port", port, "--cache", str(tmp_path))
        assert done.code == 1
        assert "--port" in done.err
