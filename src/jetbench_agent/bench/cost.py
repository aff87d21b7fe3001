"""What a model costs before it is timed: parameters, multiply-adds, bytes. Runs in children of their own.

MACs are multiply-adds, FLOPs twice that. They are counted in two ways that know nothing of each other;
one that fails or crashes costs its own figure. Counting patches model and torch: never in the process
that times it.
"""

from jetbench_agent.bench import apart, dispatch, hooks, ptflops_count, sizes
from jetbench_agent.bench.errors import BadModelError
from jetbench_agent.bench.subject import Subject


class _Shared(object):
    """What the steps of one process have in common."""

    def __init__(self, build, form, with_layers, reads_values):
        self.subject = Subject(build, form, reads_values)
        self.model = self.subject.any()
        if not hasattr(self.model, "named_modules"):
            raise BadModelError("no torch.nn.Module: nothing to count")
        self.with_layers = with_layers
        self.first = None  # multiply-adds by the first way
        self.trace = None


def count(build, form, with_layers=False, reads_values=False):
    """Fields of the model event for what ``build()`` makes and a pass of inputs.Form: yielded as they grow, each time
    all that is known by then. ``reads_values``: what a pass does depends on the values of the weights."""

    def context():
        return _Shared(build, form, with_layers, reads_values)

    first = "dispatch" if dispatch.available() else "hooks"
    steps = [("parameters", _parameters), (first, _WAYS[first]), ("ptflops", _ptflops)]
    fields, counts = {}, []
    for name, found, error in apart.run(steps, context):
        _take(fields, counts, name, found, error)
        yield _chosen(fields, counts)
    if first == "dispatch" and counts and counts[0]["macs"] is None and "params" in fields:
        for name, found, error in apart.run([("hooks", _WAYS["hooks"])], context):
            _take(fields, counts, name, found, error)
        yield _chosen(fields, counts)


def _take(fields, counts, name, found, error):
    if name == "parameters":
        fields.update(found or {"error": error})
    elif error is not None:
        counts.append({"method": name, "macs": None, "error": error})
    else:
        counts.append(found.pop("count"))
        fields.update(found)


def _chosen(fields, counts):
    """With the figure of the first way that has one: dispatch, hooks, ptflops."""
    event = dict(fields, counts=counts)
    if "error" in fields:
        return dict(event, counts=[])
    told = (found for found in counts if found["macs"] or (found["macs"] == 0 and not found.get("unknown")))
    ranked = sorted(told, key=lambda found: "ptflops" in found["method"])
    if ranked:
        best = ranked[0]
        event.update(macs=best["macs"], flops=2 * best["macs"], method=best["method"], coverage=best["coverage"])
    elif counts:
        event["error"] = _why(counts)
    return event


def _why(counts):
    """What the counters said, each thing once."""
    said = {}
    for found in counts:
        said.setdefault(found.get("error") or "no operator or module it knows", []).append(found["method"])
    return "; ".join("{}: {}".format(", ".join(methods), text) for text, methods in said.items())


def _parameters(shared):
    return sizes.parameters(shared.model)


def _dispatch(shared):
    fields, figure, shared.trace = dispatch.count(shared.subject)
    return _first(shared, fields, figure, shared.trace.layers)


def _hooks(shared):
    return _first(shared, *hooks.count(shared.subject))


def _first(shared, fields, figure, layers):
    shared.first = figure["macs"]
    if shared.with_layers:
        fields["layers"] = layers.table()
    return dict(fields, count=figure)


def _ptflops(shared):
    return {"count": ptflops_count.count(shared.subject, shared.first, shared.trace)}


_WAYS = {"dispatch": _dispatch, "hooks": _hooks}
