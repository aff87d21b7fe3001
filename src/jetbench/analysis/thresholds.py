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
CUSUM_STEP = 5  # passes between the four layings of the blocks
CUSUM_BASELINE = 15  # blocks
CUSUM_SLACK = 1.0
CUSUM_ALARM = 8.0
CUSUM_FLOOR = 0.01  # of the median, the least noise assumed: 15 blocks may seem quieter than they are
CUSUM_EFFECT = 1.03  # what is not slower by so much is none
CUSUM_LARGE = 1.05  # told by two blocks alone

# Grades
NARROW, WIDE = 0.02, 0.05  # relative half width of the median's interval
LEAST_INDEPENDENT = 30.0  # effective passes for an A
FEW_FLAGS, MANY_FLAGS, MOST_FLAGS = 0.05, 0.20, 0.50
ROUNDS_DIFFER = 0.05  # medians of rounds apart by more

# Output of a variant against fp32 eager, relative: what the number format explains in a deep net. The unit roundoff is
# 2^-11 (fp16) and 2^-8 (bf16), and errors of layers add up; int8 keeps 2^-8 of each tensor's range.
SAME_OUTPUT = 1e-3  # another order of the same additions
OUTPUT_ERROR = {"fp16": 1e-2, "bf16": 1e-1, "int8-dynamic": 2e-1, "int8-static": 5e-1}

# Soak (docs of the figures: burst, sustained, retention)
BURST_S = 10.0  # the first passes after the warm-up
BURST_SHARE = 0.1  # of a soak, where that is shorter
SUSTAINED_SHARE = 0.2  # of it, the last
LEAST_R2 = 0.9  # of the fit of one heat capacity
LEAST_RISE = 2.0  # C: less is the noise of a sensor
MOST_TAU = 2.0  # time constants of what was seen: beyond, the final temperature is not in it

# Verdicts: against the roofs (Williams, Waterman, Patterson, CACM 2009), docs/explain.md
EFFICIENT = 0.4  # of the roof: separates dense from depthwise nets on an x86 CPU (VGG16 55 %, MobileNetV2 18 %); on a
# Jetson it is not checked, so a case within EDGE of it is said to be hardly sure
EDGE = 0.15  # relative distance from a threshold that makes a verdict unsure
CALLS_SHARE = 0.5  # of a pass spent on calling operators: then twice the batch costs at most 1.5 times as much
FAR_OVER = 3.0  # a class takes so many times its share of the multiply-adds
LEAST_SHARE = 0.15  # of the time, for a class to be named
LOST_SHARE = 0.5  # of the time above the roofs, for what is named by that alone
MOST_NAMED = 2  # classes: of more nobody would say that they stand out
STALLED_SHARE = 0.20  # of passes flagged for swap, throttling or a clock drop: nothing is told from such a case
PREEMPTED_SHARE = 0.20  # a doubt: preemption is over with the pass, and the others are as good as ever
LEAST_CLEAN = 10  # passes without a flag that a verdict is told from, where there were so many at all
ROOF_SPREAD = 0.05  # of the best rounds: a roof that is known less well is said to be
PROFILE_OFF = 0.25  # relative: passes around the profile were so much slower than the timed ones
# Trials: what the verdict predicts, halfway between it and its opposite
DOUBLE_COSTS = 1.6  # times a pass of twice the batch takes: below, calls dominate; 2 where nothing is shared
LEAST_ROUNDS = 6  # of a trial: fewer give no 95 % interval by signed ranks
SAVED = 0.5  # of the share of time that the profile gives a class: leaving it out saves at least so much
