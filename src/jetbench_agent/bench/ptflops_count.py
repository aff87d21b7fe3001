"""Multiply-adds as ptflops gives them (0.7.1 to 0.7.5): the second way of counting, independent of the first.

Its backends go wrong in different places. "pytorch", its default, hooks modules: it also counts
normalisation, activations and pooling, and misses functional layers. "aten" counts operators: it adds
biases and misses fused attention. The one is taken that covers more of the weights, the default where
both do. ptflops patches torch and leaves hooks in the model: only ever in a process that is thrown away.
"""

import contextlib
import io
import re

from jetbench_agent.bench.errors import BadModelError, first_line
from jetbench_agent.bench.hooks import formulas, gradients, multiplied

ENOUGH = 0.98  # coverage at which the default is kept
_CAUGHT = re.compile(r"<class '(?:\w+\.)*(\w+)'>\s*:[ \t]*(.*)")
_PRODUCT = re.compile("mm|matmul|linear")  # of a function's name: matmul, bmm, addmm
CLOSE = 0.01  # further apart than that the elementwise part is told


def count(subject, first=None, trace=None):
    """The figure, with the backend in its method.

    ``first``: multiply-adds by the first way, ``trace``: of its pass, where there is one. Where ptflops comes to
    something else, ``elementwise`` is what it counted of normalisation, activations and pooling. Raises what
    ptflops or the model raises.
    """
    return subject.attempt(lambda model, device: _best(subject, model, device, first, trace))


def _best(subject, model, device, first, trace):
    error = found = None
    try:
        found = _by_modules(subject, model, device, first, trace)
        if found["coverage"] is None or found["coverage"] >= ENOUGH or not _has_aten():
            return found
    except Exception as raised:
        if not _has_aten():
            raise
        error = raised
    try:
        other = _by_operators(subject, model, device, trace)
    except Exception:
        if found is None:
            raise error
        return found
    better = found is None or (other["coverage"] or 0) > (found["coverage"] or 0)
    return other if better else found


def _has_aten():
    try:
        import ptflops.aten_engine  # noqa: F401
    except ImportError:  # before 0.7.3
        return False
    return True


def _by_modules(subject, model, device, first, trace):
    from ptflops.pytorch_ops import MODULES_MAPPING

    called, tally = set(), [0]
    handles = [module.register_forward_hook(lambda module, *_: called.add(id(module))) for module in model.modules()]
    try:
        with _tallied(MODULES_MAPPING, _elementwise(MODULES_MAPPING), tally):
            macs, by_functions = _run(subject, model, device)
    finally:
        for handle in handles:
            handle.remove()
    done = {id(module) for module in model.modules() if type(module) in MODULES_MAPPING and id(module) in called}
    coverage, missed = _coverage(model, done, trace)
    found = {"method": "ptflops (pytorch)", "macs": macs, "coverage": coverage, "unknown": missed}
    if first and abs(macs - first) > CLOSE * first:
        found["elementwise"] = int(tally[0]) * subject.batch + by_functions
    return found


@contextlib.contextmanager
def _tallied(mapping, kinds, tally):
    """While inside, what ptflops adds for modules of these ``kinds`` is summed in ``tally[0]``."""
    kept = {kind: mapping[kind] for kind in kinds}

    def tallied(hook):
        def call(module, *arguments, **named):
            before = module.__flops__
            out = hook(module, *arguments, **named)
            tally[0] += module.__flops__ - before
            return out

        return call

    mapping.update({kind: tallied(hook) for kind, hook in kept.items()})
    try:
        yield
    finally:
        mapping.update(kept)


def _elementwise(kinds):
    """Of these kinds of modules those whose work is no multiply-adds."""
    real = tuple(part for kind, _ in formulas() for part in (kind if isinstance(kind, tuple) else (kind,)))
    return [kind for kind in kinds if not issubclass(kind, real)]


def _coverage(model, done, trace):
    """Share of the weights that belong to modules in ``done``, and the kinds of the others.

    Where a pass was traced, of the weights that it multiplies by.
    """
    parameters = list(model.parameters())
    if trace is None or len(parameters) != len(trace.sizes):
        found, total, missed = multiplied(model, lambda module: id(module) in done)
        return (round(found / float(total), 4) if total else None), sorted(missed)
    indices = {id(parameter): index for index, parameter in enumerate(parameters)}
    inside = set()
    for module in model.modules():
        if id(module) in done:
            inside.update(indices[id(parameter)] for parameter in module.parameters())
    used = frozenset().union(*trace.counted.values()) | trace.uncounted
    missed = {
        type(module).__name__
        for module in model.modules()
        for parameter in module._parameters.values()
        if parameter is not None and indices[id(parameter)] in used - inside
    }
    total = trace.elements(used)
    return (round(trace.elements(used & inside) / float(total), 4) if total else None), sorted(missed)


def _by_operators(subject, model, device, trace):
    from ptflops.aten_ops import ATEN_OPS_MAPPING

    macs, _ = _run(subject, model, device, backend="aten")
    known = {str(packet) for packet in ATEN_OPS_MAPPING}
    found = {"method": "ptflops (aten)", "macs": macs, "coverage": None, "unknown": []}
    if trace is not None:
        found["coverage"] = trace.coverage(known)
        found["unknown"] = sorted(name for name in trace.by_operator if name not in known)
    return found


def _run(subject, model, device, backend="pytorch", ignore=()):
    """(multiply-adds of the whole batch, those of them that functions do and that are none: activations, sums).

    One item is run: ptflops divides by the batch what modules do, and what functions do it does not.
    """
    from ptflops import get_model_complexity_info

    said, functions = io.StringIO(), {}
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), gradients(model):
        with _functions(functions, device):
            macs, _ = get_model_complexity_info(
                model,
                tuple(subject.form.shape[1:]) or (1,),
                as_strings=False,
                print_per_layer_stat=False,
                verbose=False,
                backend=backend,
                ignore_modules=list(ignore),
                input_constructor=lambda _: _one_argument(subject.given(device, batch=1)),
            )
    if macs is None:  # it prints what it caught
        caught = _CAUGHT.search(said.getvalue())
        raise BadModelError(first_line(": ".join(filter(None, caught.groups())) if caught else said.getvalue()))
    elements = sum(amount for name, amount in functions.items() if not _PRODUCT.search(name))
    return int(macs) * subject.batch, int(elements) * subject.batch


def _one_argument(given):
    """What ptflops passes on: one value by position, or a dictionary of named ones."""
    args, named = given
    if len(args) + bool(named) != 1:
        raise BadModelError("ptflops feeds one input, or named ones")
    return args[0] if args else named


@contextlib.contextmanager
def _functions(found, device):
    """What the functions that ptflops patches add, by name, in ``found``. Only where the model calls them: on meta an
    operator may be written in Python and call others that are patched, and a linear layer would be counted twice.
    """
    from ptflops.pytorch_engine import torch_function_wrapper as wrapper

    inside = [0]
    counting = wrapper.__call__

    def call(self, *args, **kwargs):
        if inside[0]:
            return self.op(*args, **kwargs)
        before = len(self.collector)
        out = counting(self, *args, **kwargs)
        name = getattr(self.op, "__name__", "")
        found[name] = found.get(name, 0) + sum(self.collector[before:])
        return out

    wrapper.__call__ = call
    try:
        with _watching(inside) if device == "meta" else _nothing():
            yield
    finally:
        wrapper.__call__ = counting


@contextlib.contextmanager
def _nothing():
    yield


def _watching(inside):
    """A dispatch mode under which ``inside[0]`` is how deep in operators we are."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Inside(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            inside[0] += 1
            try:
                return func(*args, **(kwargs or {}))
            finally:
                inside[0] -= 1

    return Inside()
