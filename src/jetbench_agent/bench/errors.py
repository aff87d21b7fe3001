"""What is said where a model cannot be had."""


class UnknownModelError(Exception):
    """No such model here; the text says what was asked for."""


class BadModelError(Exception):
    """The model exists and cannot be made; the text is one line for the user."""


class TooLargeError(BadModelError):
    """There is no memory for what is in a file: it was not loaded. The case is refused, as by the pre-flight."""


def first_line(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:2])[:300] if lines else type(error).__name__
