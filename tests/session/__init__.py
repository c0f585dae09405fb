"""Tests of the rooms joined, without a screen."""
