"""Whole screens as text and styles, against those that are stored beside the tests."""
