"""`python -m tests.soak.logged …`: takedeck in a program that logs everything to standard error."""

from __future__ import annotations

import logging
import sys

import takedeck.__main__

if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    for name in ("asyncio", "textual", "pydub", "h11", "anyio"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    takedeck.__main__.main()
