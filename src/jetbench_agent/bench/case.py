"""One case, in a forked child: load, first pass, warm-up, measure. Stages are reported as they end."""

import functools
import resource
import signal

from jetbench_agent import cores
from jetbench_agent.bench import memory, models, timing
from jetbench_agent.stopping import StopRule
from jetbench_agent.stream import monotonic_ns

DTYPES = {"fp32": "float32", "fp16": "float16", "bf16": "bfloat16"}


class Stages(object):
    """Times named stages and sends each twice: when it begins and when it is over."""

    def __init__(self, send, case, round_):
        self._send, self._case, self._round = send, case, round_

    def run(self, name, work, *arguments):
        self._send("stage", c=self._case, r=self._round, name=name)
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_majflt
        begin = monotonic_ns()
        result = work(*arguments)
        end = monotonic_ns()
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_majflt - faults
        self._send("stage", c=self._case, r=self._round, name=name, ns=end - begin, major_faults=faults)
        return result


class StopFlag(object):
    """Set by SIGTERM; asked between passes."""

    def __init__(self):
        self.is_set = False
        signal.signal(signal.SIGTERM, self._set)

    def _set(self, *_):
        self.is_set = True

    def __call__(self):
        return self.is_set


def run(job, send):
    """Measure ``job["case"]`` and send its events. Errors are raised; the caller names them."""
    stopped = StopFlag()
    case, protocol, round_ = job["case"], job["protocol"], job["round"]
    if protocol.get("bench_cores"):
        cores.keep_to(protocol["bench_cores"])
    import torch

    torch.set_num_threads(case["threads"])
    memory.reset_peak()
    base = memory.status_kib("VmRSS")
    stages = Stages(send, case["id"], round_)
    device = torch.device(case["device"])
    if device.type == "cuda":
        stages.run("context", torch.cuda.init)
    model = stages.run("load", models.build, case["model"], case.get("weights"))
    size = case.get("size") or [models.own_size(case["model"])] * 2
    shape = [case["batch"], 3] + list(size)
    dtype = getattr(torch, DTYPES[case["variant"]])
    batch = torch.rand(shape)
    model, batch = stages.run("to_device", _to_device, model, batch, device, dtype)
    call = _forward(torch, model, batch, device)
    with torch.inference_mode() if hasattr(torch, "inference_mode") else torch.no_grad():
        _assert_eval(model)
        stages.run("first", call)
        send("model", c=case["id"], name=case["model"], input=shape)
        reason = _passes(call, case, protocol, round_, stages, send, stopped)
    fields = {"peak_rss_kib": memory.status_kib("VmHWM"), "base_rss_kib": base}
    if device.type == "cuda":
        fields["peak_cuda_kib"] = torch.cuda.max_memory_allocated() // 1024
    send("memory", c=case["id"], r=round_, **fields)
    status = "interrupted" if reason == "stopped" else "measured"
    send("case_end", c=case["id"], r=round_, status=status, stop=reason)


def _to_device(model, batch, device, dtype):
    if hasattr(model, "to"):
        model = model.to(device=device, dtype=dtype)
    return model, batch.to(device=device, dtype=dtype)


def _assert_eval(model):
    for module in getattr(model, "modules", tuple)():
        if module.training:
            raise models.BadModelError("the model switches itself back to training mode")


def _forward(torch, model, batch, device):
    """The call that is timed: one forward pass, on CUDA until the device is done."""
    if device.type != "cuda":
        return functools.partial(model, batch)
    synchronize = torch.cuda.synchronize

    def call():
        out = model(batch)
        synchronize()
        return out

    synchronize()
    return call


def _passes(call, case, protocol, round_, stages, send, stopped):
    """Warm-up, then the passes that count. Returns why measuring ended."""

    def emit(flags, index, starts, ends):
        if not starts:
            return
        base = starts[0]
        fields = {"s": [s - base for s in starts], "d": [e - s for s, e in zip(starts, ends)]}
        if flags:
            fields["flags"] = flags
        send("lat", c=case["id"], r=round_, i=index, b=base, **fields)

    with timing.Quiet():
        if protocol["warmup"] and not stopped():
            rule = StopRule(protocol["warmup"], None, protocol["max_time_s"])
            stages.run("warmup", timing.measure, call, rule, functools.partial(emit, "W"), stopped)
        if stopped():
            return "stopped"
        rule = StopRule(protocol.get("k"), protocol.get("until"), protocol["max_time_s"])
        return stages.run("measure", timing.measure, call, rule, functools.partial(emit, ""), stopped)
