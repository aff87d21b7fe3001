"""The words of the field: plan, events, metrics and results. Imports nothing of jetbench."""
