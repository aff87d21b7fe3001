"""Steps in a process of their own: one that crashes costs what it was about to find, and nothing else."""

import json
import os
import signal
import sys

from jetbench_agent import deaths, stream
from jetbench_agent.bench.lifeline import die_with_parent

BEGIN, END = "begin", "end"


def run(steps, context):
    """Run named steps in order in a forked process; where it dies in one, the others in a further one.

    ``steps``: [(name, function(shared) -> JSON fields)]; ``context()`` makes what they share, in the fork. Yields
    (name, fields, error) of each as it ends; one of the two is None.
    """
    left = list(steps)
    while left:
        over = 0
        for told in _fork(left, context):
            over += 1
            yield told
        left = left[over:]


def _fork(steps, context):
    """The steps that are over, by their end or by that of the process."""
    for stream_ in (sys.stdout, sys.stderr):
        stream_.flush()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(read)
            die_with_parent()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _work(steps, context, stream.Sender(write, numbered=False))
            status = 0
        finally:
            for stream_ in (sys.stdout, sys.stderr):
                stream_.flush()
            os._exit(status)
    os.close(write)
    over, began = 0, None
    for line in stream.lines(read):
        if not line.strip():
            continue
        told = json.loads(line.decode("ascii"))
        began = told["name"] if told["k"] == BEGIN else None
        if told["k"] == END:
            over += 1
            yield told["name"], told.get("fields"), told.get("error")
    os.close(read)
    code = _status(os.waitpid(pid, 0)[1])
    if over == len(steps):
        return
    error = deaths.death(code, None)
    if began is not None:
        yield began, None, error
        return
    for name, _ in steps[over:]:  # in what they share: no further process would come to another end
        yield name, None, error


def _work(steps, context, sender):
    from jetbench_agent.bench.parent import failure_text

    shared, error = None, None
    try:
        shared = context()
    except Exception as raised:  # whatever a builder raises
        error = failure_text(raised)
    for name, step in steps:
        if shared is None:
            sender.send(END, name=name, error=error)
            continue
        sender.send(BEGIN, name=name)
        try:
            sender.send(END, name=name, fields=step(shared))
        except Exception as raised:  # whatever a model or a counter raises
            sender.send(END, name=name, error=failure_text(raised))


def _status(status):
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
