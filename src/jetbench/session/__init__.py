"""The fold of events into a state, and the background worker that runs a plan."""
