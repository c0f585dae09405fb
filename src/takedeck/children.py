"""The environment of our child processes: an allow-list of variables."""

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
# LD_PRELOAD, and the variables of libraries it loads, are left out: nothing needs them.

_ONE_THREAD: Final = {"OPENBLAS_NUM_THREADS": "1"}
"""We multiply no matrices, and starting numpy's threads for that takes as much processor time as
the rest of a deck's start."""

MIN_INSIDE: Final = 8
"""Characters of a key from which it is searched for inside longer values: a shorter one may be
there by chance."""


def environment(
    whole: Mapping[str, str], *, hidden: Iterable[str], secrets: Iterable[str]
) -> dict[str, str]:
    """The variables of `whole` for a child: none that is `hidden`, no value with a secret in it.

    It is an allow-list, because a deny-list would have to know every other program's variables.
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
    return value == secret or (len(secret) >= MIN_INSIDE and secret in value)
