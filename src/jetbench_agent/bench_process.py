"""The process of a bench parent."""

import subprocess
import sys

from jetbench_agent.stream import monotonic_ns


def start(with_torchvision=True):
    """It begins to import torch at once; its stdin, stdout and stderr are pipes. Ends when its stdin closes."""
    command = [sys.executable, "-u", sys.argv[0], "bench", str(monotonic_ns())]
    command += [] if with_torchvision else ["--no-torchvision"]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
