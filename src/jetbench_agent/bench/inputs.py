"""What a model is fed: which tensors, of which shapes and types, by position or by name.

A name may end with them in square brackets, one input beside the other by ``+``:

    net.py:build[Nx1x240x320]
    net.py:build[ids=Nx128/int64<30522+mask=Nx128/int64<2]

A shape has an N where the batch goes; then come the type, where it is another than float32, and the range
of the values: from 0 (or ``>=LOW``) to below ``<HIGH``. ``a.b=`` is the entry b of a dictionary that is given
as a. The screen side writes the same from ``inputs`` of a plan (jetbench.domain.inputs).
"""

import re

DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")
BATCH = "N"
_BRACKETS = re.compile(r"^([^\[]+)\[([^\[\]]*)\]$")
_INPUT = re.compile(r"^(?:([A-Za-z_][\w.]*)=)?(N|\d+|)((?:x\d+)*)(?:/(\w+))?(?:>=(-?[\d.e-]+))?(?:<(-?[\d.e-]+))?$")


class BadInputError(ValueError):
    """The description in brackets is none; the text is one line."""


class Input(object):
    """One tensor. ``shape`` has BATCH where the batch goes. ``each``: a list of tensors, one an item of the batch."""

    def __init__(self, shape, dtype="float32", name=None, low=0, high=None, each=False):
        self.shape = list(shape)
        self.dtype, self.name, self.low, self.each = dtype, name, low, each
        self.high = high if high is not None else (low + 1 if dtype.startswith(("float", "bfloat")) else low + 2)

    def sized(self, batch):
        """Its shape with the batch put in."""
        return [batch if side == BATCH else side for side in self.shape]

    def make(self, device, batch, drawn):
        import torch

        if self.each:
            one = Input(self.shape[1:], self.dtype, None, self.low, self.high)
            return [one.make(device, batch, drawn) for _ in range(batch)]
        shape, dtype = self.sized(batch), getattr(torch, self.dtype)
        if not drawn:
            return torch.full(shape, self.low, dtype=dtype, device=device)
        if dtype == torch.bool:
            return torch.rand(shape, device=device) < 0.5
        if not dtype.is_floating_point:
            return torch.randint(int(self.low), int(self.high), shape, dtype=dtype, device=device)
        values = torch.rand(shape, device=device)
        if (self.low, self.high) != (0, 1):
            values = self.low + (self.high - self.low) * values
        return values.to(dtype)


class Form(object):
    """All inputs of a pass at a batch. ``shape``: that of the first one, as it is told."""

    def __init__(self, inputs, batch):
        self.inputs, self.batch = list(inputs), batch
        self.shape = self.inputs[0].sized(batch)
        if not any(BATCH in found.shape for found in inputs):
            self.batch = 1  # one pass is one item, whatever was asked for

    @property
    def images(self):
        """Whether it is one batch of colour images."""
        first = self.inputs[0]
        plain = len(self.inputs) == 1 and first.name is None and not first.each
        return plain and first.dtype == "float32" and len(first.shape) == 4 and first.shape[:2] == [BATCH, 3]

    def make(self, device="cpu", batch=None, drawn=False):
        """(positional arguments, named ones) of a pass: the least values, or ``drawn`` at random."""
        args, named = [], {}
        for found in self.inputs:
            made = found.make(device, batch or self.batch, drawn)
            if found.name is None:
                args.append(made)
                continue
            place, parts = named, found.name.split(".")
            for part in parts[:-1]:
                place = place.setdefault(part, {})
            place[parts[-1]] = made
        return tuple(args), named


def images(batch, size, channels=3):
    """The form of a batch of images."""
    return Form([Input([BATCH, channels] + list(size))], batch)


def split(name):
    """(the name without brackets, what stands in them or None)."""
    found = _BRACKETS.match(name)
    return (found.group(1), found.group(2)) if found else (name, None)


def parse(text):
    """Inputs of the text in the brackets. Raises BadInputError."""
    found = [_parse_one(part.strip()) for part in text.split("+")]
    if len({one.name for one in found if one.name}) < sum(1 for one in found if one.name):
        raise BadInputError("[{}]: an input is named twice".format(text))
    return found


def _parse_one(part):
    match = _INPUT.match(part)
    if match is None or not (match.group(2) or match.group(4)):
        text = "[{}] is no input; write a shape such as Nx3x224x224 or ids=Nx128/int64<30522"
        raise BadInputError(text.format(part))
    name, first, rest, dtype, low, high = match.groups()
    dtype = dtype or "float32"
    if dtype not in DTYPES:
        raise BadInputError("[{}]: no type {!r}; there are: {}".format(part, dtype, ", ".join(DTYPES)))
    whole = "int" in dtype
    if whole and high is None:
        raise BadInputError("[{}]: whole numbers need an upper bound, such as /{}<10".format(part, dtype))
    shape = [first] + rest.split("x")[1:] if first else []
    shape = [side if side == BATCH else int(side) for side in shape]
    number = int if whole else float
    try:
        low, high = number(low or 0), (number(high) if high is not None else None)
    except ValueError:
        raise BadInputError("[{}]: no number of that type".format(part))
    if 0 in shape or (high is not None and high <= low):
        raise BadInputError("[{}]: nothing lies in it".format(part))
    return Input(shape, dtype, name, low, high)


def call(model, given):
    """One pass."""
    args, named = given
    return model(*args, **named)


def moved(value, device, dtype):
    """Every tensor in nested arguments on a device, those of floating point in a type."""
    import torch

    if isinstance(value, torch.Tensor):
        return value.to(device=device, dtype=dtype) if value.is_floating_point() else value.to(device=device)
    if isinstance(value, dict):
        return {name: moved(part, device, dtype) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(moved(part, device, dtype) for part in value)
    return value
