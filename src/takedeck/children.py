"""What a child process of ours is given of the environment: what it needs, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

_NAMES: Final = frozenset(
    {
        # who and where
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TZDIR", "TMPDIR",
        # the interpreter and its libraries, however they are installed
        "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONPLATLIBDIR",
        "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONCOERCECLOCALE", "PYTHONDONTWRITEBYTECODE",
        "PYTHONPYCACHEPREFIX", "PYTHONFAULTHANDLER", "PYTHONHASHSEED", "PYTHONMALLOC",
        "VIRTUAL_ENV", "CONDA_PREFIX", "__PYVENV_LAUNCHER__", "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "NIX_LD", "NIX_LD_LIBRARY_PATH",
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPY_DISABLE_CPU_FEATURES",
        # the sound server, and the bus by which one is found or made real-time
        "AUDIODEV", "AUDIODRIVER", "AUDIOSERVER", "DBUS_SESSION_BUS_ADDRESS",
        # what macOS needs for any program
        "__CF_USER_TEXT_ENCODING",
    }
)  # fmt: skip
_BEGINNINGS: Final = ("LC_", "XDG_", "TERM", "PULSE_", "PIPEWIRE_", "ALSA_", "JACK_")
# LD_PRELOAD, and what libraries loaded by it read, are not among them: nothing needs it to start.

_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1"}
"""Nothing of ours multiplies matrices: numpy's threads for that would only be started, which takes
as much of the processor as the rest of a deck's start."""

_TELLING: Final = 8
"""Characters from which on a key inside a longer value cannot stand there by chance."""


def environment(
    whole: Mapping[str, str], *, hidden: Iterable[str], secrets: Iterable[str]
) -> dict[str, str]:
    """What of the `whole` a child gets: never a `hidden` name, nor a value with a secret in it.

    A list of what is kept out would have to know every other program's variables.
    """
    left_out = frozenset(hidden)
    never = [secret for secret in secrets if secret]
    return _ONE_THREAD | {
        name: value
        for name, value in whole.items()
        if (name in _NAMES or name.startswith(_BEGINNINGS))
        and name not in left_out
        and not any(_holds(value, secret) for secret in never)
    }


def _holds(value: str, secret: str) -> bool:
    return value == secret or (len(secret) >= _TELLING and secret in value)
