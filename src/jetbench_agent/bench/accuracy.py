"""Images of the user through a case's model: which it gets right, and how long real ones take beside synthetic ones.

A job of its own after the timed passes of its case. Every batch is read, decoded and prepared, copied to the device,
passed through the model and copied back, each timed apart; beside it a pass of random numbers of the same shape is
timed, before or after it in turns. Of a classifier each image is told as one letter:

    1  its class comes first   5  among the first five   0  neither   -  its class is no output   x  not to be decoded
"""

import signal

from jetbench_agent import cores
from jetbench_agent.bench import dataset, images, inputs, label_space, models, onednn, preparing, variants
from jetbench_agent.bench.errors import BadModelError, first_line
from jetbench_agent.stream import monotonic_ns

RIGHT, AMONG, WRONG, NO_CLASS, UNREADABLE = "1", "5", "0", "-", "x"
TOP = 5
TOLD_AT_ONCE, TOLD_EVERY_NS = 500, 2 * 10**9
MOST_TIMED = 2000  # batches whose parts are told
MOST_TWINS = 500  # batches beside which a synthetic one runs
TASKS = {"detection": "boxes", "segmentation": "a class for every pixel"}


def check(job, send):
    """Whether ``job["data"]`` and ``job["labels"]`` can be read, before anything is measured. Raises BadModelError."""
    found = dataset.opened(job["data"], job.get("download"))
    if job.get("labels") and job["labels"] != label_space.SORTED:
        label_space.read(job["labels"])
    send("data_found", images=len(found.items), classes=len(found.names))


def run(job, send):
    """Send one ``data`` event for ``job["case"]`` and ``hits`` events after it."""
    case, protocol = job["case"], job["protocol"]
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    if protocol.get("bench_cores"):
        cores.keep_to(protocol["bench_cores"])
    import torch

    torch.set_num_threads(case["threads"])
    if not protocol.get("onednn", True):
        onednn.switch(torch, False)
    data = dataset.opened(protocol["data"]).limited(protocol.get("data_limit"), protocol.get("seed") or 0)
    model = models.build(case["model"], case.get("weights"))
    form = models.form(case["model"], case["batch"], case.get("size"))
    preparation = preparing.of(torch, case, model, form)
    with torch.inference_mode() if hasattr(torch, "inference_mode") else torch.no_grad():
        _Evaluation(torch, job, data, preparation, form, send).run(model, lambda: bool(ended))


class _Evaluation(object):
    def __init__(self, torch, job, data, preparation, form, send):
        self._torch, self._case, self._protocol = torch, job["case"], job["protocol"]
        self._data, self._preparation, self._form, self._send = data, preparation, form, send
        self._device = torch.device(self._case["device"])
        self._dtype = variants.Variant(self._case["variant"]).dtype(torch)
        self._hits, self._parts, self._first, self._told = "", {}, 0, monotonic_ns()
        self._wanted = None  # the output of each class
        self._classifies = False
        self._batches = 0
        self._unread = None

    def run(self, model, ended):
        size, call = self._case["batch"], None
        for first in range(0, len(self._data.items), size):
            if ended():
                break
            numbers = range(first, min(first + size, len(self._data.items)))
            batch, kept, spent = self._prepared(numbers, size)
            if batch is None:
                self._hits += UNREADABLE * len(numbers)
                continue
            if call is None:
                example = self._example(batch)
                call = variants.prepare(self._torch, model, example, self._device, self._case["variant"])[0]
                self._synthetic = self._moved(self._like(batch))
                self._timed(call, self._moved(batch), {})  # what only the first pass takes
            output = self._passed(call, batch, spent, whole=len(kept) == size)
            if self._wanted is None:
                self._begin(output)
            self._judge(output, numbers, kept)
            self._tell()
        if self._wanted is None:
            raise BadModelError("none of {} images can be decoded: {}".format(len(self._data.items), self._unread))
        self._tell(all_=True)

    # -- a batch

    def _prepared(self, numbers, size):
        """(batch, the numbers that are in it, ns by part). Filled up with its last image to the size of a batch."""
        spent, tensors, kept = {"read": 0, "decode": 0, "prepare": 0}, [], []
        for number in numbers:
            try:
                image, read, decoded = self._data.image(number)
            except BadModelError as error:
                self._unread = self._unread or first_line(error)
                continue
            begin = monotonic_ns()
            tensors.append(self._preparation.make(image))
            kept.append(number)
            spent["read"] += read
            spent["decode"] += decoded
            spent["prepare"] += monotonic_ns() - begin
        if not tensors:
            return None, kept, spent
        begin = monotonic_ns()
        tensors += [tensors[-1]] * (size - len(tensors))
        if self._preparation.each:
            batch = [tensor.to(self._dtype) for tensor in tensors]
        elif len({tuple(tensor.shape) for tensor in tensors}) > 1:
            raise BadModelError("its preprocessing leaves images of different sizes: they go with batch 1 only")
        else:
            batch = self._laid(self._torch.stack(tensors).to(self._dtype))
        spent["prepare"] += monotonic_ns() - begin
        return batch, kept, spent

    def _laid(self, batch):
        """In the layout of the variant."""
        if not variants.Variant(self._case["variant"]).channels_last:
            return batch
        return batch.contiguous(memory_format=self._torch.channels_last)

    def _example(self, batch):
        """What the variant is made with: the case's own input, or one in the shape that real images have."""
        if not self._preparation.each and list(batch.shape) != list(self._form.shape):
            return (self._like(batch),), {}
        return self._form.make(drawn=True)

    def _like(self, batch):
        if isinstance(batch, list):
            return [self._torch.rand(tensor.shape).to(self._dtype) for tensor in batch]
        return self._laid(self._torch.rand(batch.shape).to(self._dtype))

    def _moved(self, batch):
        return inputs.moved(batch, self._device, self._dtype)

    def _passed(self, call, batch, spent, whole):
        """The output on the CPU; parts of a batch that is no whole one are not kept."""
        twin = self._batches < MOST_TWINS
        if twin and (self._preparation.each or self._synthetic.shape != batch.shape):
            self._synthetic = self._moved(self._like(batch))
        if twin and self._batches % 2:
            self._timed(call, self._synthetic, spent, "synthetic")
        if self._device.type != "cpu":
            begin = monotonic_ns()
            batch = self._moved(batch)
            self._sync()
            spent["h2d"] = monotonic_ns() - begin
        output = self._timed(call, batch, spent, "forward")
        if self._device.type != "cpu":
            begin = monotonic_ns()
            output = images.to_host(output)
            spent["d2h"] = monotonic_ns() - begin
        if twin and not self._batches % 2:
            self._timed(call, self._synthetic, spent, "synthetic")
        if whole and self._batches < MOST_TIMED:
            for name, ns in spent.items():
                self._parts.setdefault(name, []).append(ns)
        self._batches += 1
        return output

    def _timed(self, call, batch, spent, name="forward"):
        begin = monotonic_ns()
        output = call(batch)
        self._sync()
        spent[name] = monotonic_ns() - begin
        return output

    def _sync(self):
        if self._device.type == "cuda":
            self._torch.cuda.synchronize(self._device)

    # -- what it comes to

    def _begin(self, output):
        data, scores = self._data, scored(self._torch, output)
        reason, how, notes, self._wanted = None, None, [], []
        try:
            if scores is None:
                raise BadModelError("it is told of classifiers, and the model gives " + given_by(self._torch, output))
            if self._preparation.drawn:
                raise BadModelError("the weights are random numbers; --weights names others")
            found = label_space.mapped(
                data, self._preparation.categories, scores.shape[1], self._protocol.get("labels")
            )
            (self._wanted, how, notes), self._classifies = found, True
        except BadModelError as error:
            reason = str(error)
        self._send(
            "data",
            c=self._case["id"],
            source=data.source,
            images=len(data.items),
            classes=len(data.names),
            outputs=scores.shape[1] if scores is not None else None,
            labels=how,
            prepared=self._preparation.text,
            sha256=data.digest(),
            notes=data.notes + notes,
            reason=reason,
        )

    def _judge(self, output, numbers, kept):
        best = None
        if self._classifies:
            scores = scored(self._torch, output)
            best = scores.topk(min(TOP, scores.shape[1]), dim=1)[1].tolist()
        rows = dict(zip(kept, best or [None] * len(kept)))
        for number in numbers:
            if number not in rows:
                self._hits += UNREADABLE
                continue
            label = self._data.items[number][1]
            wanted = self._wanted[label] if self._classifies and label is not None else None
            if wanted is None:
                self._hits += NO_CLASS
            else:
                row = rows[number]
                self._hits += RIGHT if row[0] == wanted else AMONG if wanted in row else WRONG

    def _tell(self, all_=False):
        timed = max([0] + [len(spent) for spent in self._parts.values()])
        long_ago = monotonic_ns() - self._told > TOLD_EVERY_NS
        if not (all_ or long_ago or max(len(self._hits), timed) >= TOLD_AT_ONCE) or not self._hits:
            return
        self._send("hits", c=self._case["id"], i=self._first, hits=self._hits, parts=self._parts, unread=self._unread)
        self._first += len(self._hits)
        self._hits, self._parts, self._told = "", {}, monotonic_ns()


def scored(torch, output):
    """The scores of a classifier, N x outputs, float32 on the CPU; None where the output is none."""
    output = getattr(output, "logits", output)
    if isinstance(output, dict):
        output = output.get("logits", next(iter(output.values()), None))
    if isinstance(output, (list, tuple)):
        output = output[0] if output else None
    if hasattr(output, "__array_interface__") and not isinstance(output, torch.Tensor):
        output = torch.as_tensor(output)
    if not isinstance(output, torch.Tensor) or output.dim() != 2 or output.shape[1] < 2:
        return None
    return output.detach().to("cpu", torch.float32)


def given_by(torch, output):
    """In words, what is no scores of classes."""
    if isinstance(output, (list, tuple)) and output and isinstance(output[0], dict):
        return TASKS["detection"]
    first = next(iter(output.values()), None) if isinstance(output, dict) else output
    if isinstance(first, torch.Tensor) and first.dim() == 4:
        return TASKS["segmentation"]
    return "no scores of classes"
