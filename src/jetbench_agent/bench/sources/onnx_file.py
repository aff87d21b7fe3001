"""``net.onnx`` by ONNX Runtime, on the CPU, or on a GPU where that build of it can."""

import importlib.util
import os

from jetbench_agent.bench import inputs, onnx_outline
from jetbench_agent.bench.checkpoints import room_for
from jetbench_agent.bench.errors import BadModelError, first_line

WHY_NOT_COUNTED = "ONNX: its multiply-adds are not counted here"


def answers(name):
    return name.endswith(".onnx")


def needs_torchvision(name):
    return False


def file(name):
    return os.path.abspath(os.path.expanduser(name))


def known(name):
    if not os.path.isfile(file(name)):
        return "no file {}".format(name)
    if importlib.util.find_spec("onnxruntime") is None:
        from jetbench_agent.bench import sources

        return str(sources.missing("onnxruntime", name))
    try:
        onnx_outline.read(file(name))
    except onnx_outline.NoOutlineError as error:
        return str(error)
    return None


def listing():
    return []


def outline(name):
    """Fields of the model event, read from the file without loading it."""
    found = _outline(name)
    return {"params": found.params, "bytes": found.bytes, "error": WHY_NOT_COUNTED, "counts": []}


def _outline(name):
    try:
        return onnx_outline.read(file(name))
    except (OSError, onnx_outline.NoOutlineError) as error:
        raise BadModelError("{}: {}".format(name, first_line(error)))


def form(name, batch, size):
    """As the file says: a first side that it leaves open is the batch; ``size`` fills in open ones of images."""
    found = []
    for one in _outline(name).inputs:
        sides = list(one.shape)
        if sides and sides[0] is None:
            sides[0] = inputs.BATCH
        if size and len(sides) == 4 and sides[2:] == [None, None]:
            sides[2:] = list(size)
        if None in sides or one.dtype is None:
            text = "{}: its input {} leaves {} open; say its inputs in brackets (docs/models.md)"
            raise BadModelError(text.format(name, one.name, "its type" if one.dtype is None else "sides"))
        if "int" in one.dtype:
            text = "{}: its input {} takes whole numbers; say up to which, in brackets (docs/models.md)"
            raise BadModelError(text.format(name, one.name))
        found.append(inputs.Input(sides, one.dtype))
    if not found:
        raise BadModelError("{}: it takes no input".format(name))
    return inputs.Form(found, batch)


def build(name, weights=None):
    if weights:
        raise BadModelError("{} has its own weights".format(name))
    why = known(name)
    if why is not None:
        raise BadModelError("{}: {}".format(name, why))
    room_for(file(name))
    return Session(file(name))


def check_provider(provider):
    """Whether this build of ONNX Runtime has it. Raises BadModelError."""
    import onnxruntime

    there = onnxruntime.get_available_providers()
    if provider not in there:
        raise BadModelError("this onnxruntime has no {}; it has {}".format(provider, ", ".join(there)))


class Session(object):
    """A pass by ONNX Runtime, called as a torch model is; ``to`` decides where it runs and opens the file."""

    def __init__(self, path):
        self._path = path
        self._session = None

    def to(self, device, dtype):
        import torch

        if dtype != torch.float32:
            raise BadModelError("an ONNX file has its own types: fp32 only, which leaves them as they are")
        provider = "CPUExecutionProvider" if device.type == "cpu" else "CUDAExecutionProvider"
        check_provider(provider)
        return self.opened(provider)

    def opened(self, provider):
        import onnxruntime
        import torch

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        try:
            self._session = onnxruntime.InferenceSession(self._path, options, providers=[provider])
        except Exception as error:  # onnxruntime has a type for each way to be broken
            raise BadModelError("{}: {}".format(self._path, first_line(error)))
        self._names = [one.name for one in self._session.get_inputs()]
        return self

    def __call__(self, *args, **named):
        given = dict(zip(self._names, args), **named)
        return self._session.run(None, {name: value.cpu().numpy() for name, value in given.items()})
