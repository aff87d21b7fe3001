"""The first words on a board: which Python is there, and the agent for it, sent only where it is missing.

The command that ssh is given is the same for everybody; everything else goes over its stdin. What the board answers
begins with #, so that a greeting of its shell is passed over.
"""

from __future__ import annotations

import base64

# Old enough for any Python that could be there. -I: no module of the user's folder stands in for the library's.
COMMAND = "exec {} -I -c 'import sys;exec(sys.stdin.buffer.readline())'"

# Where the agent's files are on a board, and putting them there. Names are of no use to others: the code is executed
# as text, on any Python that a board has.
FOLDERS = """
import hashlib, io, os, shutil, tempfile, time, zipfile
def ours(folder):
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        found = os.lstat(folder)
        return found.st_uid == os.getuid() and not found.st_mode & 0o022 and os.access(folder, os.W_OK)
    except OSError:
        return False
def forget(base, kept):
    for name in os.listdir(base):
        path = os.path.join(base, name)
        if name.startswith("board-agent-") and path != kept and os.stat(path).st_mtime < time.time() - 30 * 86400:
            shutil.rmtree(path, ignore_errors=True)
def lay_out(data, path):
    part = tempfile.mkdtemp(prefix="part-", dir=os.path.dirname(path))
    try:
        zipfile.ZipFile(io.BytesIO(data)).extractall(part)
        os.rename(part, path)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        if not os.path.isdir(path):
            raise
def places():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    found = [os.path.join(home, "jetbench-tui"), os.path.join(tempfile.gettempdir(), "jetbench-tui-%d" % os.getuid())]
    return next((place for place in found if os.path.isabs(place) and ours(place)), None), found
def put(data, wanted, path):
    if hashlib.sha256(data).hexdigest() != wanted:
        return "what arrived is not what was sent"
    lay_out(data, path)
"""

_CODE = (
    FOLDERS
    + """
import json, sys
def say(**said):
    sys.stdout.write("#" + json.dumps(said) + "\\n")
    sys.stdout.flush()
def begin():
    version = "%d.%d.%d" % sys.version_info[:3]
    if sys.version_info < (3, 6):
        return say(python=version, old=True)
    source = sys.stdin.buffer
    wanted = json.loads(source.readline().decode("ascii"))["agent"]
    base, tried = places()
    if base is None:
        return say(python=version, nowhere=tried)
    path = os.path.join(base, "board-agent-" + wanted)
    there = os.path.isdir(path)
    say(python=version, executable=sys.executable, there=there)
    try:
        broken = None if there else put(source.read(int(source.readline())), wanted, path)
        if broken:
            return say(broken=broken)
        os.utime(path)
        forget(base, path)
    except (OSError, ValueError) as error:
        return say(broken="%s: %s" % (type(error).__name__, error))
    os.execv(sys.executable, [sys.executable, "-u", path, "remote", base])
begin()
"""
)


# On a worker of Dask the agent is started by a module of its package, which is imported from where the files are. Its
# name is taken for that moment alone: another version, or the user's own, may be there besides.
WORKER = (
    FOLDERS
    + """
import importlib, logging, sys
def loaded(name, path):
    def taken():
        return {key: sys.modules.pop(key) for key in list(sys.modules) if key.split(".")[0] == "jetbench_agent"}
    others = taken()
    sys.path.insert(0, path)
    try:
        importlib.invalidate_caches()
        module = importlib.import_module("jetbench_agent.remote.resident")
    finally:
        sys.path.remove(path)
        taken()
        sys.modules.update(others)
    sys.modules[name] = module
def quiet(record):  # the worker's log would have a line for every sign of life
    return "out-of-band" not in str(record.msg) or "eval" not in str(record.args)
def worker_at(address):
    from distributed.worker import Worker
    return next(worker for worker in Worker._instances if worker.address == address)
def environment(worker):  # without what the nanny set for numpy and malloc: it would change what is measured
    import dask
    found = dict(os.environ)
    if worker.nanny:
        for key, value in (dask.config.get("distributed.nanny.pre-spawn-environ", None) or {}).items():
            if found.get(key) == str(value):
                del found[key]
    return found
def opened(name, wanted, data, address, topic, python, **asked):
    base, tried = places()
    if base is None:
        return {"broken": "no folder to put the agent in: %s cannot be written" % ", ".join(tried)}
    path = os.path.join(base, "board-agent-" + wanted)
    if not os.path.isdir(path):
        if data is None:
            return {"missing": True}
        broken = put(data, wanted, path)
        if broken:
            return {"broken": broken}
    os.utime(path)
    forget(base, path)
    if name not in sys.modules:
        loaded(name, path)
        logging.getLogger("distributed.worker").addFilter(quiet)
    worker = worker_at(address)
    def tell(message):
        worker.log_event(topic, message)
    where = {"folder": path, "python": python or sys.executable, "environment": environment(worker), "tell": tell}
    return sys.modules[name].answer("open", **dict(asked, **where))
"""
)


def first_line() -> bytes:
    """For the command's stdin: the code of the above, on one line."""
    code = base64.b64encode(_CODE.encode("ascii")).decode("ascii")
    return f"import base64;exec(base64.b64decode('{code}').decode('ascii'))\n".encode("ascii")
