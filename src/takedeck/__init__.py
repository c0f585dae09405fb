"""Every take you generated, on one deck."""

__version__ = "0.1.0"
