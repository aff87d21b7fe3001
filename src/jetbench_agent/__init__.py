"""The board side of jetbench-tui: Python 3.6 and the standard library, torch in the bench child only."""

__version__ = "0.1.0"
