"""The model that is counted, without memory for its weights where torch can.

Counting needs shapes, not values. Built on the meta device a VGG16 takes a few MB; where that cannot
be, it is built with its initialisation skipped, and the pages of its weights are never touched.
"""

import contextlib

NORMS = ("BatchNorm", "LayerNorm", "GroupNorm", "InstanceNorm", "RMSNorm", "LocalResponseNorm")


class Subject(object):
    """A model that ``build()`` makes and the shape of its input batch."""

    def __init__(self, build, shape):
        self._build = build
        self.shape = list(shape)
        self._models = {}
        self._fails = {}

    def model(self, device):
        """Built for "meta" or "cpu", once. Raises what the builder raises."""
        if device not in self._models:
            model = on_meta(self._build) if device == "meta" else without_init(self._build)
            self._models[device] = _seen_once(model, device, self.shape)
        return self._models[device]

    def any(self):
        """On meta where it can be built there."""
        return self.model("meta") if _has_meta() else self.model("cpu")

    def attempt(self, run):
        """``run(model, device)`` on meta, or with real tensors where that fails: a model may read values, or use
        operators without a meta kernel. The error of the last attempt is raised."""
        devices = ["meta", "cpu"] if _has_meta() else ["cpu"]
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

    def input(self, device, batch=None):
        import torch

        return torch.zeros([batch or self.shape[0]] + self.shape[1:], device=device)


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


def _seen_once(model, device, shape):
    """Lazy layers get their shapes in a pass."""
    import torch

    parameters = getattr(model, "parameters", tuple)
    if any(type(parameter).__name__ == "UninitializedParameter" for parameter in parameters()):
        with torch.no_grad():
            model(torch.zeros(shape, device=device))
    return model


def is_norm(module):
    """Normalisation: its elements are scaled, not multiplied and added up."""
    return any(name in type(module).__name__ for name in NORMS)
