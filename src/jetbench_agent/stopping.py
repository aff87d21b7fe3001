"""When a case has enough passes. Standard library only; used inside the bench child, that of a soak by the agent."""

import collections
import math

# Two-sided 95 % of the standard normal distribution.
Z95 = 1.959963984540054
LEAST = 10
LEAST_TIME_NS = 1000000000
MOST = 100000
GROWTH = 1.4  # looks at n = 10, 14, 20, 28, ...: few looks keep the interval honest
STRETCH = 4096  # newest passes from which their autocorrelation is told: a look must stay short
MOST_LAGS = 200

# Warm-up: when two neighbouring halves of the newest passes agree
WARM_LEAST = 3
WARM_TIME_NS = 500000000
WARM_LIMIT_S = 30.0
SAME = 0.02


class StopRule(object):
    """Ends measuring by count, by the interval of the median, or by time.

    ``k``: passes, or None; ``until``: relative half width of the 95 % interval of the median, or
    None; ``max_time_s`` bounds both, MOST passes the second. ``applied`` says afterwards which rule it was.
    """

    def __init__(self, k, until, max_time_s):
        self.k = k
        self.until = until
        self.max_time_ns = int(max_time_s * 1e9)
        self.applied = {}
        self._next_look = LEAST

    def quota(self, n):
        """How many more passes may be run before the rule is asked again."""
        if self.k is not None:
            return self.k - n
        return max(1, min(self._next_look, MOST) - n)

    def reason(self, durations, elapsed_ns):
        """Why it is enough, or None. ``durations`` are nanoseconds; at least one pass is kept."""
        n = len(durations)
        if self.k is not None and n >= self.k:
            return self._enough("count", "count: {} passes".format(n), durations)
        if n and elapsed_ns >= self.max_time_ns:
            text = "time: {:g} s were over after {} passes".format(self.max_time_ns / 1e9, n)
            return self._enough("time", text, durations)
        if self.until is None or n < min(self._next_look, MOST):
            return None
        self._next_look = int(math.ceil(n * GROWTH))
        width = relative_half_width(durations)
        if width <= self.until and elapsed_ns >= min(LEAST_TIME_NS, self.max_time_ns):
            text = "interval: median within {:.2g} % after {} passes".format(100 * width, n)
            return self._enough("interval", text, durations, width)
        if n >= MOST:
            return self._enough("passes", "passes: {} and the median within {:.2g} %".format(n, 100 * width), durations)
        return None

    def _enough(self, outcome, text, durations, width=None):
        if width is None and self.until is not None and len(durations) > 5:
            width = relative_half_width(durations)
        self.applied = {"outcome": outcome, "text": text, "passes": len(durations)}
        if width is not None:
            self.applied.update(value=width, target=self.until)
        elif outcome == "count":
            self.applied["target"] = self.k
        return text


class FlatRule(object):
    """Ends the warm-up when the series is flat: two neighbouring halves of its newest passes agree.

    They agree when their medians differ by less than 2 %, or by less than their noise would make
    them differ. At least 3 passes and half a second; at most half of the time a case has, and 30 s.
    """

    def __init__(self, max_time_s):
        self.limit_ns = int(min(WARM_LIMIT_S, max_time_s / 2) * 1e9)
        self.applied = {}
        self._next_look = WARM_LEAST

    def quota(self, n):
        return max(1, self._next_look - n)

    def reason(self, durations, elapsed_ns):
        n = len(durations)
        if n < WARM_LEAST:
            if elapsed_ns < self.limit_ns or not n:
                return None
            return self._over("not_flat", "not flat after {:.1f} s: measured all the same", durations, None, elapsed_ns)
        if n < self._next_look and elapsed_ns < self.limit_ns:
            return None
        self._next_look = n + max(1, n // 4)
        step, noise = change(durations)
        if abs(step) <= max(SAME, noise) and elapsed_ns >= min(WARM_TIME_NS, self.limit_ns):
            return self._over("flat", "flat after {passes} passes, {:.1f} s", durations, step, elapsed_ns)
        if elapsed_ns >= self.limit_ns:
            text = "not flat after {:.1f} s ({passes} passes): measured all the same"
            return self._over("not_flat", text, durations, step, elapsed_ns)
        return None

    def _over(self, outcome, text, durations, step, elapsed_ns):
        text = text.format(elapsed_ns * 1e-9, passes=len(durations))
        self.applied = {"outcome": outcome, "text": text, "passes": len(durations)}
        if step is not None:
            self.applied.update(value=step, target=SAME)
        return text


def change(durations):
    """(relative step between the two newest halves, what noise alone would make of it at 95 %)."""
    half = max(1, min(len(durations) // 2, 500))
    before, after = sorted(durations[-2 * half : -half]), sorted(durations[-half:])
    first, last = median(before), median(after)
    spread = 1.4826 * median(sorted(abs(value - first) for value in before))
    # The standard error of a median is 1.2533 sigma / sqrt(n); of a difference of two, sqrt 2 times that.
    noise = Z95 * 1.2533 * spread * math.sqrt(2.0 / half) / first if half >= 5 and first else 0.0
    return ((last / first - 1.0) if first else 0.0), noise


def median(ordered):
    n = len(ordered)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2.0


def relative_half_width(durations):
    """Half width of the 95 % interval of the median over the median, by order statistics.

    Ranks n/2 -+ 1.96 sqrt(n)/2 (Conover, Practical Nonparametric Statistics, 3.2), widened by what the
    passes hang together (see ``effective_share``); the larger side.
    """
    ordered = sorted(durations)
    n = len(ordered)
    half = Z95 * math.sqrt(n / effective_share(durations)) / 2
    low = ordered[max(0, int(math.floor(n / 2 - half)) - 1)]
    high = ordered[min(n - 1, int(math.ceil(n / 2 + half)))]
    middle = median(ordered)
    return max(high - middle, middle - low) / middle if middle else 0.0


def effective_share(durations):
    """n_eff / n: 1 / (1 + 2 sum rho_k), rho on ranks, cut at the first pair of lags that is not positive
    (Geyer, Practical Markov Chain Monte Carlo, 1992). Between 2 / n and 1.
    """
    values = durations[-STRETCH:]
    n = len(values)
    if n < 4:
        return 1.0
    centred = _centred_ranks(values)
    variance = sum(value * value for value in centred)
    if not variance:
        return 1.0
    total, lag = 0.0, 1
    while lag + 1 < min(n // 2, MOST_LAGS):
        pair = (_product(centred, lag) + _product(centred, lag + 1)) / variance
        if pair <= 0:
            break
        total += pair
        lag += 2
    return min(1.0, max(2.0 / n, 1.0 / (1.0 + 2.0 * total)))


def _centred_ranks(values):
    """Ranks around 0, ties at their mean: in the order of time they would seem to rise."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    middle = (len(values) - 1) / 2.0
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for place in order[first : last + 1]:
            found[place] = (first + last) / 2.0 - middle
        first = last + 1
    return found


def _product(values, lag):
    return sum(a * b for a, b in zip(values, values[lag:]))


# Soak: the board has settled when it gets no warmer and no slower
SETTLE_S = 180
SETTLED_SLOPE = 0.5  # C a minute
LEAST_HALF = 10  # seconds with passes in each half of that time


class SoakRule(object):
    """Ends a soak before its time: the board has settled, or comes near the temperature at which it shuts down.

    Fed with what is seen, by the second; holds SETTLE_S of it. ``abort_at`` in degrees C, None where the board
    tells no critical trip. Without a temperature nothing is settled: heat may still come.
    """

    def __init__(self, abort_at):
        self._abort_at = abort_at
        self._temperatures = collections.deque()  # (second, C)
        self._latencies = collections.deque()  # (second, median of the passes told in it)
        self._passes = []  # of the newest second
        self._second = None

    def see(self, seconds, celsius, durations):
        """At ``seconds`` since its begin. Returns the fields of the rule event once it is over, else None."""
        self._passes.extend(durations)
        if self._second is not None and int(seconds) == self._second:
            return None
        self._second = int(seconds)
        if self._passes:
            self._keep(self._latencies, median(sorted(self._passes)))
            self._passes = []
        if celsius is None:
            self._temperatures.clear()
            return None
        self._keep(self._temperatures, celsius)
        if self._abort_at is not None and celsius >= self._abort_at:
            text = "aborted at {:.1f} C, {:.0f} s on: the board shuts down a few degrees above"
            return self._told("abort", text.format(celsius, seconds), celsius, self._abort_at)
        return self._settled(seconds)

    def _keep(self, series, value):
        series.append((self._second, value))
        while series[0][0] < self._second - SETTLE_S:
            series.popleft()

    def _settled(self, seconds):
        if self._second - self._temperatures[0][0] < SETTLE_S:
            return None
        middle = self._second - SETTLE_S / 2.0
        before = sorted(value for second, value in self._latencies if second < middle)
        after = sorted(value for second, value in self._latencies if second >= middle)
        if min(len(before), len(after)) < LEAST_HALF or abs(median(after) / median(before) - 1.0) > SAME:
            return None
        slope = 60.0 * _least_squares(self._temperatures)
        if abs(slope) >= SETTLED_SLOPE:
            return None
        text = "settled after {:.0f} s: {:+.2f} C a minute, and no slower, for {} s".format(seconds, slope, SETTLE_S)
        return self._told("settled", text, slope, SETTLED_SLOPE)

    def _told(self, outcome, text, value, target):
        return {"outcome": outcome, "text": text, "value": round(value, 3), "target": round(target, 3)}


def _least_squares(points):
    """Slope of (x, y)."""
    n = float(len(points))
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
