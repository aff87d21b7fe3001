"""Simulated latencies that hang together and have outliers, as those of a real machine do."""

from __future__ import annotations

import math
import random


def noisy(draw: random.Random, n: int, factor=lambda i: 1.0, sd: float = 0.03, rho: float = 0.3) -> list[int]:
    """Passes of 20 ms: AR(1) noise of 3 %, one in a hundred an outlier of up to three times as long."""
    values, noise = [], 0.0
    for i in range(n):
        noise = rho * noise + math.sqrt(1 - rho * rho) * draw.gauss(0, sd)
        outlier = 1 + (draw.uniform(0.5, 2) if draw.random() < 0.01 else 0)
        values.append(round(20e6 * factor(i) * (1 + noise) * outlier))
    return values
