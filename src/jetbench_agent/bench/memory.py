"""Memory of this process, from the kernel. Source: proc(5), /proc/PID/status, clear_refs and oom_score_adj."""

# Added to the share of memory, in thousandths, by which the kernel chooses whom to kill when there is none left.
CHILD_SCORE, PARENT_SCORE = 800, 400


def status_kib(field):
    """A field of /proc/self/status in KiB ("VmHWM", "VmRSS"), or None."""
    try:
        with open("/proc/self/status") as file:
            for line in file:
                if line.startswith(field + ":"):
                    return int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return None


def reset_peak():
    """Let VmHWM begin anew at the present size. Returns whether the kernel took it."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
        return True
    except OSError:
        return False


def prefer_to_die(score):
    """Let the kernel choose this process, and not the user's shell. Raising one's own score is always allowed."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(str(score))
    except OSError:
        pass
