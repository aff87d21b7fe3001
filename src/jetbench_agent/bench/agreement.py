"""How far a variant's output lies from that of fp32 eager: same weights, same input, in a child of its own.

The figure is the largest over all output tensors of floating point of |variant - fp32| / |fp32| (Euclidean norms),
computed in float64. It is taken after the timed passes, since the pass in fp32 would warm up what they start cold.
"""

from jetbench_agent import cores
from jetbench_agent.bench import inputs, tensors, variants

NOT_FINITE = "it gives numbers that are not finite, and fp32 does not"


def run(job, send):
    """Send one ``agreement`` event for ``job["case"]``."""
    case = job["case"]
    if job.get("cores"):
        cores.keep_to(job["cores"])
    import torch

    from jetbench_agent.bench import models

    torch.set_num_threads(case["threads"])
    device = torch.device(case["device"])
    model = models.build(case["model"], case.get("weights"))
    given = models.form(case["model"], case["batch"], case.get("size")).make(drawn=True)
    with torch.inference_mode() if hasattr(torch, "inference_mode") else torch.no_grad():
        if hasattr(model, "to"):
            model = model.to(device=device, dtype=torch.float32)
        expected = _floats(torch, inputs.call(model, inputs.moved(given, device, torch.float32)))
    model, moved = variants.prepare(torch, model, given, device, case["variant"])
    with torch.inference_mode() if hasattr(torch, "inference_mode") else torch.no_grad():
        found = _floats(torch, inputs.call(model, moved))
    error, reason = difference(torch, expected, found)
    send("agreement", c=case["id"], error=error, reason=reason, not_finite=reason == NOT_FINITE)


def difference(torch, expected, found):
    """(relative error, None), or (None, why there is none)."""
    if not expected:
        return None, "its output holds no tensor of floating point"
    if [tensor.shape for tensor in expected] != [tensor.shape for tensor in found]:
        return None, "the outputs have other shapes: what it gives depends on what it finds"
    if not all(bool(torch.isfinite(tensor).all()) for tensor in expected):
        return None, "fp32 gives numbers that are not finite"
    if not all(bool(torch.isfinite(tensor).all()) for tensor in found):
        return None, NOT_FINITE
    worst = 0.0
    for right, wrong in zip(expected, found):
        size, apart = float(right.norm()), float((wrong - right).norm())
        worst = max(worst, apart / size if size else apart)
    return worst, None


def _floats(torch, output):
    """Every tensor of floating point in an output, and array of a library of numbers, as float64 on the CPU."""
    flat = [torch.as_tensor(value) for value in _arrays(output)] or list(tensors.of(output))
    return [tensor.detach().to("cpu", torch.float64).clone() for tensor in flat if tensor.is_floating_point()]


def _arrays(output):
    """What ONNX Runtime gives: a list of arrays."""
    parts = output if isinstance(output, list) else []
    return parts if all(hasattr(part, "__array_interface__") for part in parts) else []
