"""Takedeck's tests. What is set here holds before any of their modules is imported."""

import os
import sys

# Some machines have Python keep no compiled modules; the hundreds of processes that tests start
# would each compile all of takedeck anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# As takedeck's own child processes have it: no threads for matrices that nobody multiplies.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
