"""Limits itself, ties its life to the deck's, and becomes the decoder that it is told to be.

Run by its path and without site packages, so that it starts quickly: it imports nothing of ours.
Limits set between fork and exec would need Python code there, which hangs beside other threads.
"""

import ctypes
import os
import resource
import signal
import sys

LIMITS = {
    resource.RLIMIT_CPU: 600,  # two hours of sound take some 70 s
    resource.RLIMIT_AS: 2 << 30,
    resource.RLIMIT_FSIZE: 320 << 20,  # ffmpeg keeps what it is given in a file
    resource.RLIMIT_NOFILE: 64,
    resource.RLIMIT_CORE: 0,
}
_PR_SET_PDEATHSIG = 1


def _limit() -> None:
    for what, most in LIMITS.items():
        hard = resource.getrlimit(what)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(what, (least, least))
        except (OSError, ValueError):
            if sys.platform == "linux":
                raise


def _tie(parent: int) -> None:
    """Die with the thread that started this; elsewhere than on Linux the end of the pipes tells."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    _tie(int(sys.argv[1]))
    _limit()
    # Python ignores it; a decoder whose output nobody reads any more is to end.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is wanted
