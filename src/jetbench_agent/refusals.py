"""What makes a request impossible before anything is measured; each is told as a fault."""

import difflib

from jetbench_agent import made_from

DOWNLOAD_S = 86400.0  # without a word, until it is taken for hanging; who waits can end it


def pairs(cases):
    """[model, weights] of every case, each once."""
    found = []
    for case in cases:
        pair = [case["model"], case.get("weights")]
        if pair not in found:
            found.append(pair)
    return found


def fetched(bench, sender, pairs):
    """Download what [model, weights] pairs lack, which the user has asked for. A fault where that cannot be."""
    outcome = bench.job({"job": "fetch", "pairs": pairs}, DOWNLOAD_S)
    if outcome.error is not None:
        sender.send("fault", code="no_download", text=outcome.error, hint="nothing was measured")
    return outcome.error is None and not outcome.interrupted


RESOLVED = ("resolved",)  # what the job of ``resolving`` answers


def resolving(pairs):
    """The job that looks [model, weights] pairs up."""
    names, weights = [sorted({pair[at] for pair in pairs if pair[at]}) for at in (0, 1)]
    return {"job": "resolve", "models": names, "weights": weights, "pairs": pairs}


def known(bench, sender, pairs):
    """Whether all there is of [model, weights] pairs exists; sends a fault for the first that does not."""
    resolved = bench.job(resolving(pairs), wanted=RESOLVED).events.get("resolved")
    if resolved is None:  # the child died of it; the cases will say why
        return True
    for path in resolved["missing_weights"]:
        sender.send("fault", code="bad_request", text="--weights {}: no such file".format(path))
        return False
    for name, text in resolved.get("refused", ()):
        hint = "jetbench-tui models lists what there is; docs/models.md says what a name may be"
        sender.send("fault", code="unknown_model", text="model {!r}: {}".format(name, text), hint=hint)
        return False
    for name in resolved["unknown"]:
        near = difflib.get_close_matches(name, resolved["known"], 3, 0.5)
        hint = "did you mean {}?".format(" or ".join(near)) if near else "jetbench-tui models lists what there is"
        sender.send("fault", code="unknown_model", text="unknown model {!r}".format(name), hint=hint)
        return False
    return True


def device_works(software, sender, cases):
    """Fill in "auto": CUDA only where a kernel really ran. Refuse CUDA that does not."""
    works = software.get("cuda", False)
    for case in cases:
        if case["device"] == "auto":
            case["device"] = "cuda" if works else "cpu"
        elif case["device"] == "cuda" and not works:
            text = "CUDA does not execute here: {}".format(software.get("cuda_reason"))
            sender.send("fault", code="no_cuda", text=text, hint="measure on the CPU: --device cpu")
            return False
    return True


def same_files(bench, sender, cases, anyway):
    """Hash what the models are made from into the cases. A fault where a resumed session had other files."""
    cases = made_from.named(cases)
    job = {"job": "digest", "pairs": [[case["model"], case.get("weights")] for case in cases]}
    told = bench.job(job, wanted=("digests",)).events.get("digests") if cases else None
    changed = made_from.put(cases, told["found"]) if told else []  # a child that died: the cases will say why
    for text in changed if anyway else ():
        bench.log("warning", "agent", text)
    if changed and not anyway:
        sender.send("fault", code="bad_request", text=changed[0], hint="measure it all the same: --anyway")
    return anyway or not changed
