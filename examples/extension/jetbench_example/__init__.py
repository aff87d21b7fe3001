"""An extension of jetbench-tui. Each module is imported by the interpreter that needs it, and the others are not."""
