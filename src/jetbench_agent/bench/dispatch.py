"""Counts what torch dispatches in one pass: multiply-adds, bytes read and written, what is alive at once.

A dispatch mode of our own over the formulas of torch.utils.flop_counter (torch 2.1). Gradients stay enabled
and parameters ask for none: under no_grad attention takes a fused path that has no formula (torch 1.12 on),
and parameters that ask would keep every activation alive.
"""

import contextlib
import weakref

from jetbench_agent.bench import formulas, inputs, tensors
from jetbench_agent.bench.layers import Layers

# Makes memory without writing it.
_EMPTY = ("aten.empty", "aten.new_empty", "aten.empty_like", "aten.empty_strided", "aten.new_empty_strided")
# Writes over its first argument without reading it.
_OVERWRITES = ("aten.copy_", "aten.fill_", "aten.zero_", "aten.normal_", "aten.uniform_")
# Reads of its first argument only as much as it gives.
_LOOKS_UP = ("aten.index", "aten.embedding", "aten.gather", "aten.index_select", "aten.take")
# A product by hand: weights that go through it are multiplied without a formula. Sums may follow, or not.
_BY_HAND = ("aten.mul", "aten.mul_", "aten.addcmul", "aten.addcmul_")


def available():
    """Whether this torch has what it takes."""
    try:
        from torch.utils import flop_counter  # noqa: F401
        from torch.utils._python_dispatch import TorchDispatchMode  # noqa: F401
    except ImportError:
        return False
    import torch

    return hasattr(torch.Tensor, "untyped_storage")


class Trace(object):
    """What one pass dispatched. Sums of bytes and multiply-adds; weights by the operators they went into."""

    def __init__(self, model, layers):
        self.layers = layers
        self.macs = self.traffic = self.written = self.ops = 0
        self.alive = self.peak = 0
        self.unknown = {}
        self.by_operator = {}  # name: multiply-adds
        self.counted = {}  # name of an operator with a formula: indices of the parameters it multiplied by
        self.uncounted = set()  # indices of those that went into an operator without
        self._known = formulas.registry()
        self._held = set()  # storages that are counted as alive
        self._weights = {}  # storage: indices of the parameters its values come from alone
        self._seen = {}
        self.sizes = []
        for index, parameter in enumerate(model.parameters()):
            self._weights[tensors.key(parameter)] = frozenset([index])
            self._held.add(tensors.key(parameter))
            self.sizes.append(parameter.numel())
        for buffer in model.buffers():
            self._held.add(tensors.key(buffer))

    def has_formula(self, packet):
        return formulas.has_formula(self._known, packet)

    def hold(self, tensor):
        """Count a tensor's memory as alive until it is gone."""
        memory, key = tensors.storage(tensor), tensors.key(tensor)
        if key in self._held:
            return
        size = tensors.nbytes(memory)
        self._held.add(key)
        self.alive += size
        self.peak = max(self.peak, self.alive)
        weakref.finalize(memory, self._gone, key, size)

    def _gone(self, key, size):
        self.alive -= size
        self._held.discard(key)
        self._weights.pop(key, None)

    def add(self, func, args, kwargs, out):
        """One operator that ran."""
        name = str(func._overloadpacket)
        taken, given = list(tensors.of((args, kwargs))), list(tensors.of(out))
        before = {tensors.key(tensor) for tensor in taken}
        fresh = [tensor for tensor in given if tensors.key(tensor) not in before]
        written = given if func._schema.is_mutable else fresh
        for tensor in fresh:
            self.hold(tensor)
        if not written or name in _EMPTY:
            return  # a view, or memory without values
        self.ops += 1
        size = sum(tensors.size(tensor) for tensor in _once(written))
        self.written += size
        self.traffic += size + _read(name, taken, size)
        macs = formulas.macs(self._known, func._overloadpacket, args, kwargs, out)
        self._follow_weights(name, macs is not None, taken, written, func)
        if macs:
            self.macs += macs
            self.by_operator[name] = self.by_operator.get(name, 0) + macs
        self.layers.add(macs or 0, size)

    def _follow_weights(self, name, has_formula, taken, written, func):
        come = [self._weights.get(tensors.key(tensor)) for tensor in taken]
        used = frozenset().union(*[weights for weights in come if weights])
        if come and all(weights for weights in come):  # still nothing but weights: reshaped, scaled, put together
            for tensor in written:
                self._weights[tensors.key(tensor)] = used
            return
        if has_formula:
            self.counted[name] = self.counted.get(name, frozenset()) | used
            return
        by_hand = name in _BY_HAND and any(weights for weights in come)
        if by_hand or formulas.may_multiply(func._overloadpacket):
            self.uncounted |= used
            label = name + (" by weights" if by_hand else "")
            self.unknown[label] = self.unknown.get(label, 0) + 1

    def elements(self, indices):
        return sum(self.sizes[index] for index in indices)

    def coverage(self, operators=None):
        """Share of the weights that were multiplied by which went into an operator with a formula, or into one of
        ``operators``. Weights that a pass does not use do not count. None where there are none."""
        counted = frozenset().union(*self.counted.values())
        chosen = counted
        if operators is not None:
            chosen = frozenset().union(*[used for name, used in self.counted.items() if name in operators])
        total = self.elements(counted | self.uncounted)
        return round(self.elements(chosen) / float(total), 4) if total else None


def _once(found):
    return {id(tensor): tensor for tensor in found}.values()


def _read(name, taken, written):
    """Bytes an operator reads: each tensor it takes once."""
    if name in _OVERWRITES:
        taken = taken[1:]
    amounts = [tensors.size(tensor) for tensor in _once(taken)]
    if name in _LOOKS_UP and amounts:
        amounts[0] = min(amounts[0], written)
    return sum(amounts)


def _mode(trace):
    """The dispatch mode; its class can only be made once torch is there."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Mode(TorchDispatchMode):
        supports_higher_order_operators = True

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            kwargs = kwargs or {}
            packet = getattr(func, "_overloadpacket", None)
            if packet is None:  # an operator that takes functions: what runs inside of it is not seen
                trace.unknown[str(func)] = trace.unknown.get(str(func), 0) + 1
                return func(*args, **kwargs)
            if not trace.has_formula(packet):
                with self:  # a composite one, as inference_mode hands them down
                    out = func.decompose(*args, **kwargs)
                if out is not NotImplemented:
                    return out
            out = func(*args, **kwargs)
            trace.add(func, args, kwargs, out)
            return out

    return Mode()


def count(subject):
    """Fields of the model event for one pass of a Subject's form, and the Trace. Raises what the model raises."""
    return subject.attempt(lambda model, device: _pass(model, subject.given(device), device))


def _pass(model, given, device):
    import torch

    asked = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    layers = Layers(model)
    trace = Trace(model, layers)
    try:
        for parameter, _ in asked:
            parameter.requires_grad_(False)
        for tensor in tensors.of(given):
            trace.hold(tensor)
        with torch.enable_grad(), _slow_attention(), _made_on(device), layers.following(), _mode(trace):
            output = inputs.call(model, given)
    finally:
        for parameter, wanted in asked:
            parameter.requires_grad_(wanted)
    fields = {
        "activation_bytes": trace.written,
        "peak_activation_bytes": trace.peak,
        "traffic_bytes": trace.traffic,
        "ops": trace.ops,
        "input_bytes": sum(tensors.size(tensor) for tensor in tensors.of(given)),
        "output_bytes": sum(tensors.size(tensor) for tensor in _once(list(tensors.of(output)))),
    }
    figure = {"method": "dispatch", "macs": trace.macs, "coverage": trace.coverage(), "unknown": unknown(trace.unknown)}
    return fields, figure, trace


def unknown(found, most=12):
    """Names with how often they came, the most frequent first."""
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    names = [name if count == 1 else "{} x{}".format(name, count) for name, count in ranked[:most]]
    return names + (["{} more".format(len(ranked) - most)] if len(ranked) > most else [])


@contextlib.contextmanager
def _slow_attention():
    """The fused fast path of nn.MultiheadAttention off, where torch has the switch (2.1)."""
    import torch

    switch = getattr(torch.backends, "mha", None)
    if switch is None or not hasattr(switch, "set_fastpath_enabled"):
        yield
        return
    before = switch.get_fastpath_enabled()
    switch.set_fastpath_enabled(False)
    try:
        yield
    finally:
        switch.set_fastpath_enabled(before)


@contextlib.contextmanager
def _made_on(device):
    """Tensors that the model makes during the pass without naming a device lie where its input lies."""
    import torch

    with torch.device(device):
        yield
