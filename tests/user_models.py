"""Models of a user, as they go wrong: named to the program as tests/user_models.py:NAME."""

import gc
import mmap
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

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


class Seeded(torch.nn.Module):
    """A small net whose weights are the same whenever it is made."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.first, self.last = torch.nn.Conv2d(3, 8, 3), torch.nn.Linear(8, 10)

    def forward(self, x):
        return self.last(torch.relu(self.first(x)).mean((2, 3)))


def large():
    """Its numbers are larger than half precision knows."""
    model = Seeded()
    with torch.no_grad():
        model.last.bias.fill_(1e5)
    return model


class Forgetful(Seeded):
    """Gives something else in every pass."""

    def __init__(self):
        super().__init__()
        self.passes = 0

    def forward(self, x):
        self.passes += 1
        return super().forward(x) * self.passes


class TwoInputs(torch.nn.Module):
    """Whole numbers by name, and a dictionary; gives a dictionary."""

    def __init__(self):
        super().__init__()
        self.words, self.layer = torch.nn.Embedding(7, 4), torch.nn.Linear(4, 2)

    def forward(self, ids, more):
        return {"found": self.layer(self.words(ids)) * more["scale"][..., None]}


def two_inputs():
    return TwoInputs()


def downloads():
    """Wants published weights, which nothing has asked for."""
    from torchvision.models import squeezenet1_1

    return squeezenet1_1(weights="DEFAULT")


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


def tires():
    """Passes of 20 ms at first, of 30 ms from the 300th on: as on a board that throttles, and no sensor tells why."""
    return Nth(lambda number: time.sleep(0.02 if number < 300 else 0.03))


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


class EveryKind(torch.nn.Module):
    """Every kind of parameter there is to count: 124 elements, 108 of them twice, 16 trainable, and 9 in buffers."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(3, 4, 3)
        self.again = torch.nn.Conv2d(3, 4, 3)
        self.again.weight = self.first.weight
        self.first.weight.requires_grad_(False)
        self.norm = torch.nn.BatchNorm2d(4)

    def forward(self, x):
        return self.norm(self.first(x) + self.again(x))


def every_kind():
    return EveryKind()


def dies_in_ptflops():
    """A segmentation fault as soon as ptflops is there, and never elsewhere."""

    def crash():
        if "ptflops" in sys.modules:
            os.kill(os.getpid(), signal.SIGSEGV)

    return Small(crash)


def reads_a_value_when_built():
    """On the meta device a tensor has none."""
    model = Small()
    model.scale = torch.ones(1).item()
    return model


class ReadsAValue(Small):
    def forward(self, x):
        return self.layer(x) if x.sum().item() == 0 else self.layer(x).relu()


def reads_a_value_when_run():
    return ReadsAValue()


def cannot_be_built():
    raise ValueError("no such configuration")


class Nth(Small):
    """Something happens in some of its passes: ``each(number)`` is called in every one, 0 is the first."""

    def __init__(self, each):
        super().__init__()
        self.number = -1
        self.each = each

    def forward(self, x):
        self.number += 1
        self.each(self.number)
        return self.layer(x)


def starve():
    """From now on the process may take 64 MiB more than it has."""
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + (64 << 20),) * 2)


def starved():
    """Wants a gigabyte and does not get it."""

    def want(_):
        starve()
        bytearray(1 << 30)

    return Nth(want)


def starved_tensor():
    """The same, by torch's own allocator."""

    def want(_):
        starve()
        torch.empty(1 << 30, dtype=torch.uint8, device="cpu").fill_(1)

    return Nth(want)


def grumbles_and_raises():
    """What it prints is of an allocation that it got over; what it dies of is something else."""

    def fail():
        sys.stderr.write("OSError: Cannot allocate memory; going on with less\n")
        raise ValueError("the weights are upside down")

    return Small(fail)


def fills_a_cache():
    """As a compiler of kernels does in the first pass: 256 KiB."""

    def compile_(number):
        if number == 0:
            Path(os.environ["TRITON_CACHE_DIR"], f"{os.getpid()}.cubin").write_bytes(bytes(256 << 10))

    return Nth(compile_)


def cold_file():
    """A descriptor of the file that JETBENCH_COLD names, and none of it in memory."""
    descriptor = os.open(os.environ["JETBENCH_COLD"], os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    return descriptor


def reads_from_disk():
    """As weights that are paged in with the first pass."""

    def read(number):
        if number == 0:
            descriptor = cold_file()
            while os.read(descriptor, 1 << 20):
                pass
            os.close(descriptor)

    return Nth(read)


def faults():
    """Pages that are on the disk, touched in every pass of an odd number."""

    def touch(number):
        if number % 2:
            descriptor = cold_file()
            with mmap.mmap(descriptor, 0, prot=mmap.PROT_READ) as mapped:
                sum(mapped[place] for place in range(0, len(mapped), mmap.PAGESIZE))
            os.close(descriptor)

    return Nth(touch)


def collects():
    """Garbage is collected in every third pass."""
    return Nth(lambda number: gc.collect() if number % 3 == 0 else None)


BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"


def preempted():
    """Shares its core with a process that is always busy; a pass is 50 ms of work, many slices of the scheduler."""

    def work(number):
        if number == 0:
            os.sched_setaffinity(0, [max(os.sched_getaffinity(0))])
            subprocess.Popen([sys.executable, "-c", BUSY])
        end = time.process_time() + 0.05
        while time.process_time() < end:
            pass

    return Nth(work)


class SeesImages(Nth):
    """Compares what it is given with torchvision's published preprocessing of JETBENCH_IMAGES, two images a pass."""

    def __init__(self):
        from PIL import Image
        from torchvision.models import ResNet18_Weights

        super().__init__(lambda _: None)
        prepare = ResNet18_Weights.DEFAULT.transforms()
        paths = sorted(Path(os.environ["JETBENCH_IMAGES"]).glob("*.*g"))
        self.wanted = [prepare(Image.open(path).convert("RGB")) for path in paths]

    def forward(self, x):
        out = super().forward(x)
        if x.device.type != "meta" and x.any():  # it is not being counted
            pair = [self.wanted[(2 * self.number + i) % len(self.wanted)] for i in range(2)]
            difference = (x - torch.stack(pair)).abs().max().item()
            if difference > 1e-4:
                raise ValueError(f"pass {self.number} was given something else: {difference} apart")
        return out


def sees_images():
    return SeesImages()


def kill_worker():
    """Of the case, the parent of all cases and the agent the worker of Dask is the next one up."""
    pid = os.getpid()
    for _ in range(3):
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(pid, signal.SIGKILL)
    time.sleep(3600)


def kills_worker():
    """Kills the worker of Dask it is measured on, whenever it is measured."""
    return Nth(lambda number: kill_worker() if number == 5 else None)


def kills_worker_once():
    """The first time only; the folder is the board's own."""

    def kill(number):
        mark = Path(os.environ["XDG_CACHE_HOME"], "killed-once")
        if number == 5 and not mark.exists():
            mark.touch()
            kill_worker()

    return Nth(kill)
