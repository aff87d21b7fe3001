"""The model that is counted, without memory for its weights where torch can.

Counting needs shapes, not values. Built on the meta device a VGG16 takes a few MB; where that cannot
be, it is built with its initialisation skipped, and the pages of its weights are never touched.
"""

import contextlib

from jetbench_agent.bench import inputs

NORMS = ("BatchNorm", "LayerNorm", "GroupNorm", "InstanceNorm", "RMSNorm", "LocalResponseNorm")


class Subject(object):
    """A model that ``build()`` makes and the inputs.Form of its pass.

    ``reads_values``: what a pass does depends on the values of the weights, so they are initialised.
    """

    def __init__(self, build, form, reads_values=False):
        self._build = build
        self.form = form
        self.batch = form.batch
        self._reads_values = reads_values
        self._models = {}
        self._fails = {}

    def model(self, device):
        """Built for "meta" or "cpu", once. Raises what the builder raises."""
        if device not in self._models:
            if device == "meta":
                model = on_meta(self._build)
            else:
                model = self._build() if self._reads_values else without_init(self._build)
            self._models[device] = _seen_once(model, self.form.make(device))
        return self._models[device]

    def any(self):
        """On meta where it can be built there."""
        return self.model("meta") if _has_meta() else self.model("cpu")

    def attempt(self, run):
        """``run(model, device)`` on meta, or with real tensors where that fails: a model may read values, or use
        operators without a meta kernel. The error of the last attempt is raised."""
        devices = ["meta", "cpu"] if _has_meta() and not self._reads_values else ["cpu"]
        for device in devices:
            if device in self._fails and device != devices[-1]:
                continue
            try:
                return run(self.model(device), device)
            except Exception as error:
                self._fails[device] = error
                if device == devices[-1]:
                    raise
        return None

    def given(self, device, batch=None):
        """(positional arguments, named ones) of a pass, with the least values."""
        return self.form.make(device, batch)


def _has_meta():
    """Whether models can be built and run without memory (torch 2.0 on)."""
    import torch

    return not torch.__version__.startswith("1.")


def on_meta(build):
    """The model on the meta device. A few builders read values of tensors: they build first and move."""
    import torch

    try:
        with torch.device("meta"):
            return build()
    except Exception:  # whatever a builder trips over; its own errors come again
        model = without_init(build)
        return model.to("meta") if hasattr(model, "to") else model


def without_init(build):
    """The model with real tensors whose weights are whatever memory held."""
    with _no_init():
        return build()


@contextlib.contextmanager
def _no_init():
    """torch.nn.init does nothing meanwhile: values do not matter, and writing them would take the memory."""
    from torch.nn import init

    kept = {name: getattr(init, name) for name in dir(init) if name.endswith("_") and not name.startswith("_")}
    kept = {name: value for name, value in kept.items() if callable(value)}
    for name in kept:
        setattr(init, name, _left_alone)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(init, name, value)


def _left_alone(tensor, *_, **__):
    return tensor


def _seen_once(model, given):
    """Lazy layers get their shapes in a pass."""
    import torch

    parameters = getattr(model, "parameters", tuple)
    if any(type(parameter).__name__ == "UninitializedParameter" for parameter in parameters()):
        with torch.no_grad():
            inputs.call(model, given)
    return model


def is_norm(module):
    """Normalisation: its elements are scaled, not multiplied and added up."""
    return any(name in type(module).__name__ for name in NORMS)
