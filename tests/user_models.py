"""Models of a user, as they go wrong: named to the program as tests/user_models.py:NAME."""

import os
import signal
import sys
import time

import torch


class Small(torch.nn.Module):
    """One convolution; an honest model."""

    def __init__(self, before=lambda: None):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 4, 3)
        self.before = before

    def forward(self, x):
        self.before()
        return self.layer(x)


def honest():
    return Small()


def prints():
    """Python's stdout, the C library's fd 1, half a JSON line: none may break the stream."""

    def noise():
        print('{"k":"lat","c":0', flush=True)
        os.write(1, b"\x1b[31mred\n")
        sys.stderr.write("a warning\n")

    return Small(noise)


def raises():
    def fail():
        raise ValueError("the weights are upside down")

    return Small(fail)


def segfaults():
    def crash():
        os.kill(os.getpid(), signal.SIGSEGV)

    return Small(crash)


def killed():
    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    return Small(die)


def exits():
    return Small(lambda: os._exit(7))


def hangs():
    return Small(lambda: time.sleep(3600))


def hangs_deaf():
    """Does not hear SIGTERM either."""

    def sleep():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(3600)

    return Small(sleep)


def slow():
    """A tenth of a second a pass: long enough to be stopped or killed in the middle."""
    return Small(lambda: time.sleep(0.1))


def tied():
    """Two names for one weight: 16 elements, 4 of them under a second name."""
    model = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 2, bias=False))
    model[1].weight = model[0].weight
    return model


class TwoMatrices(torch.nn.Module):
    """A layer whose shape makes its multiply-adds known beforehand: 3*8*8 inputs to 10 outputs."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3 * 8 * 8, 10)

    def forward(self, x):
        return self.layer(x.flatten(1))


def two_matrices():
    return TwoMatrices()
