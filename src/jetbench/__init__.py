"""jetbench-tui: which PyTorch model should run on this board? The screen side; imports no torch."""

__version__ = "0.1.0"
