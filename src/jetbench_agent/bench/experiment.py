"""A/B trials that test why a case is as fast as it is: one child, all variants in turns, in random order.

Every round runs each variant once for a slice of time, in an order drawn anew from the seed. What a variant needs
(another memory format, another dtype) is made before the first round, so no round pays for it.
"""

import functools
import random

from jetbench_agent import cores
from jetbench_agent.bench import onednn, profile, tensors
from jetbench_agent.bench.dtypes import DTYPES
from jetbench_agent.stream import monotonic_ns

ROUNDS = 8
LEAST_ROUNDS, LONGEST_NS = 6, 90 * 10**9  # a slow board ends sooner
LEAST_PASSES = 2  # of a variant in a round, 1 of a slow one; the first after a change of settings is not kept
SLICE_NS = 150 * 1000 * 1000
BASE = "as it is"


def run(job, send):
    """Send an ``experiment`` event for every variant, those that cannot be run with a reason."""
    case = job["case"]
    if job.get("cores"):
        cores.keep_to(job["cores"])
    import torch

    torch.set_num_threads(case["threads"])
    onednn.switch(torch, job.get("onednn", True))
    model, given, device = profile.loaded(torch, case)
    with profile.no_grad(torch):
        variants, absent = _variants(torch, job, model, given, device)
        sync = torch.cuda.synchronize if device.type == "cuda" else _nothing
        for name in list(variants):
            try:
                variants[name][0]()
                variants[name][1]()
                sync()
            except Exception as error:  # whatever a model raises that cannot do it
                absent[name] = _reason(error)
                del variants[name]
            finally:
                _reset(torch, case, job)
        samples = _rounds(torch, variants, sync, job, case, send)
    for name, found in samples.items():
        send("experiment", c=case["id"], name=name, items=variants[name][2], d=found, seed=job["seed"])
    for name, reason in sorted(absent.items()):
        send("experiment", c=case["id"], name=name, reason=reason, seed=job["seed"])


def _rounds(torch, variants, sync, job, case, send):
    """{variant: durations by round, ns}"""
    chance = random.Random(job["seed"])
    names = sorted(variants)
    samples = {name: [] for name in names}
    started = monotonic_ns()
    for number in range(job.get("rounds", ROUNDS)):
        if number >= LEAST_ROUNDS and monotonic_ns() - started > LONGEST_NS:
            break
        send("alive")
        chance.shuffle(names)
        for name in names:
            prepare, call, _ = variants[name]
            prepare()
            begun = monotonic_ns()
            call()
            sync()
            least = LEAST_PASSES if monotonic_ns() - begun < SLICE_NS else 1
            found, begun = [], monotonic_ns()
            while len(found) < least or monotonic_ns() - begun < SLICE_NS:
                start = monotonic_ns()
                call()
                sync()
                found.append(monotonic_ns() - start)
            samples[name].append(found)
            _reset(torch, case, job)
    return samples


def _reset(torch, case, job):
    torch.set_num_threads(case["threads"])
    onednn.switch(torch, job.get("onednn", True))
    torch.backends.cudnn.benchmark = False


def _variants(torch, job, model, given, device):
    """({name: (prepare, call, items of a pass)}, {name: why not})."""
    case, size = job["case"], job["case"]["batch"]
    found, absent = {BASE: (_nothing, _call(model, given), size)}, {}
    twice = _twice(case, given, device, next(iter(tensors.of(given))).dtype)
    if isinstance(twice, str):
        absent["batch x2"] = twice
    else:
        found["batch x2"] = _nothing, _call(model, twice), 2 * size
    for kind in job.get("without", ()):
        try:
            found["without " + kind] = _nothing, _ablated(torch, model, given, kind), size
        except (RuntimeError, LookupError) as error:
            absent["without " + kind] = _reason(error)
    on_cpu = device.type == "cpu"
    wanted = not job.get("onednn", True)
    name = "oneDNN on" if wanted else "oneDNN off"
    if on_cpu and onednn.has(torch):
        found[name] = (lambda: onednn.switch(torch, wanted), _call(model, given), size)
    else:
        absent[name] = "this torch is built without oneDNN" if on_cpu else "it is a library for the CPU"
    _threads(torch, job, model, given, on_cpu, found, absent)
    _layouts(torch, case, model, given, found, absent)
    if on_cpu:
        absent["cudnn.benchmark"] = absent["CUDA graph"] = "needs a GPU that CUDA runs on"
    else:
        found["cudnn.benchmark"] = (lambda: _benchmark(torch), _call(model, given), size)
        _graph(torch, model, given, size, found, absent)
    return found, absent


def _call(model, given):
    return functools.partial(model, *given[0], **given[1])


def _twice(case, given, device, dtype):
    """The inputs at double the batch, or why there are none."""
    from jetbench_agent.bench import inputs, models

    try:
        return inputs.moved(
            models.form(case["model"], 2 * case["batch"], case.get("size")).make(drawn=True), device, dtype
        )
    except models.BadModelError as error:
        return _reason(error)


def _changed(torch, value, change):
    """Every tensor that a change of type or layout applies to, however deep."""
    if isinstance(value, dict):
        return {key: _changed(torch, item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_changed(torch, item, change) for item in value)
    if not hasattr(value, "is_floating_point") or not value.is_floating_point():
        return value
    return value.to(**change) if "dtype" in change or value.dim() == 4 else value


def _threads(torch, job, model, given, on_cpu, found, absent):
    case = job["case"]
    most, size = len(job.get("cores") or cores.available()), case["batch"]
    counts = sorted({n for n in (1, 2, 4, most) if n <= most and n != case["threads"]})
    for count in counts if on_cpu else ():
        found["threads {}".format(count)] = (lambda n=count: torch.set_num_threads(n), _call(model, given), size)
    if not on_cpu or not counts:
        absent["threads"] = "it has one core to run on" if on_cpu else "it runs on the GPU"


def _layouts(torch, case, model, given, found, absent):
    import copy

    size = case["batch"]
    changes = [("channels_last", {"memory_format": torch.channels_last})]
    on_gpu = case["device"] != "cpu"  # on a CPU half is emulated
    others = [name for name in sorted(DTYPES) if name != case["variant"] and (on_gpu or name != "fp16")]
    changes += [(name, {"dtype": getattr(torch, DTYPES[name])}) for name in others]
    for name, change in changes:
        try:
            other, fed = copy.deepcopy(model).to(**change), _changed(torch, given, change)
        except Exception as error:  # whatever a model has that cannot be copied or turned
            absent[name] = _reason(error)
            continue
        found[name] = (_nothing, _call(other, fed), size)


def _ablated(torch, model, given, kind):
    """The model with every module of a class replaced by one that computes nothing: what that class costs, told
    without the profiler. LookupError where no module is of that class."""
    import copy

    other, outputs = copy.deepcopy(model), {}
    names = {row[0] for row in profile.layers_of(model, given) if row[1] == kind}
    if not names:
        raise LookupError("no module of the model is one: they are functions")

    def keep(name):
        def kept(module, inputs, output):
            outputs.setdefault(name, []).append(output.clone())

        return kept

    handles = [m.register_forward_hook(keep(n)) for n, m in model.named_modules() if n in names]
    model(*given[0], **given[1])
    for handle in handles:
        handle.remove()
    for name, made in outputs.items():
        parent, path = other, name.split(".")
        for word in path[:-1]:
            parent = parent._modules[word]
        parent._modules[path[-1]] = _constant(torch, made)
    return _call(other, given)


def _constant(torch, outputs):
    """A module that gives what the replaced one gave, call by call: it may be called more than once a pass."""

    class Constant(torch.nn.Module):
        def __init__(self):
            torch.nn.Module.__init__(self)
            self.calls = 0

        def forward(self, *_, **__):
            self.calls += 1
            return outputs[(self.calls - 1) % len(outputs)]

    return Constant()


def _reason(error):
    said = str(error).strip()
    return said.splitlines()[0][:200] if said else type(error).__name__


def _graph(torch, model, given, size, found, absent):
    if not hasattr(torch.cuda, "CUDAGraph"):
        absent["CUDA graph"] = "this torch has none (1.10 on)"
        return
    try:
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            for _ in range(3):
                model(*given[0], **given[1])
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            model(*given[0], **given[1])
        found["CUDA graph"] = (_nothing, graph.replay, size)
    except RuntimeError as error:
        absent["CUDA graph"] = _reason(error)


def _benchmark(torch):
    torch.backends.cudnn.benchmark = True


def _nothing():
    return None
