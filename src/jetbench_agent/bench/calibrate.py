"""What this device can do at best: multiply-adds, bytes, calls a second. About 3 s, in a child of its own.

The kernels are run in turns, round after round, so that a disturbance hits all of them. A roof is what the three best
rounds reached: what else runs can only make one slower. It is well known where these agree (``spread``).
Peak by matrix products and a dense convolution, bandwidth by copy and triad (McCalpin, STREAM), chunk by chunk
through arrays larger than four times the last-level cache.
"""

import glob
import itertools

from jetbench_agent import cores
from jetbench_agent.bench.dtypes import DTYPES
from jetbench_agent.stream import monotonic_ns

ROUNDS = 7
SLICE_NS = 40 * 1000 * 1000  # of a kernel in a round
SLOWEST_NS = 400 * 1000 * 1000  # a kernel of which one call takes longer is left out
AGREE = 3  # best rounds that are compared
LEAST_MIB, MOST_MIB = 64, 256  # of an array
CHUNK_MIB = 8  # of it at a time
CALLS = 200  # of an empty operator at a time


def run(job, send):
    """Send one ``calibration`` event: roofs, spreads and the samples of every round."""
    import torch

    if job.get("cores"):
        cores.keep_to(job["cores"])
    torch.set_num_threads(job["threads"])
    device, dtype = torch.device(job["device"]), getattr(torch, DTYPES[job["dtype"]])
    cache_kib = _cache_kib()
    mib = array_mib(cache_kib, job.get("room_kib"))
    begun = monotonic_ns()
    with torch.no_grad():
        kernels = _kernels(torch, device, dtype, mib)
        samples = _rounds(kernels, _sync(torch, device))
    if not samples:
        raise RuntimeError("no kernel of the calibration runs with {} on {}".format(job["dtype"], job["device"]))
    fields = {name: job[name] for name in ("device", "dtype", "threads")}
    fields.update(ns=monotonic_ns() - begun, array_mib=mib, cache_kib=cache_kib, samples=samples)
    send("calibration", **dict(fields, **roofs(samples)))


def array_mib(cache_kib, room_kib):
    """Size of an array of the bandwidth kernels: over four times the cache, under an eighth of the room."""
    wanted = max(LEAST_MIB, min(MOST_MIB, 4 * (cache_kib or 0) // 1024))
    return max(8, min(wanted, room_kib // 1024 // 8)) if room_kib else wanted


def roofs(samples):
    """{kernel: rates a second by round} to the roofs; None where no kernel of a kind ran."""
    found = {}
    kinds = (("peak_flops", "flops."), ("bandwidth", "bytes."), ("calls", "calls."), ("conv_calls", "conv_calls."))
    for field, prefix in kinds:
        rows = {name: rates for name, rates in samples.items() if name.startswith(prefix) and rates}
        if rows:
            name = max(rows, key=lambda name: _agreed(rows[name]))
            found[field] = _agreed(rows[name])
            found[field + "_by"] = name[len(prefix) :]
            found[field + "_spread"] = round(spread(rows[name]), 4)
    return found


def _agreed(rates):
    """The rate that AGREE rounds reached: one alone may have been lucky with a cache."""
    return sorted(rates, reverse=True)[:AGREE][-1]


def spread(rates):
    """How far the AGREE best rounds are apart, as a share of the best."""
    best = sorted(rates, reverse=True)[:AGREE]
    return (best[0] - best[-1]) / best[0] if best[0] else 1.0


def _kernels(torch, device, dtype, mib):
    """{name: (call, work of one call)}; one that this device has not or that is too slow is left out."""
    found = {}
    sync = _sync(torch, device)

    def add(name, make, work):
        try:
            call = make()
            call()
            sync()
            begun = monotonic_ns()
            call()
            sync()
        except (RuntimeError, NotImplementedError):  # no such kernel here, or no memory for it
            return
        if monotonic_ns() - begun < SLOWEST_NS:
            found[name] = call, work

    def product(n):
        left, out = torch.rand(n, n, device=device).to(dtype), torch.empty(n, n, device=device, dtype=dtype)
        return lambda: torch.mm(left, left, out=out)

    sizes = (256, 512, 1024) if device.type == "cpu" else (1024, 2048, 4096)
    for n in sizes:
        add("flops.mm{}".format(n), lambda n=n: product(n), 2.0 * n**3)
    side, channels = 56, 64
    add("flops.conv3x3", lambda: _conv(torch, device, dtype, channels, side), 2.0 * 9 * (channels * side) ** 2)
    chunk = CHUNK_MIB * (1 << 20) // torch.empty((), dtype=dtype).element_size()
    arrays = [torch.ones(mib // CHUNK_MIB * chunk, device=device, dtype=dtype) for _ in range(3)]
    size = float(CHUNK_MIB * (1 << 20))
    add("bytes.copy", lambda: _by_chunks(arrays, chunk, lambda to, one, _: to.copy_(one)), 2 * size)
    triad = _by_chunks(arrays, chunk, lambda to, one, other: torch.add(one, other, alpha=0.5, out=to))
    add("bytes.triad", lambda: triad, 3 * size)
    one = torch.ones(1, device=device, dtype=dtype)

    relu, conv = torch.nn.ReLU(), torch.nn.Conv2d(1, 1, 1).to(device=device, dtype=dtype)
    add("calls.relu", lambda: lambda: _often(relu, one), float(CALLS))
    add("conv_calls.conv1x1", lambda: lambda: _often(conv, one.view(1, 1, 1, 1)), float(CALLS))
    return found


def _by_chunks(arrays, chunk, call):
    """A chunk a call, through all of the arrays and again: none is in a cache, and a call is over before the
    scheduler takes the core away."""
    parts = itertools.cycle(list(zip(*(array.split(chunk) for array in arrays))))
    return lambda: call(*next(parts))


def _often(module, fed):
    """As models call it: through the module."""
    for _ in range(CALLS):
        module(fed)


def _conv(torch, device, dtype, channels, side):
    batch = torch.rand(1, channels, side, side, device=device).to(dtype)
    weight = torch.rand(channels, channels, 3, 3, device=device).to(dtype)
    return lambda: torch.nn.functional.conv2d(batch, weight, padding=1)


def _rounds(kernels, sync):
    samples = {name: [] for name in kernels}
    for _ in range(ROUNDS):
        for name, (call, work) in kernels.items():
            best, begun = None, monotonic_ns()
            while best is None or monotonic_ns() - begun < SLICE_NS:
                start = monotonic_ns()
                call()
                sync()
                took = monotonic_ns() - start
                best = took if best is None else min(best, took)
            samples[name].append(round(work / best * 1e9, 1))
    return samples


def _sync(torch, device):
    return torch.cuda.synchronize if device.type == "cuda" else _nothing


def _nothing():
    return None


def _cache_kib():
    """The last-level cache of a core, or None (sysfs-devices-system-cpu)."""
    sizes = []
    for path in glob.glob("/sys/devices/system/cpu/cpu0/cache/index*/size"):
        try:
            with open(path) as file:
                text = file.read().strip()
            sizes.append(int(text[:-1]) * {"K": 1, "M": 1024}[text[-1]])
        except (OSError, ValueError, KeyError, IndexError):
            continue
    return max(sizes) if sizes else None
