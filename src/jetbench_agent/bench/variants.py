"""Variants of a model: how its numbers are kept, how they lie in memory, and what runs a pass.

    fp16    int8-dynamic    channels_last    bf16+channels_last+compile    onnxruntime

At most one of FORMATS, LAYOUT and one of ENGINES, in that order. What this board, this torch or this model cannot do
raises BadModelError with the reason.
"""

import importlib.util
import os
import shutil
import sys
import tempfile

from jetbench_agent.bench import inputs, quantised
from jetbench_agent.bench.dtypes import DTYPES
from jetbench_agent.bench.errors import BadModelError, first_line

INT8 = ("int8-dynamic", "int8-static")
LAYOUT = "channels_last"
WARM = 3  # passes before a CUDA graph is captured: what a first pass allocates is no part of it


class Variant(object):
    """``format``: one of DTYPES or INT8; ``engine``: a key of _ENGINES, or None: eager."""

    def __init__(self, text):
        parts = text.split("+")
        self.format = next((part for part in parts if part in DTYPES or part in INT8), "fp32")
        self.channels_last = LAYOUT in parts
        self.engine = next((part for part in parts if part in _ENGINES), None)
        unknown = [part for part in parts if part not in (self.format, LAYOUT, self.engine)]
        if unknown:
            raise BadModelError("unknown variant {!r}".format(unknown[0]))

    def dtype(self, torch):
        """Of the input, and of the weights but those that are whole numbers."""
        return getattr(torch, DTYPES.get(self.format, "float32"))


def prepare(torch, model, given, device, text):
    """(what is called, its (arguments, named ones)) of a model as it was built, in float32 on the CPU."""
    variant = Variant(text)
    dtype = variant.dtype(torch)
    if hasattr(model, "to"):
        model = model.to(device=device, dtype=dtype)
    given = inputs.moved(given, device, dtype)
    if variant.channels_last:
        model, given = _channels_last(torch, model, given)
    if variant.format in INT8 or variant.engine is not None:
        if not isinstance(model, torch.nn.Module):
            raise BadModelError("{} takes a torch module, and this model is none".format(text))
        with torch.no_grad():
            if variant.format in INT8:
                model = quantised.quantised(torch, model, given, device, variant.format)
            if variant.engine is not None:
                model = _ENGINES[variant.engine](torch, model, given, device)
    return model, given


def _channels_last(torch, model, given):
    def laid(value):
        if isinstance(value, torch.Tensor):
            found.append(value.dim())
            if value.dim() in formats and value.is_floating_point():
                return value.contiguous(memory_format=formats[value.dim()])
            return value
        if isinstance(value, dict):
            return {name: laid(part) for name, part in value.items()}
        return type(value)(laid(part) for part in value) if isinstance(value, (list, tuple)) else value

    formats, found = {4: torch.channels_last, 5: torch.channels_last_3d}, []
    given = laid(given)
    if not set(found) & set(formats):
        raise BadModelError("channels_last: it takes no batch of images or clips")
    if hasattr(model, "parameters"):
        for tensor in list(model.parameters()) + list(model.buffers()):
            if tensor.dim() in formats:
                tensor.data = tensor.data.contiguous(memory_format=formats[tensor.dim()])
    return model, given


def _compiled(torch, model, given, device):
    """torch.compile by its default, inductor; it compiles in the first pass, in this process alone."""
    if not hasattr(torch, "compile"):
        raise BadModelError("torch.compile needs torch 2.0, and this is {}".format(torch.__version__))
    compiler = os.environ.get("CXX") or "g++"
    if device.type == "cpu" and shutil.which(compiler.split()[0]) is None and shutil.which("clang++") is None:
        raise BadModelError("torch.compile needs a C++ compiler on the CPU, and there is no {}".format(compiler))
    from torch._inductor import config

    config.compile_threads = 1
    return torch.compile(model)


def _frozen(torch, model, given, device):
    """TorchScript, traced where it is none yet, its weights frozen into it."""
    try:
        if not isinstance(model, torch.jit.ScriptModule):
            named = {"example_kwarg_inputs": given[1]} if given[1] else {}
            model = torch.jit.trace(model, None if named else given[0], check_trace=False, strict=False, **named)
        return torch.jit.freeze(model.eval())
    except Exception as error:  # TypeError of a torch before 2.0 with named inputs, a TracingCheckError, anything
        raise BadModelError("TorchScript: it cannot be traced: {}".format(first_line(error)))


def _graph(torch, model, given, device):
    """One CUDA graph of a pass over an input that stays where it is."""
    if device.type != "cuda":
        raise BadModelError("a CUDA graph needs a GPU; this case runs on the CPU")
    if not hasattr(torch.cuda, "CUDAGraph"):
        raise BadModelError("CUDA graphs need torch 1.10, and this is {}".format(torch.__version__))
    side = torch.cuda.Stream(device)
    side.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(side):
        for _ in range(WARM):
            inputs.call(model, given)
    torch.cuda.current_stream(device).wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = inputs.call(model, given)

    def replay(*args, **_named):
        for there, new in zip(given[0], args):
            if new is not there:
                there.copy_(new)
        graph.replay()
        return out

    return replay


def _by_onnxruntime(torch, model, given, device):
    provider = "CPUExecutionProvider" if device.type == "cpu" else "CUDAExecutionProvider"
    return _session(torch, model, given, device, provider)


def _by_tensorrt(torch, model, given, device):
    """TensorRT as ONNX Runtime brings it in; what it cannot do its CUDA provider does."""
    if device.type != "cuda":
        raise BadModelError("TensorRT needs a GPU; this case runs on the CPU")
    return _session(torch, model, given, device, "TensorrtExecutionProvider")


def _session(torch, model, given, device, provider):
    """Exported as ONNX into a folder that is gone when the session has read it."""
    from jetbench_agent.bench import sources
    from jetbench_agent.bench.sources import onnx_file

    for package in ("onnxruntime", "onnx"):
        if importlib.util.find_spec(package) is None:
            raise sources.missing(package, "a variant by ONNX Runtime")
    onnx_file.check_provider(provider)
    if any(not isinstance(value, torch.Tensor) for value in list(given[0]) + list(given[1].values())):
        raise BadModelError("ONNX Runtime: an input of this model is a list or a dictionary, which ONNX has not")
    folder = tempfile.mkdtemp(prefix="jetbench-onnx-")
    try:
        path = os.path.join(folder, "model.onnx")
        _export(torch, model, given, path)
        return onnx_file.Session(path).opened(provider)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _export(torch, model, given, path):
    options = {}
    if importlib.util.find_spec("onnxscript") is not None and hasattr(torch, "export"):
        options = {"dynamo": True, "verbose": False, "external_data": True}
    args = tuple(given[0])
    try:
        if options and given[1]:
            torch.onnx.export(model, args, path, kwargs=given[1], **options)
        elif given[1]:  # the older way takes named inputs as a dictionary at the end
            torch.onnx.export(model, args + (dict(given[1]),), path, input_names=list(given[1]))
        else:
            torch.onnx.export(model, args, path, **options)
    except Exception as error:  # the exporter has no common type
        raise BadModelError("it cannot be exported as ONNX: {}".format(first_line(error)))
    finally:
        sys.stdout.flush()


_ENGINES = {
    "compile": _compiled,
    "script": _frozen,
    "cudagraph": _graph,
    "onnxruntime": _by_onnxruntime,
    "tensorrt": _by_tensorrt,
}
