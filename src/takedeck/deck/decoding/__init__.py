"""Decoding a growing file to frames; decoders that may crash run in child processes."""
