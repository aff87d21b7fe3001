"""The session file: format, writer, reader, checkpoints."""
