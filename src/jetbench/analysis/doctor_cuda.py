"""Findings about CUDA: whether a kernel really runs, and where it does not, which of five reasons it is.

``torch.cuda.is_available`` is true in most of them (pytorch issue 145560, OpenRAL issue 167), so nothing rests on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jetbench.analysis.doctor import ABSENT, OK, RED, WARNING, Finding, Host, Told, cause_of, remedy_of
from jetbench.analysis.doctor_torch import NVIDIA_WHEELS
from jetbench.domain.check_events import Check

_ARCH = re.compile(r"(sm|compute)_(\d+?)(\d)([a-z]?)$")  # sm_87, compute_90, sm_110, sm_90a


def findings(told: Told, host: Host) -> list[Finding]:
    check, imported = told.get("cuda"), told.get("torch")
    if imported is None or imported.error is not None:
        return [Finding("cuda", "gpu", ABSENT, "not looked at: torch cannot be imported")]
    nodes = told["host"].facts.get("gpu_nodes") if "host" in told else None
    closed = [str(path) for path, open_ in (nodes or {}).items() if not open_]
    return [cuda(check, host, closed)]


def cuda(check: Check | None, host: Host, closed: Sequence[str] = ()) -> Finding:
    """``closed``: device files of the GPU that this user may not open."""
    if check is None or check.error is not None:
        cause = cause_of(check) if check is not None else "the agent ended before it"
        remedy = remedy_of(check, _DRIVER) if check is not None else _DRIVER
        text = f"the check did not end well: {check.error if check is not None else 'it gave no answer'}"
        return Finding("cuda", "gpu", RED, text, cause, remedy, check.evidence if check is not None else ())
    facts = check.facts
    if facts.get("built") is None and "archs" not in facts:
        if host.gpu:
            return Finding("cuda", "gpu", ABSENT, "this torch has no CUDA although the board has a GPU: see wheel")
        return Finding("cuda", "gpu", ABSENT, "this torch is built without CUDA, and no GPU is seen here")
    if facts.get("said") or "product" not in facts:
        return _failed(str(facts.get("said") or "it came to no result"), check, host, closed)
    wrong = [name for name in ("product", "convolution") if facts.get(name) is not True]
    device = str(facts.get("device"))
    if wrong:
        cause = "the GPU, its memory or a kernel of this wheel computes wrongly"
        return Finding("cuda", "gpu", RED, f"{device}: {' and '.join(wrong)} differ from the CPU's", cause, _OWN)
    return _runs(device, facts.get("capability"), [str(arch) for arch in facts.get("archs") or ()], check)


_DRIVER = "reboot; then look at dmesg for the GPU's driver"
_OWN = f"on a Jetson install {NVIDIA_WHEELS}; else a torch built for this GPU"


def _runs(device: str, capability: object, archs: Sequence[str], check: Check) -> Finding:
    sm = _capability(capability)
    first = sum(int(check.facts.get(name) or 0) for name in ("product_ns", "convolution_ns")) * 1e-9
    text = f"{device} ({_name(sm)}): kernels run and agree with the CPU"
    if sm is None or not archs or covered(sm, archs):
        return Finding("cuda", "gpu", OK, text)
    cause = (
        f"the wheel has {_listed(archs)} and no code for {_name(sm)}: it is compiled at the first call ({first:.1f} s)"
    )
    remedy = f"the cold start is longer than it need be: {_OWN}"
    return Finding("cuda", "gpu", WARNING, f"{text}, not as built", cause, remedy)


def covered(capability: tuple[int, int], archs: Sequence[str]) -> bool:
    """Whether machine code for it is there: of the same major capability, no higher minor (CUDA C++ guide, 6.1.2)."""
    found = [match for arch in archs if (match := _ARCH.fullmatch(arch)) and match[1] == "sm" and not match[4]]
    exact = any(arch.startswith(f"sm_{capability[0]}{capability[1]}") for arch in archs)
    return exact or any(int(m[2]) == capability[0] and int(m[3]) <= capability[1] for m in found)


def _failed(said: str, check: Check, host: Host, closed: Sequence[str]) -> Finding:
    facts, low = check.facts, said.lower()
    archs = [str(arch) for arch in facts.get("archs") or ()]
    sm = _capability(facts.get("capability"))
    evidence = (said,)
    if "no kernel image" in low or "invalid device function" in low:
        cause = f"this wheel has {_listed(archs)}, and this GPU needs {_name(sm)}"
        return Finding("cuda", "gpu", RED, "kernel image missing: no kernel can run on this GPU", cause, _OWN, evidence)
    if "too old" in low or "insufficient" in low:
        cause = f"this torch wants the driver of CUDA {facts.get('built')}"
        remedy = "update the driver (on a Jetson: JetPack), or install a torch built for an older CUDA"
        return Finding("cuda", "gpu", RED, "the driver is too old for this torch", cause, remedy, evidence)
    if closed:
        cause = f"this user may not open {', '.join(closed)}"
        remedy = "sudo usermod -aG video,render $USER, then log in again"
        return Finding("cuda", "gpu", RED, "the GPU's device files are closed to this user", cause, remedy, evidence)
    if any(part in low for part in ("no nvidia driver", "no cuda gpus", "no cuda-capable", "not compiled with cuda")):
        if host.gpu is None:
            return Finding("cuda", "gpu", ABSENT, "no CUDA device: no GPU is seen on this board", evidence=evidence)
        text = f"the board has a GPU ({host.gpu}), and CUDA finds none"
        cause = "its driver is not loaded, a container was started without it, or CUDA_VISIBLE_DEVICES hides it"
        remedy = "nvidia-smi or dmesg tell of the driver; a container needs --runtime nvidia or --gpus all"
        return Finding("cuda", "gpu", RED, text, cause, remedy, evidence)
    if "out of memory" in low or "nvml_success" in low or "nvmapmem" in low:
        remedy = "end other users of the GPU and the desktop; if memory is free, it is in pieces: reboot"
        return Finding(
            "cuda", "gpu", RED, "the GPU has no memory for a small kernel", "its memory is taken", remedy, evidence
        )
    if "cudnn" in low:
        cause = "its cuDNN is missing or of another version"
        return Finding("cuda", "gpu", RED, f"no convolution runs: {said}", cause, _OWN, evidence)
    return Finding("cuda", "gpu", RED, f"no kernel ran: {said}", "CUDA gave an error", _DRIVER, evidence)


def _capability(value: object) -> tuple[int, int] | None:
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(part, int) for part in value):
        return int(value[0]), int(value[1])
    return None


def _name(capability: tuple[int, int] | None) -> str:
    return "an unknown architecture" if capability is None else f"sm_{capability[0]}{capability[1]}"


def _listed(archs: Sequence[str]) -> str:
    return ", ".join(archs[:12]) or "no list of architectures"
