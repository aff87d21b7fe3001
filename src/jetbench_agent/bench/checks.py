"""What `jetbench-tui doctor` has this interpreter do: each step executes something, and tells what came of it.

A step runs in a process that may die of it (jetbench_agent.doctor starts it and watches), so a build that crashes or
hangs is a finding as well. The steps only tell; what their facts mean is judged on the screen side.
"""

import faulthandler
import glob
import os
import signal
import sys

from jetbench_agent.bench.lifeline import die_with_parent
from jetbench_agent.stream import Sender, monotonic_ns, take_stdout

TOLERANCE = 1e-3  # of the largest value: Winograd convolutions are not exact, a broken kernel is far beyond
_SIZE = 48  # of the matrices: large enough for the blocked kernels, a tenth of a second in plain Python
_HINT_SHARE = 0.8  # of the limit after which a step that hangs says on stderr where it is


def main(limit_s, names):
    """Carry out the named steps. Exit status 0 however they end; what each came to leaves as an event."""
    die_with_parent()
    sender = Sender(take_stdout(), numbered=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    for name in names:
        sender.send("check", name=name)
        faulthandler.dump_traceback_later(max(0.5, _HINT_SHARE * limit_s))
        begin = monotonic_ns()
        try:
            told = {"facts": _STEPS[name]()}
        except Exception as error:  # whatever a broken build raises
            told = {"error": _said(error), "cause": "raised", "evidence": _kind_and_place(error)}
        spent = monotonic_ns() - begin
        faulthandler.cancel_dump_traceback_later()
        sender.send("check", name=name, ns=spent, **told)
        if name == "torch" and "error" in told:
            break
    sys.stderr.flush()
    os._exit(0)  # tearing torch down takes seconds, and may crash in its turn


def _said(error):
    lines = str(error).strip().splitlines() or [""]
    return "{}: {}".format(type(error).__name__, lines[0][:300]).rstrip(": ")


def _kind_and_place(error):
    """Where it was raised, the innermost frame last but as the only one: that names the package at fault."""
    place, trace = None, error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "importlib" not in code.co_filename:
            place = "{}, line {}".format(code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return [place] if place else []


# -- torch itself


def _torch():
    import torch

    folder = os.path.dirname(os.path.abspath(torch.__file__))
    return {
        "version": str(torch.__version__),
        "folder": folder,
        "cuda_built": torch.version.cuda,
        "hip_built": getattr(torch.version, "hip", None),
        "tags": _wheel_tags(folder),
        "others": _other_copies(folder),
    }


def _wheel_tags(folder):
    """Tags of the wheel it was installed from: NVIDIA's are linux_aarch64, those of a package index manylinux."""
    found = []
    for path in glob.glob(os.path.join(glob.escape(os.path.dirname(folder)), "torch-*.dist-info", "WHEEL")):
        with open(path, errors="replace") as file:
            found += [line.split(":", 1)[1].strip() for line in file if line.startswith("Tag:")]
    return found[:8]


def _other_copies(folder):
    """Further folders of torch on the path: the one imported hides them."""
    found = []
    for place in sys.path:
        other = os.path.join(os.path.abspath(place or "."), "torch")
        if os.path.isfile(os.path.join(other, "__init__.py")) and os.path.realpath(other) != os.path.realpath(folder):
            found.append(other)
    return sorted(set(found))[:4]


def _build():
    import torch

    backends = torch.backends
    return {
        "config": torch.__config__.show()[:2000],
        "parallel": torch.__config__.parallel_info()[:1000],
        "threads": torch.get_num_threads(),
        "mkldnn": bool(backends.mkldnn.is_available()),
        "openmp": bool(getattr(backends, "openmp", None) and backends.openmp.is_available()),
    }


# -- does it compute


def _arithmetic():
    """A product of matrices and two convolutions against the same in plain Python, with whole numbers."""
    import torch

    found = {"threads": torch.get_num_threads(), "tolerance": TOLERANCE}
    with torch.no_grad():
        left, right = _numbers(_SIZE * _SIZE, 7), _numbers(_SIZE * _SIZE, 11)
        got = torch.mm(torch.tensor(left).reshape(_SIZE, _SIZE), torch.tensor(right).reshape(_SIZE, _SIZE))
        found["matmul"] = _worst(got, plain_matmul(left, right, _SIZE))
        for name, groups in (("convolution", 1), ("depthwise", 8)):
            inputs, weights = _numbers(8 * 20 * 20, 3), _numbers(8 * (8 // groups) * 9, 5)
            got = torch.nn.functional.conv2d(
                torch.tensor(inputs).reshape(1, 8, 20, 20),
                torch.tensor(weights).reshape(8, 8 // groups, 3, 3),
                padding=1,
                groups=groups,
            )
            found[name] = _worst(got, plain_convolution(inputs, weights, 8, 20, groups))
    return found


def _numbers(count, seed):
    """Whole numbers from -4 to 4 as floats: their sums are exact in fp32, in whatever order they are made."""
    state, found = seed, []
    for _ in range(count):
        state = (1103515245 * state + 12345) % (1 << 31)
        found.append(float((state >> 16) % 9 - 4))
    return found


def plain_matmul(left, right, size):
    columns = [right[column::size] for column in range(size)]
    rows = [left[row * size : (row + 1) * size] for row in range(size)]
    return [sum(a * b for a, b in zip(row, column)) for row in rows for column in columns]


def plain_convolution(inputs, weights, channels, size, groups):
    """3 x 3, one pixel of zeros around, as many channels out as in."""
    found, inner = [], channels // groups
    for out in range(channels):
        first = out // inner * inner if groups > 1 else 0
        for y in range(size):
            for x in range(size):
                total = 0.0
                for near in range(inner):
                    plane, kernel = (first + near) * size * size, (out * inner + near) * 9
                    for dy in range(max(0, 1 - y), min(3, size + 1 - y)):
                        row = plane + (y + dy - 1) * size
                        for dx in range(max(0, 1 - x), min(3, size + 1 - x)):
                            total += inputs[row + x + dx - 1] * weights[kernel + 3 * dy + dx]
                found.append(total)
    return found


def _worst(got, expected):
    """The largest difference over the largest value; None where a result is no number at all."""
    values = got.reshape(-1).tolist()
    if len(values) != len(expected) or any(value != value or abs(value) > 1e30 for value in values):
        return None
    scale = max(abs(value) for value in expected)
    return max(abs(one - two) for one, two in zip(values, expected)) / scale


def _kernels():
    """Which operators a depthwise convolution comes down to, by the profiler: what a flag of the build only claims."""
    import torch
    from torch.autograd import profiler

    channels = 16
    batch, weights = torch.rand(1, channels, 32, 32), torch.rand(channels, 1, 3, 3)
    with torch.no_grad():
        torch.nn.functional.conv2d(batch, weights, padding=1, groups=channels)
        with profiler.profile() as seen:
            torch.nn.functional.conv2d(batch, weights, padding=1, groups=channels)
    calls = {str(entry.key): int(entry.count) for entry in seen.key_averages() if "conv" in str(entry.key)}
    return {"channels": channels, "calls": calls}


# -- what is beside torch


def _torchvision():
    import torch
    import torchvision

    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [1.0, 1.0, 11.0, 11.0], [20.0, 20.0, 30.0, 30.0]])
    kept = torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.5).tolist()
    return {
        "version": str(torchvision.__version__),
        "folder": os.path.dirname(os.path.abspath(torchvision.__file__)),
        "nms": kept,
        "expected": [0, 2],  # the second box covers 68 % of the union with the first
    }


def _ptflops():
    import ptflops

    from jetbench_agent.bench.describe import _version

    return {"version": _version("ptflops"), "counts": hasattr(ptflops, "get_model_complexity_info")}


# -- CUDA


def _cuda():
    """A product and a convolution on the GPU against the CPU's; where it does not come to that, what torch says."""
    import torch

    found = {"built": torch.version.cuda, "available": False}
    if torch.version.cuda is None and getattr(torch.version, "hip", None) is None:
        return found
    if hasattr(torch.cuda, "get_arch_list"):
        found["archs"] = list(torch.cuda.get_arch_list())
    found["available"] = bool(torch.cuda.is_available())
    try:
        torch.cuda.init()
        found["device"] = str(torch.cuda.get_device_name(0))
        found["devices"] = torch.cuda.device_count()
        found["capability"] = list(torch.cuda.get_device_capability(0))
        found["archs"] = list(torch.cuda.get_arch_list()) or found.get("archs", [])
    except Exception as error:  # no driver, one too old, no device, no permission
        found["said"] = _said(error)
        return found
    for name, kernel in (("product", _product), ("convolution", _convolution)):
        begin = monotonic_ns()
        try:
            found[name] = kernel(torch)
        except Exception as error:  # no kernel image, no cuDNN, no memory
            found["said"] = "{}: {}".format(name, _said(error))
            return found
        found[name + "_ns"] = monotonic_ns() - begin
    found["cudnn"] = torch.backends.cudnn.version()
    return found


def _product(torch):
    left = torch.arange(64 * 64, dtype=torch.float32).reshape(64, 64) / 4096
    there = left.cuda()
    return _agree(torch, there.mm(there.t()).cpu(), left.mm(left.t()))


def _convolution(torch):
    batch = torch.arange(8 * 16 * 16, dtype=torch.float32).reshape(1, 8, 16, 16) / 2048
    weights = torch.arange(8 * 8 * 9, dtype=torch.float32).reshape(8, 8, 3, 3) / 576
    convolve = torch.nn.functional.conv2d
    return _agree(torch, convolve(batch.cuda(), weights.cuda()).cpu(), convolve(batch, weights))


def _agree(torch, got, expected):
    torch.cuda.synchronize()
    return bool(torch.allclose(got, expected, rtol=1e-2, atol=1e-2))


_STEPS = {
    "torch": _torch,
    "build": _build,
    "arithmetic": _arithmetic,
    "kernels": _kernels,
    "torchvision": _torchvision,
    "ptflops": _ptflops,
    "cuda": _cuda,
}
