"""Images for end-to-end timing: read, decoded and prepared as torchvision's published preprocessing does.

Shorter side to 256 of 224 (the same share for other sizes), centre crop, mean and deviation of ImageNet
(torchvision.models, "Initializing pre-trained models"). Needs PIL, not torchvision.
"""

import io
import os
import shutil
import tempfile

from jetbench_agent.bench.errors import BadModelError
from jetbench_agent.stream import monotonic_ns

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
RESIZE = 256.0 / 224.0
ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".webp", ".tif", ".tiff")
MOST_BYTES = 64 << 20
MOST_PIXELS = 100 * 1000 * 1000
MOST_FILES = 100000
MADE, MADE_SIZE = 8, (640, 480)


class Images(object):
    """Paths that are gone through round and round. ``close`` removes what was made for the purpose."""

    def __init__(self, folder):
        self._made = None
        if folder is None:
            self._made = folder = tempfile.mkdtemp(prefix="jetbench-images-")
            _make(folder)
        self.paths = _paths(folder)
        self._next = 0

    def take(self):
        path = self.paths[self._next % len(self.paths)]
        self._next += 1
        return path

    def close(self):
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)


class EndToEnd(object):
    """Prepares the batch of the next pass between passes, and times each part of that.

    A watch of ``timing.measure``: ``batch`` is what the next pass takes, ``out`` what the last one gave.
    ``rebase()`` is called when a batch is ready: what its making cost is no part of the pass.
    """

    def __init__(self, torch, images, shape, dtype, device, rebase=lambda: None):
        self._torch, self._images, self._shape, self._dtype, self._device = torch, images, shape, dtype, device
        self._rebase = rebase
        self._on_device = device.type != "cpu"
        self._parts = {}
        self._spent = None
        self.batch = self.out = None

    def begin(self):
        if self._spent is None:
            self._prepare()
            self._rebase()

    def renew(self):
        """A batch for the next pass. What that of the first one took is no sample's: the decoder was loaded in it."""
        self._prepare()

    def passed(self, _number):
        for name, spent in self._spent.items():
            self._parts.setdefault(name, []).append(spent)
        if self._on_device:
            begin = monotonic_ns()
            to_host(self.out)
            self._parts.setdefault("d2h", []).append(monotonic_ns() - begin)
        self.out = None
        self._prepare()
        self._rebase()

    def take(self):
        parts, self._parts = self._parts, {}
        return {"parts": parts} if parts else {}

    def _prepare(self):
        spent = {"read": 0, "decode": 0, "prepare": 0}
        size, tensors = self._shape[2:], []
        for _ in range(self._shape[0]):
            path = self._images.take()
            begin = monotonic_ns()
            data = read(path)
            middle = monotonic_ns()
            image = decode(data, path)
            decoded = monotonic_ns()
            tensors.append(prepare(self._torch, image, size))
            spent["read"] += middle - begin
            spent["decode"] += decoded - middle
            spent["prepare"] += monotonic_ns() - decoded
        begin = monotonic_ns()
        batch = self._torch.stack(tensors).to(self._dtype)
        spent["prepare"] += monotonic_ns() - begin
        if self._on_device:
            begin = monotonic_ns()
            batch = batch.to(self._device)
            self._torch.cuda.synchronize(self._device)
            spent["h2d"] = monotonic_ns() - begin
        self.batch, self._spent = batch, spent


def read(path):
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadModelError("the image {}: {}".format(path, error.strerror or error))
    if len(data) > MOST_BYTES:
        raise BadModelError("the image {} is larger than 64 MiB".format(path))
    return data


def decode(data, path):
    """An RGB image; raises BadModelError with one line that names the file."""
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(data))
        if image.size[0] * image.size[1] > MOST_PIXELS:
            raise BadModelError("the image {} has over 100 million pixels".format(path))
        return image.convert("RGB")
    except BadModelError:
        raise
    except Exception as error:  # PIL raises whatever a decoder does
        raise BadModelError("the image {} cannot be decoded: {}".format(path, str(error)[:200]))


def prepare(torch, image, size):
    """A float tensor of 3 x size, resized by its shorter side, cropped in the middle, normalised."""
    from PIL import Image

    height, width = size
    share = RESIZE * max(float(height) / image.size[1], float(width) / image.size[0])
    # A fraction is cut off, as torchvision does; not one of a rounded product that should be whole.
    resized = [int(side * share + 1e-6) for side in image.size]
    image = image.resize((max(width, resized[0]), max(height, resized[1])), Image.BILINEAR)
    left, top = (image.size[0] - width) // 2, (image.size[1] - height) // 2
    image = image.crop((left, top, left + width, top + height))
    flat = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    tensor = flat.view(height, width, 3).permute(2, 0, 1).to(torch.float32).div_(255.0)
    mean, deviation = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(DEVIATION).view(3, 1, 1)
    return tensor.sub_(mean).div_(deviation)


def _paths(folder):
    try:
        names = sorted(os.listdir(folder))[:MOST_FILES]
    except OSError as error:
        raise BadModelError("the images {}: {}".format(folder, error.strerror or error))
    paths = [os.path.join(folder, name) for name in names if name.lower().endswith(ENDINGS)]
    if not paths:
        raise BadModelError("no image in {} ({})".format(folder, " ".join(ENDINGS)))
    return paths


def _make(folder):
    """JPEG files with gradients, edges and noise: they decode as slowly as photographs of their size."""
    try:
        from PIL import Image, ImageFilter
    except ImportError:
        raise BadModelError("end to end needs PIL to decode images: pip install pillow")
    for number in range(MADE):
        coarse = Image.frombytes("RGB", (20, 15), os.urandom(20 * 15 * 3)).resize(MADE_SIZE, Image.BICUBIC)
        grain = Image.frombytes("RGB", MADE_SIZE, os.urandom(MADE_SIZE[0] * MADE_SIZE[1] * 3))
        image = Image.blend(coarse, grain.filter(ImageFilter.GaussianBlur(1)), 0.25)
        image.save(os.path.join(folder, "{}.jpg".format(number)), quality=90)


def to_host(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [to_host(item) for item in value]
    return value.cpu() if hasattr(value, "cpu") else value
