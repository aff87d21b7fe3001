"""Findings about how torch computes on the CPU: oneDNN by what really runs, BLAS, threads and cores."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jetbench.analysis.doctor import ABSENT, OK, WARNING, Finding, Told, cause_of
from jetbench.domain.check_events import Check

_PER_CHANNEL = ("_slow_conv2d", "thnn_conv2d", "slow_conv_dilated")  # one call a channel where oneDNN is missing
_BLAS = re.compile(r"BLAS_INFO=([\w-]+)")
_NAMED = ("mkl", "openblas", "blis", "accelerate", "atlas", "eigen", "generic", "nvpl", "arm")
_BACKEND = re.compile(r"parallel backend:\s*([\w -]+)", re.IGNORECASE)


def findings(told: Told) -> list[Finding]:
    imported = told.get("torch")
    if imported is None or imported.error is not None:
        names = ("onednn", "blas", "threads")
        return [Finding(name, "cpu", ABSENT, "not looked at: torch cannot be imported") for name in names]
    build = told.get("build")
    facts: Mapping[str, Any] = build.facts if build is not None and build.error is None else {}
    host: Mapping[str, Any] = told["host"].facts if "host" in told else {}
    return [onednn(told.get("kernels"), facts), blas(facts, build), threads(facts, host)]


def onednn(check: Check | None, build: Mapping[str, Any]) -> Finding:
    """By a depthwise convolution under the profiler: without oneDNN it is a call a channel."""
    there = build.get("mkldnn")
    if check is None or check.error is not None:
        why = check.error if check is not None else "it gave no answer"
        cause = cause_of(check) if check is not None else "the agent ended before it"
        evidence = check.evidence if check is not None else ()
        claims = {True: "the build has it", False: "the build lacks it"}.get(there, "the build does not say")  # type: ignore[arg-type]
        text = f"not seen at work: {why}; {claims}"
        return Finding(
            "onednn", "cpu", WARNING, text, cause, "run it again; the verdicts of a run do not need it", evidence
        )
    calls = {str(name): int(count) for name, count in (check.facts.get("calls") or {}).items()}
    channels = int(check.facts.get("channels") or 0)
    slow = sum(count for name, count in calls.items() if any(part in name for part in _PER_CHANNEL))
    evidence = tuple(f"{name}: {count}" for name, count in sorted(calls.items()))
    if any("mkldnn" in name for name in calls):
        return Finding("onednn", "cpu", OK, "a depthwise convolution runs in one call of oneDNN", evidence=evidence)
    if channels and slow >= channels:
        cause = "this build lacks oneDNN" if there is False else "oneDNN is there and was not chosen"
        text = f"a depthwise convolution of {channels} channels takes {slow} calls"
        remedy = "MobileNets are about 3 times slower by it: the GPU, another wheel, or ONNX Runtime"
        return Finding("onednn", "cpu", WARNING, text, cause, remedy, evidence)
    text = "oneDNN was not used for a depthwise convolution" if there else "this build lacks oneDNN"
    other = next((name for name in calls if name.startswith("aten::_")), None)
    done = f"; {other} was" if other else ""
    remedy = "compare with another wheel: on ARM oneDNN is on, off or slower, by build"
    return Finding("onednn", "cpu", WARNING, text + done, "another convolution was chosen", remedy, evidence)


def blas(build: Mapping[str, Any], check: Check | None) -> Finding:
    if not build:
        why = (check.error if check is not None else None) or "it gave no answer"
        cause = cause_of(check) if check is not None else "the agent ended before it"
        return Finding("blas", "cpu", WARNING, f"not told: {why}", cause, "see what torch.__config__.show() prints")
    config = str(build.get("config") or "")
    match = _BLAS.search(config)
    name = match[1] if match else next((word for word in _NAMED if word in config.lower()), None)
    evidence = (f"BLAS_INFO={match[1]}",) if match else ()
    if name is None or name in ("generic", "none"):
        cause = "this build names no BLAS" if name is None else "it was built with a generic one"
        return Finding(
            "blas", "cpu", WARNING, "no optimised BLAS is named", cause, "compare with another wheel", evidence
        )
    return Finding("blas", "cpu", OK, f"products of matrices by {name}", evidence=evidence)


def threads(build: Mapping[str, Any], host: Mapping[str, Any]) -> Finding:
    """Whether torch may use as many threads as there are cores for it."""
    mine, online = _whole(host.get("cores")), _whole(host.get("online"))
    count = _whole(build.get("threads"))
    quota = host.get("quota")
    match = _BACKEND.search(str(build.get("parallel") or ""))
    by = f" by {match[1].strip()}" if match else ""
    set_ = {name: value for name, value in (host.get("variables") or {}).items() if name.endswith("_NUM_THREADS")}
    evidence = tuple(f"{name}={value}" for name, value in set_.items())
    if count is None or mine is None:
        return Finding("threads", "cpu", WARNING, "not told", "the build did not answer", "run it again", evidence)
    text = f"{count} threads{by}, {mine} of {online or mine} cores may be used"
    if isinstance(quota, int | float) and quota < mine:
        cause = f"a container's limit gives {quota:g} cores' worth of time: more threads than that wait for one another"
        return Finding("threads", "cpu", WARNING, text, cause, f"measure with --threads {max(1, int(quota))}", evidence)
    if online is not None and mine < online:
        cause = "an affinity (taskset, a container, cgroups) keeps this process to some cores"
        return Finding("threads", "cpu", WARNING, text, cause, "start it without taskset, or say --threads", evidence)
    if count > mine:
        cause = "more threads than cores: they wait for one another"
        return Finding(
            "threads", "cpu", WARNING, text, cause, f"unset {_names(set_)}, or say --threads {mine}", evidence
        )
    if count < mine and set_:
        cause = f"{', '.join(evidence)} is set"
        remedy = f"unset {_names(set_)}; a run sets its own number, and says it"
        return Finding("threads", "cpu", WARNING, text, cause, remedy, evidence)
    return Finding("threads", "cpu", OK, text, evidence=evidence)


def _names(variables: Mapping[str, Any]) -> str:
    return ", ".join(variables) or "OMP_NUM_THREADS"


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
