"""How fast the board is just now: the best of some small matrix products, for boards without a temperature."""

SIZE = 192
REPEATS = 25


def best_ns(threads):
    """Nanoseconds of the fastest of REPEATS products. The best one is what the clocks allow, not what else ran."""
    import torch

    from jetbench_agent.stream import monotonic_ns

    torch.set_num_threads(threads)
    left = torch.rand(SIZE, SIZE)
    best = None
    for _ in range(REPEATS):
        begin = monotonic_ns()
        torch.mm(left, left)
        took = monotonic_ns() - begin
        best = took if best is None else min(best, took)
    return best
