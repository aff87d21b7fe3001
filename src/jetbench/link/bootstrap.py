"""The first words on a board: which Python is there, and the agent for it, sent only where it is missing.

The command that ssh is given is the same for everybody; everything else goes over its stdin. What the board answers
begins with #, so that a greeting of its shell is passed over.
"""

from __future__ import annotations

import base64

# Old enough for any Python that could be there. -I: no module of the user's folder stands in for the library's.
COMMAND = "exec {} -I -c 'import sys;exec(sys.stdin.buffer.readline())'"

_CODE = """
import hashlib, io, json, os, shutil, sys, tempfile, time, zipfile
def say(**said):
    sys.stdout.write("#" + json.dumps(said) + "\\n")
    sys.stdout.flush()
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
def begin():
    version = "%d.%d.%d" % sys.version_info[:3]
    if sys.version_info < (3, 6):
        return say(python=version, old=True)
    source = sys.stdin.buffer
    wanted = json.loads(source.readline().decode("ascii"))["agent"]
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    places = [os.path.join(home, "jetbench-tui"), os.path.join(tempfile.gettempdir(), "jetbench-tui-%d" % os.getuid())]
    base = next((place for place in places if os.path.isabs(place) and ours(place)), None)
    if base is None:
        return say(python=version, nowhere=places)
    path = os.path.join(base, "board-agent-" + wanted)
    there = os.path.isdir(path)
    say(python=version, executable=sys.executable, there=there)
    try:
        if not there:
            data = source.read(int(source.readline()))
            if hashlib.sha256(data).hexdigest() != wanted:
                return say(broken="what arrived is not what was sent")
            lay_out(data, path)
        os.utime(path)
        forget(base, path)
    except (OSError, ValueError) as error:
        return say(broken="%s: %s" % (type(error).__name__, error))
    os.execv(sys.executable, [sys.executable, "-u", path, "remote", base])
begin()
"""


def first_line() -> bytes:
    """For the command's stdin: the code of the above, on one line."""
    code = base64.b64encode(_CODE.encode("ascii")).decode("ascii")
    return f"import base64;exec(base64.b64decode('{code}').decode('ascii'))\n".encode("ascii")
