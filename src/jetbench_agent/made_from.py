"""The files that the models of a run are made from, by their SHA-256: in every case, and as they were before."""

import re

_PLAIN = re.compile(r"[a-z0-9_]+\Z")  # a name of torchvision's; others hold a colon, a dot or a slash
FIELDS = ("code_sha256", "weights_sha256")


def named(cases):
    """Cases made from a file that could be another one tomorrow: not a model of torchvision with random weights."""
    return [case for case in cases if case.get("weights") or not _PLAIN.match(case["model"])]


def put(cases, digests):
    """Fill in the hashes of ``cases``. Returns a sentence for every file that a resumed session had otherwise."""
    changed = []
    for case, found in zip(cases, digests):
        for field in FIELDS:
            digest = found.get(field)
            if digest is None:
                continue
            if case.get(field) not in (None, digest):
                what = case["weights"] if field == "weights_sha256" else _file(case["model"])
                changed.append("{} is not the file that was measured before (its SHA-256 differs)".format(what))
            case[field] = digest
    return sorted(set(changed))


def _file(model):
    """``net.py`` of ``net.py:build[Nx3]``; ``net.onnx`` as it is."""
    bare = model.partition("[")[0]
    return bare.rpartition(":")[0] or bare
