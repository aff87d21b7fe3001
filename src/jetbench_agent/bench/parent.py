"""The bench parent: imports torch once, runs no kernel, and forks a child for every job.

Jobs arrive as JSON lines on stdin; events of the children leave on the protocol descriptor, which
they inherit. The parent itself only says which child began and how it ended. When stdin closes, the
agent is gone: the child is killed and the parent ends.
"""

import gc
import json
import os
import select
import signal
import sys
import traceback

from jetbench_agent.bench import ledger, memory
from jetbench_agent.bench.lifeline import die_with_parent
from jetbench_agent.stream import Sender, monotonic_ns, take_stdout


def main(with_torchvision=True, asked=None):
    """``asked``: CLOCK_MONOTONIC, ns, of the moment the agent asked for this interpreter."""
    die_with_parent()  # while torch is imported nobody looks at stdin
    sender = Sender(take_stdout(), numbered=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memory.prefer_to_die(memory.PARENT_SCORE)
    if asked is not None:
        now = monotonic_ns()
        sender.send("stage", t=now, name="spawn", ns=now - asked, **ledger.own())
    if not _imported(sender, "import", "torch"):
        return 1
    torchvision_error = "importing it ends the process"
    if with_torchvision:
        torchvision_error = _imported_or_why(sender, "torchvision")
    _settle()
    sender.send("parent", state="ready", threads=_thread_count())
    Parent(sender, torchvision_error).serve()
    os._exit(0)  # tearing torch down takes seconds, and nothing is left to be written


def _settle():
    """Once, what every child would do again: compile our own modules (a zipapp keeps no bytecode), and look through
    what torch made for garbage, which touches, and so copies, all of it: 0.2 s a child on a fast core.
    """
    from jetbench_agent.bench import case, cost, describe, models, probe, sources  # noqa: F401

    sources.all_()
    if hasattr(gc, "freeze"):  # Python 3.7
        gc.freeze()


def _imported(sender, stage, module):
    """Import as a stage of the ledger. False, and a fault sent, when it cannot be."""
    error = _imported_or_why(sender, module, stage)
    if error is None:
        return True
    sender.send("fault", code="no_torch", text=error)
    return False


def _imported_or_why(sender, module, stage=None):
    sender.send("stage", name=stage or module)
    before = ledger.spent()
    begin = monotonic_ns()
    try:
        __import__(module)
    except Exception as error:  # ImportError, or whatever a broken wheel raises
        said = str(error).strip().splitlines() or ["no word of why"]
        return "{}: {}".format(type(error).__name__, said[0][:300])
    spent = monotonic_ns() - begin
    sender.send("stage", name=stage or module, ns=spent, **ledger.since(before))
    return None


def _thread_count():
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return None


class Parent(object):
    """Forks a child a job and watches stdin and the child at once."""

    def __init__(self, sender, torchvision_error):
        self._sender = sender
        self._torchvision_error = torchvision_error
        self._child = None
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake_write)

    def serve(self):
        rest = b""
        while True:
            ready, _, _ = select.select([0, self._wake_read], [], [])
            if self._wake_read in ready:
                os.read(self._wake_read, 512)
                self._reap()
            if 0 in ready:
                chunk = os.read(0, 1 << 16)
                if not chunk:
                    self._end_child()
                    return
                parts = (rest + chunk).split(b"\n")
                rest = parts.pop()
                for part in parts:
                    if part.strip():
                        self._fork(json.loads(part.decode("utf-8")))

    def _fork(self, job):
        begun = monotonic_ns()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = child_main(job, self._sender, self._torchvision_error, begun)
            finally:
                os._exit(status)
        self._child = pid
        self._sender.send("child", pid=pid, job=job["job"])

    def _reap(self):
        if self._child is None:
            return
        pid, status, usage = os.wait4(self._child, os.WNOHANG)
        if pid == 0:
            return
        self._child = None
        code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        self._sender.break_line()
        self._sender.send("exit", rc=code, max_rss_kib=usage.ru_maxrss, major_faults=usage.ru_majflt)

    def _end_child(self):
        if self._child is None:
            return
        for kill in (os.killpg, os.kill):
            try:
                kill(self._child, signal.SIGKILL)
            except OSError:
                pass


def child_main(job, sender, torchvision_error, begun):
    """What a forked child does. Returns its exit status; every ordinary error was sent before."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setpgid(0, 0)
    die_with_parent()
    memory.prefer_to_die(memory.CHILD_SCORE)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    try:
        _JOBS[job["job"]](job, sender, torchvision_error, begun)
        return 0
    except MemoryError as error:  # no traceback: it would take more
        _send_failure(job, sender, error)
    except Exception as error:
        if not _is_expected(error):
            sys.stderr.write(traceback.format_exc())
        _send_failure(job, sender, error)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 3


def failure_text(error):
    from jetbench_agent.bench.models import BadModelError, UnknownModelError, first_line

    if isinstance(error, UnknownModelError):
        return "unknown model: {}".format(error)
    if isinstance(error, BadModelError):
        return first_line(error)
    kind, said = type(error).__name__, first_line(error)
    return kind if said == kind else "{}: {}".format(kind, said)


def _is_expected(error):
    """Whether its one line says all: a traceback would only hide it."""
    from jetbench_agent.bench.errors import BadModelError, UnknownModelError

    return isinstance(error, (BadModelError, UnknownModelError))


def _send_failure(job, sender, error):
    from jetbench_agent.bench.errors import TooLargeError

    text = failure_text(error)
    if job["job"] == "case":
        told = {"c": job["case"]["id"], "r": job["round"], "error": text}
        if isinstance(error, TooLargeError):
            sender.send("case_end", status="refused", cause="memory_forecast", **told)
        else:
            sender.send("case_end", status="failed", **told)
    else:
        sender.send("job_failed", text=text)


def _describe(job, sender, torchvision_error, begun):
    from jetbench_agent.bench import describe

    software = describe.software(torchvision_error)
    wrong = software["build"].get("torchvision_error")
    if wrong:
        absent = wrong.startswith("ModuleNotFoundError")  # models of the user's own do without
        level = "info" if absent else "warning"
        sender.send("log", level=level, source="bench", text="torchvision: {}".format(wrong))
    sender.send("software", **software)
    if job.get("beside"):  # what will be asked for next
        _JOBS[job["beside"]["job"]](job["beside"], sender, torchvision_error, begun)


def _list_models(job, sender, torchvision_error, begun):
    from jetbench_agent.bench import models
    from jetbench_agent.bench.sources import plugged

    version = None
    if not torchvision_error:
        import torchvision

        version = str(torchvision.__version__)
    asking, found = models.listing_of(job.get("words") or ())
    if not asking:
        added, wrong = plugged.listing_and_wrong()
        found = models.listing(not torchvision_error) + added
        for text in wrong:
            sender.send("log", level="warning", source="plugins", text=text)
    sender.send("models", models=found, executable=sys.executable, torchvision=version, of=asking)


def _need_torchvision(torchvision_error):
    """Say what is wrong with it rather than import it once more."""
    from jetbench_agent.bench import models

    if torchvision_error:
        raise models.BadModelError("torchvision cannot be used: " + torchvision_error)


def _resolve(job, sender, torchvision_error, begun):
    """Names that no model answers to, so that a run with a typing error never starts.

    Of the user's own code only the file is looked for: it runs in its case, not here.
    """
    from jetbench_agent.bench import models

    judged = [name for name in job["models"] if not (torchvision_error and models.needs_torchvision(name))]
    refused = {name: models.refusal(name) for name in judged}
    unknown = [name for name in judged if refused[name] is not None and models.is_listed(name)]
    others = [[name, refused[name]] for name in judged if refused[name] is not None and name not in unknown]
    for name, weights in job["pairs"]:
        if name in judged and refused[name] is None:
            text = models.weights_refusal(name, weights)
            others += [[name, text]] if text is not None else []
    known = [entry["name"] for entry in models.listing()] if unknown else []
    files = [path for path in job["weights"] if models.is_path(path) and not os.path.isfile(path)]
    sender.send("resolved", unknown=unknown, known=known, refused=others, missing_weights=files)


def _fetch(job, sender, torchvision_error, begun):
    """Download what the models lack: the user has asked for it."""
    from jetbench_agent.bench import models

    def say(text):
        sender.send("log", level="info", source="bench", text=text)

    for name, weights in job["pairs"]:
        if not (torchvision_error and models.needs_torchvision(name)):
            models.fetch(name, weights, say)


def _digest(job, sender, torchvision_error, begun):
    from jetbench_agent.bench import digest

    sender.send("digests", found=digest.of_pairs(job["pairs"]))


def _count(job, sender, torchvision_error, begun):
    from jetbench_agent.bench import cost, models

    name = job["model"]
    if models.needs_torchvision(name):
        _need_torchvision(torchvision_error)
    form, outline = models.form(name, job["batch"], job.get("size")), models.outline(name)
    if outline is not None:
        sender.send("model", name=name, input=form.shape, **outline)
        return
    with_layers, reads_values = job.get("layers", False), models.reads_values(name)
    for fields in cost.count(lambda: models.build(name), form, with_layers, reads_values):
        sender.send("model", name=name, input=form.shape, **fields)  # the last one that comes holds


def _case(job, sender, torchvision_error, begun):
    from jetbench_agent.bench import case, models

    if models.needs_torchvision(job["case"]["model"]):
        _need_torchvision(torchvision_error)
    identity = {"c": job["case"]["id"], "r": job["round"]}
    sender.send("stage", name="fork", ns=monotonic_ns() - begun, **dict(ledger.own(), **identity))
    case.run(job, sender.send)


def _probe(job, sender, torchvision_error, begun):
    from jetbench_agent import cores
    from jetbench_agent.bench import probe

    if job["cores"]:
        cores.keep_to(job["cores"])
    sender.send("probed", ns=probe.best_ns(job["threads"]))


def _agreement(job, sender, torchvision_error, begun):
    from jetbench_agent.bench import agreement

    agreement.run(job, sender.send)


def _data(job, sender, torchvision_error, begun):
    from jetbench_agent.bench import accuracy

    accuracy.check(job, sender.send)


def _accuracy(job, sender, torchvision_error, begun):
    from jetbench_agent.bench import accuracy, models

    if models.needs_torchvision(job["case"]["model"]):
        _need_torchvision(torchvision_error)
    accuracy.run(job, sender.send)


def _calibrate(job, sender, torchvision_error, begun):
    from jetbench_agent.bench import calibrate

    calibrate.run(job, sender.send)


def _profile(job, sender, torchvision_error, begun):
    from jetbench_agent.bench import profile

    profile.run(job, sender.send)


def _experiment(job, sender, torchvision_error, begun):
    from jetbench_agent.bench import experiment

    experiment.run(job, sender.send)


_JOBS = {
    "describe": _describe,
    "models": _list_models,
    "resolve": _resolve,
    "fetch": _fetch,
    "digest": _digest,
    "count": _count,
    "case": _case,
    "agreement": _agreement,
    "data": _data,
    "accuracy": _accuracy,
    "probe": _probe,
    "calibrate": _calibrate,
    "profile": _profile,
    "experiment": _experiment,
}
