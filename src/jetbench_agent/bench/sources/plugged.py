"""Models of other packages (docs/extending.md): ``NAME:MODEL``, where NAME is their entry point.

What is installed is known without importing any of it; a plug-in is imported when one of its models is named, or all
are listed. What it raises makes that model one that cannot be had, with the reason.
"""

import difflib
import re
import sys
from importlib.machinery import PathFinder

from jetbench_agent import plugins
from jetbench_agent.bench import inputs
from jetbench_agent.bench.errors import BadModelError, first_line
from jetbench_agent.plugins import PluginError

IMAGES = "Nx3x224x224"
MOST_LISTED = 2000
_MODEL = re.compile(r"\w[\w.+/-]{0,99}\Z")


def answers(name):
    return _of(name) is not None


def needs_torchvision(name):
    return False  # whether it does is the plug-in's affair


def known(name):
    prefix, _, model = name.partition(":")
    try:
        there = [entry["name"].partition(":")[2] for entry in _listed(_of(name))]
    except PluginError as error:
        return str(error)
    if model in there:
        return None
    near = ["{}:{}".format(prefix, one) for one in difflib.get_close_matches(model, there, 3, 0.5) or there[:3]]
    text = "{} has no such model{}"
    return text.format(plugins.called(_of(name)), "; it has {}".format(", ".join(near)) if near else "")


def listing():
    """Of all plug-ins that can be listed."""
    return listing_and_wrong()[0]


def listing_and_wrong():
    """(entries of all plug-ins, a sentence for each that has none to give)."""
    found, wrong = plugins.look(plugins.MODELS)
    entries, wrong = [], list(wrong)
    for plugin in found:
        try:
            entries += _listed(plugin)
        except PluginError as error:
            wrong.append(str(error))
    return entries, wrong


def form(name, batch, size):
    """``inputs(model)`` is what the user would write in brackets; without it, colour images of 224 x 224."""
    module, model = _loaded(name)
    text = _asked(name, lambda: module.inputs(model)) if hasattr(module, "inputs") else IMAGES
    try:
        found = inputs.parse(text)
    except (inputs.BadInputError, TypeError) as error:
        raise BadModelError("{}: its inputs: {}".format(plugins.called(_of(name)), first_line(error)))
    if size:
        if len(found) != 1 or len(found[0].shape) != 4:
            raise BadModelError("{}: an input size goes with models of images only".format(name))
        found[0].shape[2:] = list(size)
    return inputs.Form(found, batch)


def build(name, weights=None):
    module, model = _loaded(name)
    if weights and not hasattr(module, "weights"):
        raise BadModelError("{} knows no weights by name".format(plugins.called(_of(name))))
    made = module.build(model, weights) if hasattr(module, "weights") else module.build(model)
    if not callable(made):
        raise BadModelError("{} gave a {}, which cannot be called".format(name, type(made).__name__))
    return made


def weights_known(name, entry):
    module, model = _loaded(name)
    there = [str(one) for one in _asked(name, lambda: module.weights(model))] if hasattr(module, "weights") else []
    if entry in there:
        return None
    text = "no weights {!r} for {}, and no such file; there are: {}"
    return text.format(entry, name, ", ".join(there) or "none by name")


def fetch(name, weights, say):
    module, model = _loaded(name)
    if hasattr(module, "fetch"):
        module.fetch(model, weights, say)


def file(name):
    """The file that the plug-in's module is, found without importing it, or None."""
    parts, folders, spec = _of(name).value.partition(":")[0].split("."), sys.path, None
    for count in range(1, len(parts) + 1):
        try:
            spec = PathFinder.find_spec(".".join(parts[:count]), folders)
        except (ImportError, ValueError):
            return None
        if spec is None:
            return None
        folders = list(spec.submodule_search_locations or [])
    return spec.origin if spec.has_location else None


def software():
    """What is installed, for the record: {name: {package, version}}."""
    return {plugin.name: plugins.told(plugin) for plugin in plugins.look(plugins.MODELS)[0]}


def _of(name):
    prefix, colon, model = name.partition(":")
    if not colon or not model or not re.match(r"[a-z][a-z0-9_-]*\Z", prefix):
        return None
    return next((plugin for plugin in plugins.look(plugins.MODELS)[0] if plugin.name == prefix), None)


def _loaded(name):
    """(the plug-in's module, the model's name in it). Raises BadModelError."""
    try:
        return plugins.load(_of(name)), name.partition(":")[2]
    except PluginError as error:
        raise BadModelError(str(error))


def _asked(name, question):
    """What a plug-in answers. Raises BadModelError, whatever it raises."""
    try:
        return question()
    except (Exception, SystemExit) as error:
        raise BadModelError("{}: {}".format(plugins.called(_of(name)), plugins.said(error)))


def _listed(plugin):
    """Entries of its models. Raises PluginError, whatever the plug-in raises."""
    module = plugins.load(plugin)
    try:
        return [_entry(plugin, one) for one in list(module.listing())[:MOST_LISTED]]
    except (Exception, SystemExit) as error:
        raise PluginError("{}: its listing: {}".format(plugins.called(plugin), plugins.said(error)))


def _entry(plugin, one):
    if not _MODEL.match(one["name"]):
        raise ValueError("a model's name is letters, digits and _.+/-, 100 at most: {!r}".format(one["name"]))
    entry = {"name": "{}:{}".format(plugin.name, one["name"]), "family": str(one.get("family") or plugin.name)[:40]}
    if one.get("input") is not None:
        entry["input"] = str(one["input"])[:40]
    if one.get("params") is not None:
        entry["params"] = int(one["params"])
    return entry
