"""The simulator as a process: what it prints, and that it ends."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest


def begin(cache: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "takedeck.simulator", "--cache", str(cache), *options]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def process(cache: Path) -> Iterator[subprocess.Popen[str]]:
    with begin(cache, "--announce", "json", "--now", "2026-06-28T10:30:00Z", "--frozen") as child:
        yield child
        child.kill()


def announced(child: subprocess.Popen[str]) -> dict[str, str]:
    assert child.stdout is not None
    facts: dict[str, str] = json.loads(child.stdout.readline())
    return facts


def test_it_announces_itself_and_ends_with_its_input(process: subprocess.Popen[str]) -> None:
    facts = announced(process)
    assert list(facts) == [
        "base_url", "token", "accounts", "jobs", "storage_url", "organization", "api_key",
        "scenario", "curl",
    ]  # fmt: skip
    assert facts["accounts"]["aitronos"]["key"] == facts["api_key"]
    second = {"authorization": f"Bearer {facts['accounts']['mureka']['key']}"}
    job = httpx.get(f"{facts['base_url']}/v1/mureka/jobs/{facts['jobs'][0]}", headers=second)
    assert job.json()["jobid"] == facts["jobs"][0]
    url = f"{facts['base_url']}/v1/music/{facts['organization']}/generations"
    answers = [httpx.get(url, headers={"X-API-Key": facts["api_key"]}) for _ in range(2)]
    assert answers[0].status_code == 200
    assert answers[0].content == answers[1].content
    out, err = process.communicate(timeout=20)
    assert (out, err, process.returncode) == ("", "", 0)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_a_song_is_playing(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    facts = announced(process)
    base = f"{facts['base_url']}/v1/music/{facts['organization']}"
    with httpx.Client(headers={"X-API-Key": facts["api_key"]}) as http:
        jobs = http.get(f"{base}/generations", params={"status": "succeeded"}).json()["jobs"]
        job = http.get(f"{base}/generations/{jobs[0]['id']}").json()
    with httpx.stream("GET", job["playback_url"]) as answer:
        next(answer.iter_raw())
        process.send_signal(number)
        assert process.wait(timeout=20) == 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_line_works_as_printed(process: subprocess.Popen[str]) -> None:
    command = shlex.split(announced(process)["curl"])
    done = subprocess.run([*command, "--silent"], capture_output=True, check=True, timeout=20)
    assert len(json.loads(done.stdout)["jobs"]) == 3


def test_alone_it_prints_lines_for_people(cache: Path) -> None:
    with begin(cache, "--scenario", "quiet") as child:
        out, err = child.communicate(timeout=20)
    assert err == ""
    assert "base url      http://127.0.0.1:" in out
    assert "api key       ak_" in out
    assert "TAKEDECK_ORGANIZATION=org_demo" in out


def test_a_port_in_use_is_said_plainly(cache: Path, process: subprocess.Popen[str]) -> None:
    port = announced(process)["base_url"].rpartition(":")[2]
    with begin(cache, "--port", port) as second:
        _, err = second.communicate(timeout=20)
    assert second.returncode == 1
    assert f"port {port}" in err
    assert "--port" in err


def test_importing_the_package_is_cheap() -> None:
    code = (
        "import sys, takedeck.simulator; print(sorted({'numpy', 'starlette'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
