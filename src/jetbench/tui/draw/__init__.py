"""Rows from values: pure functions, no widget, no clock, no thread."""
