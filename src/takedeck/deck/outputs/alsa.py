"""Keeps ALSA's messages off the terminal."""

from __future__ import annotations

import contextlib
import ctypes
from typing import Any

_handler: Any = None


def silence_alsa() -> None:
    """Give ALSA an error handler that does nothing; a no-op without ALSA.

    The handler must outlive every use of the library, so it is never freed.
    """
    global _handler
    if _handler is not None:
        return
    with contextlib.suppress(OSError, AttributeError):
        asound = ctypes.CDLL("libasound.so.2")
        kind = ctypes.CFUNCTYPE(
            None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
        )
        _handler = kind(lambda *_: None)
        asound.snd_lib_error_set_handler(_handler)
