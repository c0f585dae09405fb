"""Every take you generated, on one deck."""

import sys

# httpx brings a command line of its own, which imports rich and pygments: measured, 0.1 s of the
# processor at every start. Without it httpx says that it is not installed, and works.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

__version__ = "0.1.0"
