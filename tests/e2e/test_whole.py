"""From the command to the song: the app in a terminal, and what a sound card would have played."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import miniaudio
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.e2e.terminal import Terminal, missing, processes, takedeck
from tests.pulse import private_pulse

RATE = 44_100
WINDOW = RATE // 4
"""Frames that are looked for in the song at a time."""
FAR = 4 * RATE
"""Frames by which a place in the song may lie after the one found before it."""
SCENARIO = "--scenario quiet --seed 3"
Mono = NDArray[np.float64]

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the processes left are looked up in /proc"
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment with folders of its own; at the end, no process that had it is left."""
    if reason := missing():
        pytest.skip(reason)
    folders = {
        f"XDG_{name}_HOME": str(tmp_path / name.lower())
        for name in ("CACHE", "CONFIG", "DATA", "STATE")
    }
    # Children get no more of the environment than they need: this they do, and no other run has it.
    mark = folders["XDG_CACHE_HOME"]
    yield folders | {"HOME": str(tmp_path), "TAKEDECK_SIMULATOR": SCENARIO, "E2E_MARK": mark}
    wait_until(lambda: not processes(mark))
    assert not processes(mark)


def wait_until(enough: Callable[[], object], deadline: float = 20.0) -> None:
    """Wait until that is true, or until the deadline (seconds)."""
    end, pause = time.monotonic() + deadline, threading.Event()
    while not enough() and time.monotonic() < end:
        pause.wait(0.05)


def left(env: dict[str, str]) -> dict[int, str]:
    """The takedeck processes of this run that are alive."""
    alive = processes(env["E2E_MARK"])
    return {pid: line for pid, line in alive.items() if "takedeck" in line and "tmux" not in line}


def quit_cleanly(terminal: Terminal, env: dict[str, str]) -> None:
    """Press q: the terminal is the shell's again, and every process of the app is gone."""
    lines = " ".join(left(env).values())
    assert "takedeck.deck" in lines
    assert "takedeck.simulator" in lines
    terminal.press("q")
    terminal.until(lambda _: not terminal.alternate)
    wait_until(lambda: not left(env))
    assert not left(env)
    terminal.type("echo back in the $((1 + 1))nd line with $?")
    shown = terminal.shows("back in the 2nd line with 0")
    assert "Traceback" not in shown
    assert "Jobs" not in shown


def decoded(path: Path) -> Mono:
    """A file's left side as floats, as its decoder gives it."""
    sound = miniaudio.decode_file(
        str(path), output_format=miniaudio.SampleFormat.SIGNED16, nchannels=2, sample_rate=RATE
    )
    return np.frombuffer(sound.samples, dtype="<i2").reshape(-1, 2)[:, 0].astype(np.float64)


def best_match(heard: Mono, song: Mono) -> tuple[float, int]:
    """The largest normalised correlation of what was heard with a place in the song, and the place.

    Each place is measured against the energy of the song's own stretch there.
    """
    size = 1 << (len(song) + len(heard) - 1).bit_length()
    product = np.fft.rfft(song, size) * np.conj(np.fft.rfft(heard, size))
    places = len(song) - len(heard) + 1
    sums = np.fft.irfft(product, size)[:places]
    squares = np.concatenate(([0.0], np.cumsum(song**2)))
    energy = squares[len(heard) :] - squares[: -len(heard)]
    scale = np.sqrt(np.maximum(energy, 1.0) * (heard**2).sum())
    correlation = sums / scale
    place = int(np.argmax(correlation))
    return float(correlation[place]), place


def test_the_song_is_heard(home: dict[str, str]) -> None:
    with private_pulse(RATE) as pulse:
        env = home | pulse.env
        with Terminal(env) as terminal:
            terminal.type(f"{takedeck()} --demo --output device")
            terminal.shows("demo", "live", "●")
            assert terminal.alternate
            terminal.press("j", "j")
            terminal.press("Enter")
            terminal.shows("▶ 0:", "link fresh")
            # In real time: what is heard is what plays.
            pulse.until(lambda heard: len(pulse.sound()) > 12 * RATE, deadline=90)
            shown = terminal.shows("buffered 100 %")
            assert "silent" not in shown
            assert "127.0.0.1" not in shown
            assert "sig=" not in shown
            terminal.press("Space")
            terminal.shows("paused")
            files = finished(Path(home["XDG_CACHE_HOME"]))
            quit_cleanly(terminal, env)
            heard = pulse.sound()[:, 0].astype(np.float64)
    song = decoded(files[0])
    # Real time, as nothing else shows that a device is given the song; a busy machine may lose a
    # moment of it, which spoils the windows that it falls into. Each is looked for after the last.
    found: list[tuple[float, int]] = []
    place = 0
    for start in range(0, 11 * RATE, WINDOW):
        match, at = best_match(heard[start : start + WINDOW], song[place : place + FAR])
        found.append((match, place + at))
        if match > 0.98:
            place += at
    told = ", ".join(f"{match:.4f} at {place / RATE:.2f} s" for match, place in found)
    assert sum(match > 0.98 for match, _ in found) >= len(found) // 4, told


def finished(cache: Path) -> list[Path]:
    """The master in the app's own cache, once it is whole."""
    wait_until(lambda: list(cache.rglob("*.audio")))
    found = list(cache.rglob("*.audio"))
    assert len(found) == 1
    return found


def test_a_terminal_that_goes_takes_everything_with_it(home: dict[str, str]) -> None:
    env = home | {"TAKEDECK_OUTPUT": "null"}
    with Terminal(env, size=(80, 24)) as terminal:
        terminal.type(f"{takedeck()} --demo")
        terminal.shows("live", "●")
        terminal.press("Enter")
        terminal.until(clock)
        assert len(left(env)) >= 3
    wait_until(lambda: not left(env))
    assert not left(env)


def test_without_a_sound_server_it_says_so_and_runs_on(home: dict[str, str]) -> None:
    nowhere = {"PULSE_SERVER": f"unix:{home['HOME']}/nothing.sock", "ALSA_CONFIG_PATH": os.devnull}
    env = home | nowhere
    with Terminal(env, size=(80, 24)) as terminal:
        terminal.type(f"{takedeck()} --demo")
        terminal.shows("live", "●")
        terminal.press("Enter")
        terminal.until(lambda text: "silent" in text and "no sound device" in said(text))
        first = clock(terminal.until(clock))
        terminal.until(lambda text: clock(text) > first)
        terminal.press("Space")
        terminal.shows("paused")
        quit_cleanly(terminal, env)


def said(text: str) -> str:
    """What stands in the track's pane, its lines joined."""
    return " ".join(line.rpartition("││")[2].strip("│ ") for line in text.splitlines())


def clock(text: str) -> str:
    """The position that the transport line shows while it plays, else nothing."""
    found = re.search(r"▶ +(\d+:\d\d)", text)
    return found[1] if found else ""
