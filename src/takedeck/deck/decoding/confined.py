"""Sets resource limits, arranges to die with the deck, then execs the decoder given to it.

Run by its path and without site packages, so that it starts quickly: it imports nothing of ours.
Setting limits between fork and exec would need a preexec_fn, which can deadlock in a process with
threads.
"""

import ctypes
import os
import resource
import signal
import sys

LIMITS = {
    resource.RLIMIT_CPU: 600,  # decoding two hours takes some 70 s
    resource.RLIMIT_AS: 2 << 30,
    resource.RLIMIT_FSIZE: 320 << 20,  # ffmpeg caches its input in a file
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CORE: 0,
}
_PR_SET_PDEATHSIG = 1


def _set_limits() -> None:
    for what, most in LIMITS.items():
        hard = resource.getrlimit(what)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (least, least))
        except (OSError, ValueError):
            if sys.platform == "linux":
                raise


def _die_with_parent(parent: int) -> None:
    """Die with the thread that started this; outside Linux, only the closing pipes end it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    _die_with_parent(int(sys.argv[1]))
    _set_limits()
    # Python ignores SIGPIPE; the decoder should die when nobody reads its output any more.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is wanted
