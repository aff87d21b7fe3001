"""Where the time of a pass goes, by class of operator: passes of their own under torch's profiler, never timed ones.

Times are those of the outermost operators; what they call is in them. Shapes tell a depthwise convolution from a
dense one. Multiply-adds of modules come from hooks, in a pass that is not profiled; those of matrix products without
a module from the shapes.
"""

import os

from jetbench_agent import cores
from jetbench_agent.bench import onednn
from jetbench_agent.bench.dtypes import DTYPES
from jetbench_agent.stream import monotonic_ns

WARM, PLAIN, PROFILED = 3, 20, 10  # passes: the fastest of them count
LONGEST_NS = 3 * 10**9  # of each kind; at least one is run
DEPTHWISE, POINTWISE, DENSE, GROUPED = "depthwise conv", "pointwise conv", "dense conv", "grouped conv"
LINEAR, NORM, ELEMENTWISE, POOLING = "linear/matmul", "normalisation", "activation/elementwise", "pooling"
MOVEMENT, OTHER = "memory movement", "other"
_BY_NAME = (
    (MOVEMENT, ("upsample", "interpolate", "pixel_shuffle")),  # "bilinear" is no linear layer
    (LINEAR, ("linear", "addmm", "matmul", "::mm", "bmm", "attention", "einsum", "baddbmm")),
    (NORM, ("norm",)),
    (POOLING, ("pool",)),
    (
        MOVEMENT,
        ("copy", "::to", "cat", "flatten", "reshape", "contiguous", "permute", "transpose", "clone", "view", "chunk")
        + ("split", "stack", "roll", "::pad", "slice", "select", "expand", "unsqueeze", "squeeze", "index", "empty"),
    ),
    (
        ELEMENTWISE,
        ("relu", "hardtanh", "hardswish", "hardsigmoid", "silu", "gelu", "sigmoid", "tanh", "softmax", "dropout")
        + ("::add", "::mul", "::sub", "::div", "clamp", "mean", "sum", "exp"),
    ),
)


def conv_class(weight, channels):
    """Of the shape of a convolution's weights (out, in / groups, kernel...) and the channels of its input."""
    groups = channels // weight[1] if weight[1] else 1
    if groups > 1:
        return DEPTHWISE if weight[1] == 1 else GROUPED
    return POINTWISE if all(k == 1 for k in weight[2:]) else DENSE


def op_class(name, shapes):
    """Class of an operator as the profiler names it, with the shapes of its inputs."""
    if "conv" in name:
        if len(shapes) > 1 and len(shapes[0]) > 2 and len(shapes[1]) > 2:
            return conv_class(shapes[1], shapes[0][1])
        return OTHER
    for kind, words in _BY_NAME:
        if any(word in name for word in words):
            return kind
    return OTHER


def run(job, send):
    """Send one ``profile`` event for ``job["case"]``."""
    case = job["case"]
    if job.get("cores"):
        cores.keep_to(job["cores"])
    import torch

    torch.set_num_threads(case["threads"])
    onednn.switch(torch, job.get("onednn", True))
    model, given, device = loaded(torch, case)
    sync = torch.cuda.synchronize if device.type == "cuda" else _nothing
    with no_grad(torch):
        layers = layers_of(model, given)
        for _ in range(WARM):
            model(*given[0], **given[1])
        plain = _timed(model, given, sync, PLAIN)
        profiled, told = _profiled(torch, model, given, device, sync)
    classes = {name: dict(row, macs=0) for name, row in told.items()}
    for row in layers:
        classes.setdefault(row[1], {"ns": 0, "calls": 0, "events": 0, "macs": 0})["macs"] += row[2]
    send(
        "profile",
        c=case["id"],
        r=job.get("round", 0),
        plain=plain,
        profiled=profiled,
        classes=[dict(row, name=name) for name, row in sorted(classes.items())],
        layers=layers,
        onednn=onednn.is_on(torch),
    )


def no_grad(torch):
    return torch.inference_mode() if hasattr(torch, "inference_mode") else torch.no_grad()


def loaded(torch, case):
    """(model, (arguments, named ones) of a pass, device) of a case, as it is measured."""
    from jetbench_agent.bench import inputs, models

    device, dtype = torch.device(case["device"]), getattr(torch, DTYPES[case["variant"]])
    model = models.build(case["model"], case.get("weights"))
    if not hasattr(model, "named_modules"):
        raise models.BadModelError("it is no torch module: nothing is known of what it calls")
    form = models.form(case["model"], case["batch"], case.get("size"))
    return model.to(device=device, dtype=dtype), inputs.moved(form.make(drawn=True), device, dtype), device


def layers_of(model, given):
    """[name, class, MACs, bytes] of every leaf module that a pass calls: its input, weights and output once."""
    from jetbench_agent.bench import tensors

    rows, handles = [], []

    def hook(name):
        def told(module, inputs, output):
            out = next(iter(tensors.of(output)), None)
            taken = next(iter(tensors.of(inputs)), None)
            if out is None or taken is None:
                return
            kind, macs = _of_module(module, taken, out)
            held = sum(p.numel() * p.element_size() for p in module.parameters())
            moved = sum(t.numel() * t.element_size() for t in (*tensors.of(inputs), *tensors.of(output)))
            rows.append([name, kind, macs, int(held + moved)])

        return told

    try:
        for name, module in model.named_modules():
            if not list(module.children()):
                handles.append(module.register_forward_hook(hook(name)))
        model(*given[0], **given[1])
    finally:
        for handle in handles:
            handle.remove()
    return rows


def _of_module(module, taken, out):
    weight = getattr(module, "weight", None)
    kind = type(module).__name__
    if kind.startswith("Conv") and weight is not None:
        macs = out.numel() // max(1, weight.shape[0]) * weight.numel()
        return conv_class(list(weight.shape), taken.shape[1]), int(macs)
    if "Linear" in kind and weight is not None:
        return LINEAR, int(out.numel() * weight.shape[-1])
    return op_class("::" + kind.lower(), []), 0


def _timed(model, given, sync, most):
    found, begun = [], monotonic_ns()
    while not found or (len(found) < most and monotonic_ns() - begun < LONGEST_NS):
        start = monotonic_ns()
        model(*given[0], **given[1])
        sync()
        found.append(monotonic_ns() - start)
    return found


def _profiled(torch, model, given, device, sync):
    """(ns of every profiled pass, {class: ns, calls and events of the fastest of them}).

    Each pass has a profiler of its own, so that the one least disturbed can be told. ``events`` counts what the
    outermost operators called as well: each costs time that only the profiler takes.
    """
    from torch.autograd import profiler

    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # it prints that it starts
    arguments = {"record_shapes": True}
    if device.type == "cuda":
        arguments["use_cuda"] = True
    best, passes, begun = None, [], monotonic_ns()
    while not passes or (len(passes) < PROFILED and monotonic_ns() - begun < LONGEST_NS):
        with profiler.profile(**arguments) as told:
            took = _timed(model, given, sync, 1)[0]
        if best is None or took < min(passes):
            best = told.function_events
        passes.append(took)
    return passes, _by_class(best, device.type == "cuda")


def _by_class(events, cuda):
    found = {}
    for event in events:
        if not _is_operator(event):
            continue
        outer = _outermost(event)
        row = found.setdefault(op_class(outer.name, outer.input_shapes or []), {"ns": 0, "calls": 0, "events": 0})
        row["events"] += 1
        if outer is event:
            row["ns"] += int((_device_us(event) if cuda else event.cpu_time_total) * 1e3)
            row["calls"] += 1
    return found


def _is_operator(event):
    return event.name.startswith(("aten::", "torchvision::"))


def _outermost(event):
    parent = event.cpu_parent
    while parent is not None:
        if _is_operator(parent):
            event = parent
        parent = parent.cpu_parent
    return event


def _device_us(event):
    spent = getattr(event, "device_time_total", None)
    return spent if spent is not None else event.cuda_time_total


def _nothing():
    return None
