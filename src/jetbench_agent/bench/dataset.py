"""Labelled images of the user: a folder of folders, a CSV, or a data set of torchvision that lies on the disk.

    photos/                      photos/<class>/*.jpg; folders below count as the first one
    photos.csv                   its first line names the columns: path,label; a path stays below the file's folder
    torchvision:CIFAR10          in torch's cache, below datasets/
    torchvision:CIFAR10=FOLDER   elsewhere

A folder of a stranger is data: links that lead out of it are not followed, files are bounded in number, bytes and
pixels, and nothing in it is executed. What is left out is said in ``notes``.
"""

import csv
import hashlib
import io
import os
import random
import stat

from jetbench_agent.bench import images
from jetbench_agent.bench.errors import BadModelError, first_line
from jetbench_agent.stream import monotonic_ns

TORCHVISION = "torchvision:"
MOST_CLASSES = 22000
MOST_CSV_BYTES = 64 << 20
DEEPEST = 8  # folders below the one that was named
PATHS, LABELS = ("path", "file", "filename", "image"), ("label", "class", "target")
SPLITS = ("test", "val", "valid")  # of a data set with a named split, the first it knows


class DataSet(object):
    """``items``: (path, or number within torchvision's data set; place of its class in ``names``, or None).

    ``numbered``: the data set itself says that a class has the number of its place.
    """

    def __init__(self, source, items, names, notes=(), numbered=False, held=None):
        self.source, self.items, self.names, self.notes = source, items, names, list(notes)
        self.numbered, self._held = numbered, held

    def limited(self, most, seed):
        """``most`` of the images, drawn with a seed: the same ones for every model."""
        if most and most < len(self.items):
            self.notes.append("{} of {} images, drawn with seed {}".format(most, len(self.items), seed))
            chosen = sorted(random.Random(seed).sample(range(len(self.items)), most))
            self.items = [self.items[place] for place in chosen]
        return self

    def digest(self):
        """SHA-256 over what tells these images from others: names, sizes in bytes and classes, in their order."""
        found = hashlib.sha256()
        for key, label in self.items:
            size = os.stat(key).st_size if self._held is None and os.path.exists(key) else 0
            name = self.names[label] if label is not None else ""
            found.update("{}\0{}\0{}\n".format(os.path.basename(str(key)), size, name).encode("utf-8", "replace"))
        return found.hexdigest()

    def image(self, number):
        """(image in RGB, ns to read it, ns to decode it). Raises BadModelError."""
        key = self.items[number][0]
        begin = monotonic_ns()
        if self._held is not None:
            try:
                image = self._held[key][0].convert("RGB")
            except Exception as error:  # whatever a data set raises
                raise BadModelError("image {} of {}: {}".format(key, self.source, first_line(error)))
            return image, monotonic_ns() - begin, 0
        data = images.read(key)
        middle = monotonic_ns()
        image = images.decode(data, key)
        return image, middle - begin, monotonic_ns() - middle


def opened(source, download=False):
    """A DataSet. Raises BadModelError with one line. Nothing is downloaded but with ``download``."""
    if source.startswith(TORCHVISION):
        return _of_torchvision(source, download)
    if os.path.isdir(source):
        return _of_folder(source)
    if os.path.isfile(source) and source.lower().endswith(".csv"):
        return _of_csv(source)
    kinds = "a folder of images, a .csv that lists some, or torchvision:NAME"
    there = "is neither" if os.path.exists(source) else "no such file or folder"
    raise BadModelError("--data {}: {}; give {}".format(source, there, kinds))


def _of_folder(folder):
    root = os.path.realpath(folder)
    items, left, notes = [], {}, []
    classes = sorted(entry.name for entry in _entries(root) if entry.is_dir(follow_symlinks=False))
    for name in classes:
        for path in _files(os.path.join(root, name), root, DEEPEST, left):
            items.append((path, name))
            _bounded(items, folder)
    loose = list(_files(root, root, 0, left))
    names = sorted({name for _, name in items})
    if len(names) > MOST_CLASSES:
        raise BadModelError("--data {}: over {} folders with images".format(folder, MOST_CLASSES))
    if items and loose:
        notes.append("{} images outside of the folders have no label and are left out".format(len(loose)))
    if not items:
        items, names = [(path, None) for path in loose], []
    if not items:
        raise BadModelError("--data {}: no image in it ({})".format(folder, " ".join(images.ENDINGS)))
    places = {name: place for place, name in enumerate(names)}
    return DataSet(folder, [(path, places.get(name)) for path, name in items], names, notes + _left(left))


def _entries(folder):
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise BadModelError("--data {}: {}".format(folder, error.strerror or error))


def _files(folder, root, deep, left):
    """Regular files that look like images; a link only where it stays below ``root``."""
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            if deep > 0:
                for path in _files(entry.path, root, deep - 1, left):
                    yield path
        elif entry.is_symlink() and not _below(entry.path, root):
            left["links that lead out of it"] = left.get("links that lead out of it", 0) + 1
        elif entry.name.lower().endswith(images.ENDINGS):
            if entry.is_file():
                yield entry.path
            else:
                left["names of images that are no files"] = left.get("names of images that are no files", 0) + 1


def _below(path, root):
    return os.path.realpath(path).startswith(os.path.join(root, ""))


def _left(left):
    return ["left out: {} {}".format(count, what) for what, count in sorted(left.items())]


def _bounded(items, source):
    if len(items) > images.MOST_FILES:
        raise BadModelError("--data {}: over {} images".format(source, images.MOST_FILES))


def _of_csv(path):
    try:
        if os.path.getsize(path) > MOST_CSV_BYTES:
            raise BadModelError("--data {}: larger than 64 MiB".format(path))
        with io.open(path, encoding="utf-8-sig", newline="") as file:
            return _of_rows(path, csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadModelError("--data {}: {}".format(path, first_line(error)))


def _of_rows(path, rows):
    head = [cell.strip().lower() for cell in next(rows, [])]
    columns = [next((head.index(name) for name in wanted if name in head), None) for wanted in (PATHS, LABELS)]
    if columns[0] is None:
        raise BadModelError("--data {}: its first line names the columns, such as path,label".format(path))
    root = os.path.realpath(os.path.dirname(path) or ".")
    items, left = [], {}
    for row in rows:
        if len(row) <= max(place for place in columns if place is not None):
            continue
        file = os.path.realpath(os.path.join(root, row[columns[0]]))
        why = _not_taken(file, root)
        if why is not None:
            left[why] = left.get(why, 0) + 1
            continue
        items.append((file, row[columns[1]].strip() if columns[1] is not None else None))
        _bounded(items, path)
    if not items:
        raise BadModelError("--data {}: no image in it{}".format(path, "".join("; " + one for one in _left(left))))
    names = sorted({name for _, name in items if name})
    places = {name: place for place, name in enumerate(names)}
    return DataSet(path, [(file, places.get(name)) for file, name in items], names, _left(left))


def _not_taken(file, root):
    if not file.startswith(os.path.join(root, "")):
        return "paths that lead out of its folder"
    try:
        return None if stat.S_ISREG(os.stat(file).st_mode) else "paths that are no files"
    except OSError:
        return "paths where there is no file"


def _of_torchvision(source, download):
    import inspect

    name, _, folder = source[len(TORCHVISION) :].partition("=")
    try:
        from torchvision import datasets
    except Exception as error:  # whatever a broken installation raises
        raise BadModelError("--data {}: torchvision cannot be imported: {}".format(source, first_line(error)))
    kind = getattr(datasets, name, None)
    if not (inspect.isclass(kind) and issubclass(kind, datasets.VisionDataset)) or kind is datasets.VisionDataset:
        raise BadModelError("--data {}: torchvision has no data set {!r}".format(source, name))
    if issubclass(kind, datasets.DatasetFolder):  # which follows links to anywhere
        raise BadModelError("--data {}: name the folder itself: --data {}".format(source, folder or "FOLDER"))
    _bound_pixels()
    taken = inspect.signature(kind.__init__).parameters
    folder = folder or _default_folder()
    options = {"root": folder} if "root" in taken else {}
    if "train" in taken:
        options["train"] = False
    if "download" in taken:
        options["download"] = bool(download)
    splits = [{"split": split} for split in SPLITS] if "split" in taken else [{}]
    held = _made(kind, options, splits, source, folder, download)
    if len(held) > images.MOST_FILES:
        raise BadModelError("--data {}: over {} images".format(source, images.MOST_FILES))
    return _labelled(source, held)


def _bound_pixels():
    """What torchvision decodes itself: PIL refuses twice what it warns of."""
    try:
        from PIL import Image
    except ImportError:
        return
    Image.MAX_IMAGE_PIXELS = images.MOST_PIXELS // 2


def _default_folder():
    import torch

    return os.path.join(torch.hub.get_dir(), "datasets")


_ITS_OWN = "You can use download=True to download it"


def _made(kind, options, splits, source, folder, download):
    try:
        for split in splits[:-1]:
            try:
                return kind(**dict(options, **split))
            except ValueError:  # it knows others
                continue
        return kind(**dict(options, **splits[-1]))
    except Exception as error:  # RuntimeError where it is not there, anything else where it is broken
        hint = "" if download else "; looked in {}; --download fetches it".format(folder)
        said = first_line(error).replace(_ITS_OWN, "").rstrip(". ")  # it is --download here
        raise BadModelError("--data {}: {}{}".format(source, said, hint))


def _labelled(source, held):
    """Labels where the data set has one number an image, its own numbering."""
    numbers = next((getattr(held, name) for name in ("targets", "labels", "_labels") if hasattr(held, name)), None)
    if numbers is None:
        try:
            numbers = [held[place][1] for place in range(len(held))] if type(held).__name__ == "FakeData" else []
        except Exception as error:  # whatever a data set raises
            raise BadModelError("--data {}: {}".format(source, first_line(error)))
    try:
        numbers = [int(number) for number in numbers]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != len(held) or (numbers and min(numbers) < 0):
        return DataSet(source, [(place, None) for place in range(len(held))], [], held=held)
    named = getattr(held, "classes", None) or range(max(numbers) + 1)
    names = [str(name[0] if isinstance(name, (tuple, list)) and name else name) for name in named]
    if max(numbers) >= len(names) or len(names) > MOST_CLASSES:
        return DataSet(source, [(place, None) for place in range(len(held))], [], held=held)
    return DataSet(source, list(enumerate(numbers)), names, numbered=True, held=held)
