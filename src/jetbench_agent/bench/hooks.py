"""Counts by hooks on modules, in one real pass: for a torch without a dispatch mode that counts (before 2.1).

Multiply-adds come from each module's own shapes; work outside of modules (a functional linear, a product
of two activations) is not seen, and the coverage says how much of the weights is. Bytes are those at the
modules' borders. One item is run and the figures are times the batch: a pass with real tensors costs time.
"""

import weakref

from jetbench_agent.bench import inputs, tensors
from jetbench_agent.bench.formulas import product
from jetbench_agent.bench.layers import Layers
from jetbench_agent.bench.subject import is_norm


def formulas():
    """Multiply-adds of a call by kind of module: (module, inputs, output) -> int."""
    from torch import nn
    from torch.nn.modules import conv

    transposed = getattr(conv, "_ConvTransposeNd", getattr(conv, "_ConvTransposeMixin", ()))
    return [
        (transposed, _transposed),
        (conv._ConvNd, _convolution),
        (nn.Linear, lambda module, _inputs, output: product(output.shape) * module.in_features),
        (
            nn.Bilinear,
            lambda module, _inputs, output: product(output.shape) * module.in1_features * module.in2_features,
        ),
        (nn.MultiheadAttention, _attention),
        (nn.RNNBase, _recurrent),
        (nn.RNNCellBase, lambda module, inputs, _output: _rows(inputs[0]) * _matrices(module)),
    ]


def _convolution(module, inputs, output):
    return product(output.shape) * (module.in_channels // module.groups) * product(module.kernel_size)


def _transposed(module, inputs, output):
    return product(inputs[0].shape) * (module.out_channels // module.groups) * product(module.kernel_size)


def _attention(module, inputs, output):
    """Projections of query, key, value and output, and the two products between them."""
    query, key = inputs[0], inputs[1]
    tokens, others, width = _rows(query), _rows(key), module.embed_dim
    length = int(key.shape[1 if getattr(module, "batch_first", False) and key.dim() == 3 else 0])
    return tokens * width * (2 * width + 2 * length) + others * width * (module.kdim + module.vdim)


def _recurrent(module, inputs, output):
    data = getattr(inputs[0], "data", inputs[0])  # of a packed sequence
    return _rows(data) * _matrices(module)


def _rows(tensor):
    return product(tensor.shape[:-1])


def _matrices(module):
    return sum(parameter.numel() for parameter in module.parameters() if parameter.dim() > 1)


def multiplied(model, wanted=lambda _module: True):
    """(elements of the weights that belong to modules ``wanted`` says yes to, all of them, kinds of the others).

    Weights: parameters of two dimensions or more. Normalisation scales and an embedding looks up: left out. What
    lies inside of a module that is wanted belongs to it.
    """
    seen, found, total, missed = set(), 0, 0, {}
    inside = set()
    for module in model.modules():  # parents first
        kind = type(module).__name__
        yes = id(module) in inside or wanted(module)
        if yes:
            inside.update(id(child) for child in module.modules())
        if is_norm(module) or "Embedding" in kind:
            continue
        for parameter in module._parameters.values():
            if parameter is None or parameter.dim() < 2 or id(parameter) in seen:
                continue
            seen.add(id(parameter))
            total += parameter.numel()
            found += parameter.numel() if yes else 0
            if not yes:
                missed[kind] = missed.get(kind, 0) + 1
    return found, total, missed


class Borders(object):
    """What crosses the borders of modules: multiply-adds, bytes, and what is alive between them."""

    def __init__(self, layers, parameters):
        self.layers = layers
        self.macs = self.written = self.read = self.weights = self.calls = self.alive = self.peak = 0
        self.handled = set()  # ids of modules with a formula that were called
        self._formulas = formulas()
        self._within = []
        self._latest = 0  # alive when a tensor was seen last
        self._held = {_place(parameter) for parameter in parameters}

    def formula(self, module):
        return next((count for kind, count in self._formulas if isinstance(module, kind)), None)

    def enter(self, module, inputs):
        for tensor in tensors.of(inputs):
            self.hold(tensor, by_function=True)
        if self.formula(module) is not None:
            self._within.append(module)

    def leave(self, module, inputs, output):
        count = self.formula(module)
        parts = count is None and any(True for _ in module.children())
        for tensor in tensors.of(output):
            self.hold(tensor, by_function=parts)
        if count is not None:
            self._within.pop()
        if self._within:
            return  # part of one that is counted as a whole
        macs = 0
        if count is not None:
            macs = count(module, inputs, output if not isinstance(output, tuple) else output[0])
            self.handled.add(id(module))
        if parts:
            return
        size = sum(tensors.size(tensor) for tensor in tensors.of(output))
        self.macs += macs
        self.written += size
        self.read += sum(tensors.size(tensor) for tensor in tensors.of(inputs))
        self.weights += sum(p.numel() * p.element_size() for p in module.parameters())
        self.calls += 1
        self.layers.add(macs, size)

    def hold(self, tensor, by_function=False):
        """Count a tensor's memory as alive. What a function between modules made lay beside what it was made from,
        which may be gone when it is seen here."""
        place = _place(tensor)
        if place in self._held:
            return
        size = tensors.nbytes(tensors.storage(tensor))
        self._held.add(place)
        self.alive += size
        self.peak = max(self.peak, self.alive, self._latest + size if by_function else 0)
        self._latest = self.alive
        weakref.finalize(tensor, self._gone, place, size)

    def _gone(self, place, size):
        self.alive -= size
        self._held.discard(place)


def _place(tensor):
    return tensors.storage(tensor).data_ptr()


def gradients(model):
    """Off for a pass with real tensors, which would all be kept; on where there is attention: layers around it call
    none of their parts on torch's fast path (1.12 on), which gradients rule out."""
    import torch

    attention = any(isinstance(module, torch.nn.MultiheadAttention) for module in model.modules())
    return torch.enable_grad() if attention else torch.no_grad()


def count(subject):
    """Fields of the model event, the figure, and the Layers. Raises what the model raises."""
    import torch

    model, given = subject.model("cpu"), subject.given("cpu", batch=1)
    layers = Layers(model)
    borders = Borders(layers, list(model.parameters()))
    for tensor in tensors.of(given):
        borders.hold(tensor)
    with gradients(model), layers.following(borders.enter, borders.leave):
        kept = torch.is_grad_enabled()
        output = inputs.call(model, given)
    found, total, missed = multiplied(model, lambda module: id(module) in borders.handled)
    times = subject.batch
    layers.scale(times)
    fields = {
        "activation_bytes": times * borders.written,
        "peak_activation_bytes": None if kept else times * borders.peak,
        "traffic_bytes": times * (borders.read + borders.written) + borders.weights,
        "ops": borders.calls,
        "input_bytes": times * sum(tensors.size(tensor) for tensor in tensors.of(given)),
        "output_bytes": times * sum(tensors.size(tensor) for tensor in tensors.of(output)),
    }
    figure = {
        "method": "hooks",
        "macs": times * borders.macs,
        "coverage": round(found / float(total), 4) if total else None,
        "unknown": sorted(missed),
    }
    return fields, figure, layers
