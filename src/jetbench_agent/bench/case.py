"""One case, in a forked child: load, first pass, warm-up, measure, energy, soak. Stages are reported as they end."""

import contextlib
import functools
import signal

from jetbench_agent import cores
from jetbench_agent.bench import cuda, memory, models, onednn, variants
from jetbench_agent.bench.evidence import Watch
from jetbench_agent.bench.images import EndToEnd, Images
from jetbench_agent.bench.ledger import Stages
from jetbench_agent.bench.passes import Passes


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
    if not protocol.get("onednn", True):
        onednn.switch(torch, False)
    memory.reset_peak()
    base = memory.status_kib("VmRSS")
    identity = {"c": case["id"], "r": round_}
    stages = Stages(send, **identity)
    device = torch.device(case["device"])
    if device.type == "cuda":
        stages.run("context", cuda.start, torch, device)
    model = stages.run("load", models.build, case["model"], case.get("weights"))
    form = models.form(case["model"], case["batch"], case.get("size"))
    if protocol.get("end_to_end") and not form.images:
        raise models.BadModelError("end to end reads colour images, and this model takes none")
    _assert_eval(model)
    dtype = variants.Variant(case["variant"]).dtype(torch)
    with contextlib.closing(Images(protocol.get("images"))) if protocol.get("end_to_end") else _nothing() as images:
        given = form.make(drawn=True)
        model, given = stages.run("to_device", variants.prepare, torch, model, given, device, case["variant"])
        with torch.inference_mode() if hasattr(torch, "inference_mode") else torch.no_grad():
            with Watch(protocol.get("bench_cores")) as watch:
                fed = EndToEnd(torch, images, form.shape, dtype, device, watch.begin) if images is not None else None
                call, watches = _forward(torch, model, given, device, watch, fed)
                output = stages.run("first", call)
                if device.type != "cuda":
                    output = None  # it would count as memory the passes need
                if fed is not None:
                    fed.renew()
                send("model", name=case["model"], input=form.shape, c=case["id"])
                passes = Passes(call, case, round_, stages, send, stopped, watches)
                reason = passes.run(protocol)
                if protocol.get("energy_block") and round_ == 0 and reason != "stopped":
                    passes.energy(protocol)
                if protocol.get("soak_s") and round_ == 0 and reason != "stopped" and not stopped():
                    passes.soak(protocol)
            if device.type == "cuda":
                for copied in cuda.transfers(torch, given, output, device):
                    send("transfer", **dict(copied, **identity))
    fields = {"peak_rss_kib": memory.status_kib("VmHWM"), "base_rss_kib": base}
    if device.type == "cuda":
        fields["peak_cuda_kib"] = torch.cuda.max_memory_reserved() // 1024
    send("memory", **dict(fields, **identity))
    send("case_end", status="interrupted" if stopped() else "measured", stop=reason, **identity)


@contextlib.contextmanager
def _nothing():
    yield None


def _assert_eval(model):
    for module in getattr(model, "modules", tuple)():
        if module.training:
            raise models.BadModelError("the model switches itself back to training mode")


def _forward(torch, model, given, device, watch, fed):
    """The call that is timed, one forward pass until it is done, and what is asked after each."""
    watches = [watch]
    if fed is None:
        call = functools.partial(model, *given[0], **given[1])
    else:
        fed.begin()
        watches.append(fed)

        def call():
            fed.out = model(fed.batch)
            return fed.out

    if device.type == "cuda":
        events = cuda.Events(torch, device)
        call = events.wrapped(call)
        watches.insert(0, events)
    return call, watches
