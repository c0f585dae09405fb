"""Tests: against our own simulator over real sockets, with real files and real samples."""
