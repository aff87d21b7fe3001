"""From the classes of a data set to the outputs of a model: by name, by number, or by a file that says it.

Nothing is guessed: a class that fits no output is left out and said, and where no rule applies there is no accuracy.
"""

import csv
import io
import json
import os
import re

from jetbench_agent.bench.errors import BadModelError, first_line

SORTED = "sorted"
MOST_BYTES = 4 << 20
MOST_NAMED = 5
ASKED = "--labels FILE says which is which, --labels sorted numbers the names in their order"


def mapped(data, categories, outputs, labels):
    """([output of each class, or None], how, notes). ``categories``: names of the outputs, or None.

    Raises BadModelError with the reason where none fits.
    """
    names = data.names
    if not names:
        raise BadModelError("its images have no labels")
    if labels == SORTED:
        found, how = list(range(len(names))), "the names numbered in their sorted order (--labels sorted)"
    elif labels:
        found, how = _by_file(names, labels)
    elif categories and [_plain(name) for name in names] == [_plain(name) for name in categories]:
        found, how = list(range(len(names))), "by name: the classes are those of the weights, in their order"
    elif all(re.match(r"^\d{1,6}$", name) for name in names):
        found, how = [int(name) for name in names], "by number: the names are the numbers of the outputs"
    elif categories:
        found, how = _by_name(names, categories), "by name"
    elif data.numbered and len(names) == outputs:
        found, how = list(range(len(names))), "by number: the data set's own"
    else:
        text = "the {} classes of the images cannot be told to be which of the {} outputs; {}"
        raise BadModelError(text.format(len(names), outputs, ASKED))
    found = [place if place is not None and place < outputs else None for place in found]
    return found, how, _notes(names, found, outputs)


def _notes(names, found, outputs):
    missing = [name for name, place in zip(names, found) if place is None]
    if len(missing) == len(names):
        text = "none of the {} classes ({}) is one of the {} outputs; {}"
        raise BadModelError(text.format(len(names), _some(names), outputs, ASKED))
    if not missing:
        return []
    text = "{} of {} classes fit no output, their images are left out: {}"
    return [text.format(len(missing), len(names), _some(missing))]


def _some(names):
    more = ", ..." if len(names) > MOST_NAMED else ""
    return ", ".join(name[:40] for name in names[:MOST_NAMED]) + more


def _plain(name):
    return " ".join(str(name).lower().replace("_", " ").replace("-", " ").split())


def _by_name(names, categories):
    """A name that several outputs have is none of them."""
    places = {}
    for place, name in enumerate(categories):
        places.setdefault(_plain(name), []).append(place)
    found = [places.get(_plain(name), []) for name in names]
    return [each[0] if len(each) == 1 else None for each in found]


def _by_file(names, path):
    told = read(path)
    places = {}
    for name, place in told:
        if places.setdefault(_plain(name), place) != place:
            places[_plain(name)] = None  # told twice, and differently
    return [places.get(_plain(name)) for name in names], "by the file {}".format(os.path.basename(path))


def read(path):
    """[(name, output)] of lines that are names, of rows name,number, or of JSON: a list, {name: number}, or
    {"0": [name, name]} as imagenet_class_index.json has it."""
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadModelError("--labels {}: {}".format(path, first_line(error)))
    if len(data) > MOST_BYTES:
        raise BadModelError("--labels {}: larger than 4 MiB".format(path))
    try:
        return _of_json(json.loads(text)) if text.lstrip()[:1] in ("[", "{") else _of_lines(text)
    except (ValueError, TypeError, RecursionError):
        raise BadModelError("--labels {}: lines of names, rows name,number, or JSON of either".format(path))


def _of_json(told):
    if isinstance(told, list):
        return [(str(name), place) for place, name in enumerate(told)]
    found = []
    for key, value in told.items():
        if isinstance(value, (list, tuple)):
            found += [(str(name), _number(key)) for name in value]
        elif isinstance(value, str):
            found.append((value, _number(key)))
        else:
            found.append((key, _number(value)))
    return found


def _of_lines(text):
    lines = [line for line in text.splitlines() if line.strip()]
    rows = list(csv.reader(io.StringIO("\n".join(lines))))
    if rows and all(len(row) == 2 and re.match(r"^\s*\d{1,6}\s*$", row[1]) for row in rows):
        return [(name, _number(place)) for name, place in rows]
    return [(line.strip(), place) for place, line in enumerate(lines)]


def _number(value):
    place = int(value)
    if not 0 <= place < 1000000:
        raise ValueError(value)
    return place
