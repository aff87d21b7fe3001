"""What is CUDA's own: the context, events around a pass, copies of input and output.

API as documented for torch 1.10 and later (torch.cuda.Event, torch.cuda.synchronize).
"""

from jetbench_agent.stream import monotonic_ns

COPIES = 5  # of input and output, timed one by one


def start(torch, device):
    """The context and a first, tiny kernel: until one has run nothing is there."""
    torch.cuda.init()
    torch.zeros(1, device=device).add_(1)
    torch.cuda.synchronize(device)


class Events(object):
    """Times passes by events of the device as well. ``wrapped(call)`` is the pass the host clock times.

    Events are recorded inside the pass; it ends when the device has reached the second one, so one
    request is timed and none is queued ahead. Reading them happens between passes.
    """

    def __init__(self, torch, device):
        self._begin = torch.cuda.Event(enable_timing=True)
        self._end = torch.cuda.Event(enable_timing=True)
        self._stream = torch.cuda.current_stream(device)
        self._took = []
        torch.cuda.synchronize(device)

    def wrapped(self, call):
        begin, end, stream = self._begin, self._end, self._stream

        def timed():
            begin.record(stream)
            out = call()
            end.record(stream)
            end.synchronize()
            return out

        return timed

    def begin(self):
        pass

    def passed(self, _number):
        self._took.append(int(self._begin.elapsed_time(self._end) * 1e6))  # it is given in milliseconds

    def take(self):
        took, self._took = self._took, []
        return {"device": took}


def transfers(torch, batch, output, device):
    """Fields of a transfer event for each direction: input to the device, output back, COPIES times each."""
    found = []
    for direction, tensors, target in (
        ("h2d", _tensors(torch, batch), device),
        ("d2h", _tensors(torch, output), "cpu"),
    ):
        there = [tensor.to("cpu" if direction == "h2d" else device) for tensor in tensors]
        took = []
        for _ in range(COPIES):
            torch.cuda.synchronize(device)
            begin = monotonic_ns()
            for tensor in there:
                tensor.to(target)
            torch.cuda.synchronize(device)
            took.append(monotonic_ns() - begin)
        size = sum(tensor.numel() * tensor.element_size() for tensor in there)
        found.append({"direction": direction, "bytes": size, "d": took})
    return found


def _tensors(torch, value):
    """Every tensor in what a model takes or gives: a tensor, or a dict, list or tuple of them."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in _tensors(torch, item)]
    return []
