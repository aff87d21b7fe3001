"""Resident memory of this process, from the kernel. Source: proc(5), /proc/PID/status and clear_refs."""


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
