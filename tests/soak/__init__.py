"""Trials of a hostile world: each breaks something on purpose, many times, and counts the harm."""
