"""Tests of the plain types, the settings and untrusted text."""
