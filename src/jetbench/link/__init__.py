"""Where a stream of events comes from, and where commands go."""
