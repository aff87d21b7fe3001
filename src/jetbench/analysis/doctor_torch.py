"""Findings about the torch of the interpreter that measures: is it there, whose is it, does it compute."""

from __future__ import annotations

import re
from typing import Any

from jetbench.analysis.doctor import (
    ABSENT,
    OK,
    RED,
    WARNING,
    Finding,
    Host,
    Told,
    cause_of,
    remedy_of,
    unanswered,
)
from jetbench.domain.check_events import Check

NVIDIA_WHEELS = "NVIDIA's wheel for your JetPack (docs.nvidia.com: Installing PyTorch for Jetson Platform)"
_NVIDIA = re.compile(r"[+.]nv\d{2}\.\d{1,2}")  # 2.1.0a0+41361538.nv23.06
_LIBRARIES = (  # part of an error, cause, remedy
    ("No module named 'torch'", "it is not installed in this interpreter", None),
    ("libopenblas", "the system's OpenBLAS is missing", "sudo apt-get install libopenblas-base libopenblas-dev"),
    ("libmpi", "the system's MPI is missing, which NVIDIA's older wheels need", "sudo apt-get install libopenmpi-dev"),
    ("libcu", "a CUDA library is missing", "install the CUDA of your JetPack (sudo apt-get install nvidia-jetpack)"),
    ("libnv", "a CUDA library is missing", "install the CUDA of your JetPack (sudo apt-get install nvidia-jetpack)"),
    ("GLIBC", "it was built for a newer system", "install a wheel that was built for this system"),
    ("undefined symbol", "its parts are of different builds", "uninstall torch until pip finds none, install it once"),
    ("numpy", "numpy does not fit it", "install the numpy it was built for (below 2 for torch before 2.3)"),
)


def findings(told: Told, host: Host) -> list[Finding]:
    imported = torch(told.get("torch"), host)
    found = [imported]
    if imported.state == RED:
        names = (
            ("wheel", "wheel"),
            ("arithmetic", "arithmetic"),
            ("torchvision", "torchvision"),
            ("ptflops", "ptflops"),
        )
        return found + [_without_torch(ident, "interpreter") for ident, _ in names]
    return [
        *found,
        wheel(told["torch"], told.get("cuda"), host),
        arithmetic(told.get("arithmetic")),
        torchvision(told.get("torchvision")),
        ptflops(told.get("ptflops")),
    ]


def _without_torch(ident: str, group: str) -> Finding:
    return Finding(ident, group, ABSENT, "not looked at: torch cannot be imported")


def torch(check: Check | None, host: Host) -> Finding:
    why = unanswered(check)
    if check is None or why is not None:
        return _no_torch(check, why or "", host)
    facts = check.facts
    seconds = (check.ns or 0) * 1e-9
    text = f"{facts.get('version')}, imported in {seconds:.1f} s"
    others = [str(path) for path in facts.get("others") or ()]
    if others:
        cause = f"it is taken from {facts.get('folder')} and hides the torch in {', '.join(others)}"
        remedy = "if the hidden one is the board's own, remove the other: python -m pip uninstall torch"
        return Finding("torch", "interpreter", WARNING, f"{text}; another copy is hidden", cause, remedy)
    return Finding("torch", "interpreter", OK, text)


def _no_torch(check: Check | None, why: str, host: Host) -> Finding:
    own = f"install {NVIDIA_WHEELS}" if host.jetson else "install it there: pip install 'jetbench-tui[torch]'"
    advice = f"{own}; or name an interpreter that has it: --python PATH"
    if check is None:
        return Finding("torch", "interpreter", RED, f"not imported: {why}", "the agent ended before it", advice)
    cause, remedy = cause_of(check), advice
    for part, meaning, mends in _LIBRARIES:
        if check.cause == "raised" and part in why:
            cause, remedy = meaning, mends or advice
            break
    if "SIGILL" in why:
        cause = "it has instructions that this processor lacks"
        remedy = "export OPENBLAS_CORETYPE=ARMV8 on a Nano; else a wheel that was built for this processor"
    remedy = remedy_of(check, remedy if check.cause == "raised" or "SIGILL" in why else f"remove it first; {own}")
    return Finding("torch", "interpreter", RED, f"cannot be imported: {why}", cause, remedy, check.evidence)


def wheel(check: Check, cuda: Check | None, host: Host) -> Finding:
    """Whether this torch is one for this board: a CPU wheel in place of the board's own is pip's usual damage."""
    facts = check.facts
    version, built = str(facts.get("version")), facts.get("cuda_built") or facts.get("hip_built")
    kind = f"CUDA {facts['cuda_built']}" if facts.get("cuda_built") else "ROCm" if built else "CPU only"
    tags = [str(tag) for tag in facts.get("tags") or ()]
    evidence = tuple(tags[:2])
    if host.gpu and not built:
        remedy = f"pip uninstall torch torchvision, then install {NVIDIA_WHEELS}" if host.jetson else _CUDA_WHEEL
        cause = "pip has put a CPU wheel in the place of one for the GPU" if host.jetson else "it is a CPU wheel"
        text = f"{version}: CPU only, and this board has a GPU ({host.gpu})"
        return Finding("wheel", "interpreter", RED if host.jetson else WARNING, text, cause, remedy, evidence)
    if host.jetson and _NVIDIA.search(version):
        return Finding("wheel", "interpreter", OK, f"NVIDIA's own for JetPack, {kind}", evidence=evidence)
    if host.jetson and any("manylinux" in tag for tag in tags) and not _runs(cuda):
        text = f"{version}: a wheel for ARM servers, {kind}"
        cause = "it comes from a package index: before Thor a Jetson's GPU is not among what those are built for"
        remedy = f"pip uninstall torch torchvision, then install {NVIDIA_WHEELS}"
        return Finding("wheel", "interpreter", RED, text, cause, remedy, evidence)
    return Finding("wheel", "interpreter", OK, f"{kind}{_origin(tags)}", evidence=evidence)


_CUDA_WHEEL = "install a torch that was built for CUDA; --device cpu needs none"


def _runs(cuda: Check | None) -> bool:
    return cuda is not None and bool(cuda.facts.get("product"))


def _origin(tags: list[str]) -> str:
    return f", {tags[0]}" if tags else ", not from a wheel"


def arithmetic(check: Check | None) -> Finding:
    why = unanswered(check)
    if check is None or why is not None:
        cause = cause_of(check) if check is not None else "the agent ended before it"
        evidence = check.evidence if check is not None else ()
        remedy = remedy_of(check, _OTHER_BUILD) if check is not None else _OTHER_BUILD
        return Finding("arithmetic", "interpreter", RED, f"no result: {why}", cause, remedy, evidence)
    facts = check.facts
    limit = _number(facts.get("tolerance")) or 0.0
    wrong = [name for name in ("matmul", "convolution", "depthwise") if not _within(facts.get(name), limit)]
    if wrong:
        told = ", ".join(f"{name} off by {_said(facts.get(name))}" for name in wrong)
        cause = "a kernel of this build computes wrongly on this processor"
        return Finding("arithmetic", "interpreter", RED, f"differs from plain Python: {told}", cause, _OTHER_BUILD)
    return Finding("arithmetic", "interpreter", OK, "a product and two convolutions agree with plain Python")


_OTHER_BUILD = "try torch.backends.mkldnn off and one thread; if that is right, use another build of torch"


def _within(value: Any, limit: float) -> bool:
    number = _number(value)
    return number is not None and number <= limit


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _said(value: Any) -> str:
    number = _number(value)
    return "what is no number" if number is None else f"{100 * number:.3g} %"


def torchvision(check: Check | None) -> Finding:
    """Version numbers do not tell whether it fits this torch; calling one of its operators does."""
    why = unanswered(check)
    if check is not None and why is None:
        kept, expected = check.facts.get("nms"), check.facts.get("expected")
        version = check.facts.get("version")
        if kept == expected:
            return Finding("torchvision", "interpreter", OK, f"{version}, its operators load (nms was called)")
        text = f"{version}: nms keeps {kept}, and {expected} is right"
        return Finding("torchvision", "interpreter", RED, text, "its compiled operators are wrong", _MATCHING)
    if check is None:
        return Finding(
            "torchvision", "interpreter", RED, f"not looked at: {why}", "the agent ended before it", _MATCHING
        )
    words = why or ""
    if "No module named 'torchvision'" in words:
        remedy = (
            "install the one that belongs to this torch, with --no-deps; code of your own (-m net.py:build) needs none"
        )
        return Finding("torchvision", "interpreter", WARNING, "not installed", "its models cannot be measured", remedy)
    misfit = any(part in words for part in ("torchvision::", "custom C++ ops", "undefined symbol"))
    cause = "it was built for another torch" if misfit else cause_of(check)
    text = f"does not work: {words}"
    return Finding("torchvision", "interpreter", RED, text, cause, remedy_of(check, _MATCHING), check.evidence)


_MATCHING = "install the torchvision that was built for this very torch, from the same source, with pip --no-deps"


def ptflops(check: Check | None) -> Finding:
    why = unanswered(check)
    if check is not None and why is None:
        version = check.facts.get("version") or "of no known version"
        return Finding("ptflops", "interpreter", OK, f"{version}, multiply-adds are counted in two ways")
    text, cause = f"does not work: {why}", cause_of(check) if check is not None else "the agent ended before it"
    if why is not None and "No module named 'ptflops'" in why:
        text, cause = "not installed", "multiply-adds are counted in one way alone"
    elif why is not None and "torchvision" in why:
        cause = "it imports torchvision: mend that first"
    evidence = check.evidence if check is not None else ()
    return Finding("ptflops", "interpreter", WARNING, text, cause, "pip install --no-deps ptflops there", evidence)
