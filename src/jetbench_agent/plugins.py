"""What other packages add: entry points, found by reading the text files that an installer leaves beside a package.

importlib.metadata is not there before Python 3.8, and imports much where it is. Nothing of a package is imported but
by ``load``: it is code like any other that is installed, and runs with the rights of the user. docs/extending.md says
what an entry point stands for.
"""

import collections
import importlib
import os
import re
import sys

VARIABLE = "JETBENCH_PLUGINS"
MODELS, SENSORS = "jetbench.models", "jetbench.sensors"
OURS = {MODELS: ("superpoint", "timm", "hf", "torchvision"), SENSORS: ()}  # names that no package may take
MOST = 64  # of a group
MOST_BYTES = 1 << 16  # of a text file
_MARK = b"[jetbench."
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
_VALUE = re.compile(r"[A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*)?\Z")
_UNSAFE = re.compile(r"[^\w.+!-]")

Plugin = collections.namedtuple("Plugin", "group name value package version")
_scanned = None


class PluginError(Exception):
    """A plug-in cannot be used; the text is one line that names it."""


def are_off():
    return os.environ.get(VARIABLE, "").strip().lower() in ("0", "no", "off", "false")


def turn_off():
    """For this process and those it starts."""
    os.environ[VARIABLE] = "0"


def look(group):
    """(plug-ins of a group, a sentence for each that cannot be one)."""
    global _scanned
    if are_off():
        return [], []
    if _scanned is None:
        _scanned = list(_scan())
    found, wrong = collections.OrderedDict(), []
    for plugin in _scanned:
        if plugin.group != group:
            continue
        before = found.get(plugin.name)
        if not _NAME.match(plugin.name) or not _VALUE.match(plugin.value):
            text = "plug-in of {} {} in {}: neither name nor value may look so: left out"
            wrong.append(text.format(plugin.package, plugin.version, group))
        elif plugin.name in OURS[group]:
            wrong.append("{}: that name is jetbench-tui's own: left out".format(called(plugin)))
        elif before is None and len(found) < MOST:
            found[plugin.name] = plugin
        elif before is not None and before.package != plugin.package:
            wrong.append("{}: {} has one of that name: left out".format(called(plugin), before.package))
    return list(found.values()), wrong


def called(plugin):
    """``plug-in air of jetbench-example 1.0``."""
    return "plug-in {} of {} {}".format(plugin.name, plugin.package, plugin.version)


def told(plugin):
    """What a recording says of it."""
    return {"package": plugin.package, "version": plugin.version}


def load(plugin):
    """The object that the entry point stands for. Raises PluginError, whatever importing it raises."""
    module, _, path = plugin.value.partition(":")
    try:
        _with_site_packages()
        found = importlib.import_module(module)
        for attribute in path.split(".") if path else ():
            found = getattr(found, attribute)
        return found
    except (Exception, SystemExit) as error:
        raise PluginError("{}: it cannot be imported: {}".format(called(plugin), said(error)))


def said(error):
    """``ValueError: the first line of what it says``."""
    lines = str(error).strip().splitlines()
    kind = type(error).__name__
    return "{}: {}".format(kind, lines[0][:200]) if lines else kind


# -- what is installed ------------------------------------------------------------------------------------------------


def _scan():
    """Every entry point of ours, in the order in which an import would look for its package."""
    for folder in _folders():
        try:
            names = sorted(os.listdir(folder))
        except OSError:  # a zip, or not there
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                for plugin in _of(os.path.join(folder, name)):
                    yield plugin


def _of(place):
    data = _read(os.path.join(place, "entry_points.txt"))
    if _MARK not in data:
        return
    package, version = _identity(place)
    for group, name, value in entries(data.decode("utf-8", "replace")):
        if group in (MODELS, SENSORS):
            yield Plugin(group, _safe(name), value, package, version)


def entries(text):
    """(group, name, value) of each entry point in an entry_points.txt."""
    group = None
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif group and "=" in line and line[0] not in "#;":
            name, _, value = line.partition("=")
            yield group, name.strip(), value.partition("[")[0].strip()


def _identity(place):
    """(name, version) of a package."""
    data = _read(os.path.join(place, "METADATA")) or _read(os.path.join(place, "PKG-INFO"))
    found = {}
    for line in data.decode("utf-8", "replace").splitlines():
        if not line.strip():
            break  # the description follows
        key, _, value = line.partition(":")
        found.setdefault(key.strip().lower(), _safe(value.strip()))
    return found.get("name") or _safe(os.path.basename(place)), found.get("version") or "?"


def _safe(text):
    return _UNSAFE.sub("", text)[:60]


def _read(path):
    """The first bytes of a file, none where there is no such file."""
    try:
        with open(path, "rb") as file:
            return file.read(MOST_BYTES)
    except OSError:
        return b""


# -- where -----------------------------------------------------------------------------------------------------------


def _folders():
    """Those of sys.path, each once, and those that it lacks where Python was started with -S."""
    found = [folder for folder in sys.path if os.path.isabs(folder)]
    for folder in _site_folders() if sys.flags.no_site else ():
        found += [folder] + _linked(folder)
    return list(collections.OrderedDict.fromkeys(found))


def _site_folders():
    """What ``site`` would add: only looked through, so that an agent without plug-ins starts as fast as before."""
    import site

    environment = next((folder for folder in _above(sys.executable) if _has_environment(folder)), None)
    if environment is None:
        return [site.getusersitepackages()] + site.getsitepackages()
    library = "python{}.{}".format(*sys.version_info[:2])
    found = [os.path.join(environment, "lib", library, "site-packages")]
    lines = _read(os.path.join(environment, "pyvenv.cfg")).decode("utf-8", "replace").lower().split("\n")
    shared = any(line.replace(" ", "").strip() == "include-system-site-packages=true" for line in lines)
    return found + ([site.getusersitepackages()] + site.getsitepackages() if shared else [])


def _above(path):
    folder = os.path.dirname(os.path.abspath(path))
    return [folder, os.path.dirname(folder)]


def _has_environment(folder):
    return os.path.isfile(os.path.join(folder, "pyvenv.cfg"))


def _linked(folder):
    """Folders that .pth files add. What these would execute is left alone."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".pth"))
    except OSError:
        return []
    lines = [line.strip() for name in names for line in _lines(os.path.join(folder, name))]
    found = [os.path.join(folder, line) for line in lines if line and not line.startswith(("#", "import ", "import\t"))]
    return [path for path in found if os.path.isdir(path)]


def _lines(path):
    return _read(path).decode("utf-8", "replace").splitlines()


def _with_site_packages():
    """A plug-in may import whatever is installed beside it."""
    global _site_added
    if sys.flags.no_site and not _site_added:
        import site

        _site_added = True
        site.main()


_site_added = False
