"""When a case has enough passes. Standard library only; used inside the bench child."""

import math

# Two-sided 95 % of the standard normal distribution.
Z95 = 1.959963984540054
LEAST = 10
GROWTH = 1.4  # looks at n = 10, 14, 20, 28, ...: few looks keep the interval honest


class StopRule(object):
    """Ends measuring by count, by the interval of the median, or by time.

    ``k``: passes, or None; ``until``: relative half width of the 95 % interval of the median, or
    None; ``max_time_s`` bounds both.
    """

    def __init__(self, k, until, max_time_s):
        self.k = k
        self.until = until
        self.max_time_ns = int(max_time_s * 1e9)
        self._next_look = LEAST

    def quota(self, n):
        """How many more passes may be run before the rule is asked again."""
        if self.k is not None:
            return self.k - n
        return max(1, self._next_look - n)

    def reason(self, durations, elapsed_ns):
        """Why it is enough, or None. ``durations`` are nanoseconds; at least one pass is kept."""
        n = len(durations)
        if self.k is not None and n >= self.k:
            return "count: {} passes".format(n)
        if n and elapsed_ns >= self.max_time_ns:
            return "time: {:g} s were over after {} passes".format(self.max_time_ns / 1e9, n)
        if self.until is not None and n >= self._next_look:
            self._next_look = int(math.ceil(n * GROWTH))
            width = relative_half_width(durations)
            if width <= self.until:
                return "interval: median within {:.2g} % after {} passes".format(100 * width, n)
        return None


def relative_half_width(durations):
    """Half width of the 95 % interval of the median over the median, by order statistics.

    Ranks n/2 -+ 1.96 sqrt(n)/2 (Conover, Practical Nonparametric Statistics, 3.2); the larger side.
    """
    ordered = sorted(durations)
    n = len(ordered)
    half = Z95 * math.sqrt(n) / 2
    low = ordered[max(0, int(math.floor(n / 2 - half)) - 1)]
    high = ordered[min(n - 1, int(math.ceil(n / 2 + half)))]
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    return max(high - middle, middle - low) / middle if middle else 0.0
