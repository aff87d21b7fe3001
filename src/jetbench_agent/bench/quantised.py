"""Weights of 8 bits, by the quantisation that comes with torch: dynamic (weights alone) and static (activations too).

Static: traced with torch.fx, scales observed in passes over random input of the case's own form. How good the answers
are then is told beside the latency, and is no verdict on a model that is calibrated on its own data.
"""

import warnings

from jetbench_agent.bench import inputs
from jetbench_agent.bench.errors import BadModelError, first_line

OBSERVED = 3  # passes over the input that scales are taken from


def quantised(torch, model, given, device, kind):
    """The model with weights of int8. ``kind``: "int8-dynamic" or "int8-static"."""
    if device.type != "cpu":
        raise BadModelError("{}: torch's own quantised kernels run on the CPU only".format(kind))
    made = _modules()
    engines = [name for name in torch.backends.quantized.supported_engines if name != "none"]
    if made is None or not engines:
        raise BadModelError("{}: this torch ({}) has no quantised kernels".format(kind, torch.__version__))
    if torch.backends.quantized.engine not in engines:
        torch.backends.quantized.engine = engines[0]
    try:
        with warnings.catch_warnings():  # torch 2.14 announces that it will drop all of this
            warnings.simplefilter("ignore")
            return _dynamic(torch, model, made) if kind == "int8-dynamic" else _static(torch, model, given, made)
    except BadModelError:
        raise
    except Exception as error:  # torch.fx has no common type for what it cannot trace
        raise BadModelError("{}: it cannot be quantised: {}".format(kind, first_line(error)))


def _modules():
    """(torch's quantisation, its graph mode), where this torch has them: under torch.ao from 1.10 on."""
    try:
        from torch.ao import quantization
        from torch.ao.quantization import quantize_fx
    except ImportError:
        try:
            from torch import quantization
            from torch.quantization import quantize_fx
        except ImportError:
            return None
    return quantization, quantize_fx


def _dynamic(torch, model, made):
    kinds = (torch.nn.Linear, torch.nn.LSTM, torch.nn.GRU)
    if not any(isinstance(module, kinds) for module in model.modules()):
        text = "int8-dynamic: it has no linear or recurrent layer, which are those that dynamic quantisation changes"
        raise BadModelError(text)
    return made[0].quantize_dynamic(model, set(kinds), dtype=torch.qint8)


def _static(torch, model, given, made):
    quantization, graph_mode = made
    engine = torch.backends.quantized.engine
    if hasattr(quantization, "get_default_qconfig_mapping"):  # torch 1.13
        examples = tuple(given[0]) + tuple(given[1].values())
        prepared = graph_mode.prepare_fx(model, quantization.get_default_qconfig_mapping(engine), examples)
    else:
        prepared = graph_mode.prepare_fx(model, {"": quantization.get_default_qconfig(engine)})
    for _ in range(OBSERVED):
        inputs.call(prepared, given)
    return graph_mode.convert_fx(prepared)
