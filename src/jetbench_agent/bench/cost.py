"""What a model costs before it is timed: parameters, multiply-adds, bytes. Runs in a child of its own.

MACs are multiply-adds, FLOPs twice that. Counted with gradients enabled and, where torch can, on the
meta device: no weights, no activations; under no_grad torch's counter misses attention (its fused
path has no formula). Counting patches the model and may crash: never in the process that times it.
"""

from jetbench_agent.bench.models import first_line


def parameters(model):
    """Elements: unique, trainable, reached under more than one name, buffers; and bytes of all."""
    unique, names, trainable, size = {}, 0, 0, 0
    for module in model.modules():
        for parameter in module._parameters.values():
            if parameter is None:
                continue
            names += parameter.numel()
            if id(parameter) not in unique:
                unique[id(parameter)] = parameter.numel()
                trainable += parameter.numel() if parameter.requires_grad else 0
                size += parameter.numel() * parameter.element_size()
    total = sum(unique.values())
    buffers = list(model.buffers())
    return {
        "params": total,
        "params_trainable": trainable,
        "params_shared": names - total,
        "buffers": sum(buffer.numel() for buffer in buffers),
        "bytes": size + sum(buffer.numel() * buffer.element_size() for buffer in buffers),
    }


def count(build, shape):
    """Parameters and MACs of the model ``build()`` makes, for a batch of ``shape``, as event fields."""
    model = _on_meta(build)
    if not hasattr(model, "modules"):
        return {"error": "no torch.nn.Module: nothing to count"}
    fields = parameters(model)
    errors = []
    for method, counter in (("flop_counter", _by_dispatch), ("ptflops", _by_ptflops)):
        try:
            fields.update(counter(model if method == "flop_counter" else build(), shape))
            return fields
        except Exception as error:  # a counter may fail in any way; the next one is asked
            errors.append("{}: {}".format(method, first_line(error)))
    fields["error"] = "; ".join(errors)
    return fields


def _on_meta(build):
    """The model without memory for its weights where torch can (2.0), else as it is.

    A few builders read values of tensors and cannot be built that way.
    """
    import torch

    try:
        with torch.device("meta"):
            return build()
    except Exception:  # torch 1.x: a device is no context; or a builder that needs values
        return build()


def _by_dispatch(model, shape):
    """torch.utils.flop_counter (torch 2.1) counts what is dispatched, on the meta device."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    model = model.to("meta")
    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        model(torch.empty(shape, device="meta"))
    flops = int(counter.get_total_flops())
    return {
        "macs": flops // 2,
        "flops": flops,
        "method": "torch.utils.flop_counter",
        "coverage": _coverage(model, counter.get_flop_counts()),
    }


def _coverage(model, counts):
    """Share of the weights that lie in modules the counter gave a figure for.

    Normalisation is left out on both sides: its elements are scaled, not multiplied and added up.
    """
    counted = {name.split(".", 1)[1] for name in counts if "." in name and sum(counts[name].values())}
    total = seen = 0
    for name, module in model.named_modules():
        own = sum(p.numel() for p in module._parameters.values() if p is not None)
        if not own or "Norm" in type(module).__name__:
            continue
        total += own
        seen += own if name in counted else 0
    return round(seen / total, 4) if total else None


def _by_ptflops(model, shape):
    """ptflops' module hooks: the way for a torch without a counter. Adds norms and activations."""
    import torch
    from ptflops import get_model_complexity_info

    with torch.enable_grad():
        macs, _ = get_model_complexity_info(
            model, tuple(shape[1:]), as_strings=False, print_per_layer_stat=False, verbose=False
        )
    if not macs:
        raise ValueError("no module it knows")
    macs = int(macs) * shape[0]
    return {"macs": macs, "flops": 2 * macs, "method": "ptflops", "coverage": None}
