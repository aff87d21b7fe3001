"""Pure functions from what was recorded to what it means. No I/O, no clock, no thread."""
