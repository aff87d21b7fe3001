"""One file a format: from a session to CSV, JSON and tables."""
