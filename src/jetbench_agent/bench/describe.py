"""The interpreter that measures: versions, build, and whether CUDA really executes."""

import sys

from jetbench_agent.bench.errors import first_line
from jetbench_agent.bench.sources import plugged


def software(torchvision_error):
    """The Software event's fields. Runs in a forked child: it may touch CUDA."""
    import torch

    build = {
        "torch_threads": torch.get_num_threads(),
        "mkldnn": bool(torch.backends.mkldnn.is_available()),
        "openmp": bool(getattr(torch.backends, "openmp", None) and torch.backends.openmp.is_available()),
        "cuda_built": torch.version.cuda,
        "config": torch.__config__.show()[:2000],
    }
    torchvision_error = torchvision_error or _misfit(torch)
    if torchvision_error:
        build["torchvision_error"] = torchvision_error
    event = {
        "python": sys.version.split()[0],
        "executable": sys.executable,
        "torch": str(torch.__version__),
        "torchvision": _version("torchvision"),
        "ptflops": _version("ptflops"),
        "build": build,
    }
    event.update(cuda())
    if event["cuda"]:
        build.update(_cudnn(torch))
    added = plugged.software()
    if added:
        build["plugins"] = added
    return event


def _cudnn(torch):
    """What decides which kernels run on the GPU. ``cudnn_benchmark`` is left as torch has it: off unless it was set.

    Asking loads the library, which is of no use where no kernel runs.
    """
    cudnn = torch.backends.cudnn
    found = {"cudnn": cudnn.version(), "cudnn_benchmark": bool(cudnn.benchmark)}
    found["cudnn_allow_tf32"] = bool(getattr(cudnn, "allow_tf32", False))
    if hasattr(torch.cuda, "get_arch_list"):
        found["cuda_archs"] = torch.cuda.get_arch_list()
    return found


def _misfit(torch):
    """Why a torchvision that was imported does not fit this torch, or None. Version numbers do not tell: before 0.16 it
    is imported without a word when the operators it compiled do not load (pytorch/vision issue 4180)."""
    if "torchvision" not in sys.modules:
        return None
    try:
        torch.ops.torchvision.nms  # noqa: B018 - looking it up loads it
    except (AttributeError, RuntimeError) as error:  # which of the two depends on the version of torch
        return "it was built for another torch, its operators do not load: {}".format(first_line(error))
    return None


def _version(package):
    """Version of a package without importing it, or None."""
    module = sys.modules.get(package)
    if module is not None and hasattr(module, "__version__"):
        return str(module.__version__)
    try:
        from importlib import metadata  # Python 3.8

        return metadata.version(package)
    except Exception:  # absent, or Python 3.6 and 3.7
        try:
            import pkg_resources

            return pkg_resources.get_distribution(package).version
        except Exception:
            return None


def cuda():
    """{cuda, cuda_device, cuda_reason}: true only once a kernel ran and agreed with the CPU."""
    import torch

    if torch.version.cuda is None:
        return {"cuda": False, "cuda_reason": "this torch is built without CUDA"}
    try:
        if not torch.cuda.is_available():
            return {"cuda": False, "cuda_reason": "torch finds no usable GPU or driver"}
        name = torch.cuda.get_device_name(0)
        left = torch.arange(64 * 64, dtype=torch.float32).reshape(64, 64) / 4096
        expected = left.mm(left.t())
        there = left.cuda()
        result = there.mm(there.t()).cpu()
        torch.cuda.synchronize()
        if not torch.allclose(result, expected, rtol=1e-2, atol=1e-3):
            return {"cuda": False, "cuda_device": name, "cuda_reason": "the GPU's result differs from the CPU's"}
        return {"cuda": True, "cuda_device": name}
    except Exception as error:  # a driver, an architecture the wheel was not built for, no memory
        return {"cuda": False, "cuda_reason": "a kernel did not run: " + first_line(error)}
