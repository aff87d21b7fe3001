"""Which module is at work: calls, shapes, multiply-adds and bytes written of each, as rows of a table."""

import contextlib

from jetbench_agent.bench import sizes
from jetbench_agent.bench.tensors import of

MOST = 4000  # rows in one event; what is beyond is summed up in the last one
LOOSE = "(outside of modules)"


class Layers(object):
    """Follows a pass by hooks that every module calls, and sums up by the innermost module."""

    def __init__(self, model):
        self._model = model
        self._stack = []
        self._work = {}  # id of a module: [macs, bytes written]
        self._calls = {}
        self._outputs = {}
        self._enters = self._leaves = None

    @contextlib.contextmanager
    def following(self, enter=None, leave=None):
        """While a pass runs. ``enter(module, inputs)`` and ``leave(module, inputs, output)`` hear of every call too."""
        from torch.nn.modules import module as modules

        self._enters, self._leaves = enter, leave
        handles = (
            modules.register_module_forward_pre_hook(self._enter),
            modules.register_module_forward_hook(self._leave),
        )
        try:
            yield self
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, module, inputs):
        self._stack.append(module)
        self._calls[id(module)] = self._calls.get(id(module), 0) + 1
        if self._enters is not None:
            self._enters(module, inputs)

    def _leave(self, module, inputs, output):
        for tensor in of(output):
            self._outputs[id(module)] = [int(n) for n in tensor.shape]
            break
        if self._leaves is not None:
            self._leaves(module, inputs, output)
        while self._stack and self._stack.pop() is not module:
            pass  # one that raised inside of it

    def add(self, macs, written):
        key = id(self._stack[-1]) if self._stack else None
        work = self._work.setdefault(key, [0, 0])
        work[0] += macs
        work[1] += written

    def scale(self, times):
        """One item was run of a batch of ``times``."""
        for work in self._work.values():
            work[:] = [times * amount for amount in work]
        for shape in self._outputs.values():
            shape[:1] = [times * n for n in shape[:1]]

    def called(self):
        """Ids of the modules that were called."""
        return set(self._calls)

    def macs(self):
        """Multiply-adds by id of the module that did them itself."""
        return {key: work[0] for key, work in self._work.items() if key is not None}

    def table(self):
        """A row for every module that computes or holds something; sums over rows are the model's totals."""
        own, rows = sizes.own(self._model), []
        for name, module in self._model.named_modules():
            macs, written = self._work.get(id(module), (0, 0))
            params, held = own.get(id(module), (0, 0))
            if macs or written or params or held:
                row = {"name": name or "(model)", "kind": type(module).__name__, "params": params, "macs": macs}
                row.update(weight_bytes=held, activation_bytes=written, calls=self._calls.get(id(module), 0))
                rows.append(dict(row, output=self._outputs.get(id(module), [])))
        known = {id(module) for module in self._model.modules()}
        strangers = [work for key, work in self._work.items() if key not in known]
        if any(map(any, strangers)):
            rows.append(_sum(LOOSE, [{"macs": macs, "activation_bytes": size} for macs, size in strangers]))
        if len(rows) > MOST:
            rest = rows[MOST - 1 :]
            rows = [*rows[: MOST - 1], _sum("({} more)".format(len(rest)), rest)]
        return rows


def _sum(name, rows):
    total = {"name": name, "kind": ""}
    for field in ("params", "macs", "weight_bytes", "activation_bytes"):
        total[field] = sum(row.get(field, 0) for row in rows)
    return total
