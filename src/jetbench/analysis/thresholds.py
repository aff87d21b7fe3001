"""Every threshold by which a measurement is judged, once, with where it comes from."""

from __future__ import annotations

# Flags of single passes
WAIT_SHARE = 0.01  # of a pass spent waiting for a core: more than the loop itself may cost (1 %)
STEAL_SHARE = 0.05  # of a batch taken by the hypervisor: /proc/stat counts in steps of 10 ms
CLOCK_DROP = 0.97  # of its upper plateau: NVBench drops below 0.75, Jetson's first step down is 0.92
BUSY_LOAD = 80.0  # %: below, a governor that lowers the clock is doing its work

# Outliers: Tukey's far-out fence, in a rolling window so that drift is none
FENCE = 3.0  # interquartile ranges
WINDOW = 101  # passes

# Change points of block medians (after Barrett et al., OOPSLA 2017; Killick et al. 2012)
BLOCKS = 200  # at most
LEAST_BLOCK = 5  # passes, so that a single outlier does not move its median
LEAST_BLOCKS = 3  # a level holds at least so many
PENALTY = 4.5  # x ln B, in units of the noise's variance
NOISE_FLOOR = 0.002  # of the median: below, levels differ by what a clock resolves
SAME_LEVEL = 0.02
LAST_LEVEL_SHARE = 0.25  # the last level is the steady one only if it lasts so long
LEAST_PASSES = 60  # of a series that can be judged: fewer found a level in anything (simulated)

# Onset of a slowdown from the latencies alone: CUSUM (Page 1954), tuned by simulation
CUSUM_BLOCK = 20  # passes
CUSUM_BASELINE = 15  # blocks
CUSUM_SLACK = 1.0
CUSUM_ALARM = 8.0
CUSUM_FLOOR = 0.005  # of the median, the least noise assumed
CUSUM_EFFECT = 1.03  # what is not slower by so much is none
CUSUM_LARGE = 1.05  # told by two blocks alone

# Grades
NARROW, WIDE = 0.02, 0.05  # relative half width of the median's interval
LEAST_INDEPENDENT = 30.0  # effective passes for an A
FEW_FLAGS, MANY_FLAGS, MOST_FLAGS = 0.05, 0.20, 0.50
ROUNDS_DIFFER = 0.05  # medians of rounds apart by more
