"""Which cores the screen and the agent keep to, and which are left to the bench child.

Measured (see docs/method.md): with screen and child free to move on two cores the p99 of a 0.8 ms
pass grew from 2.0 to 5.3 ms; with the screen on a core of its own it was 1.7 ms. Affinity did it,
niceness did not.
"""

import os


def available():
    """Ids of the cores this process may use, lowest first."""
    try:
        return sorted(os.sched_getaffinity(0))
    except AttributeError:  # no such call on this system
        return list(range(os.cpu_count() or 1))


def divide(cores, threads, screen):
    """Split ``cores`` between the screen side and the bench child.

    ``threads`` is what the user asked for (0: choose), ``screen`` whether one is drawn. Returns
    (screen_cores, bench_cores, threads, shared): shared is true when a case runs on the screen's
    core as well, because it asks for every core or there is only one.
    """
    if len(cores) == 1:
        return cores, cores, threads or 1, True
    screen_cores, bench_cores = cores[:1], cores[1:]
    wanted = threads or len(bench_cores)
    if wanted > len(bench_cores):
        return screen_cores, cores, wanted, True
    # Without a screen its core is free for the kernel to move the child to; the number of threads
    # stays the same, so that a figure taken with the app open and one without can be compared.
    return screen_cores, (bench_cores if screen else cores), wanted, False


def keep_to(cores):
    """Bind every thread of this process. Returns whether the system took it."""
    try:
        for thread in os.listdir("/proc/self/task"):
            try:
                os.sched_setaffinity(int(thread), cores)
            except ProcessLookupError:
                continue  # it ended meanwhile
    except (AttributeError, OSError, ValueError):
        return False
    return True
