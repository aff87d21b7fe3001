"""Memory a case will need at its peak, told from its counts before it begins.

    need = base + max(load x P, P' + I + 2 A) + 160 MiB

base: what a child begins with when torch is imported; P: parameters and buffers as they are built (and twice that
while a checkpoint is read, or another engine takes them over), P': in the case's own format; I: the input; A: the most
that is alive at once in a pass. 2 A and the slack are for the workspaces of the kernels and the pages of torch
that they touch: measured on twelve of torchvision's models at batch 1 and 8 a slack of 96 MiB lay 2 to 22 % above the
peak with torch 2.14, on seven 9 to 46 % with torch 1.10 (64 MiB were too few for swin_t and maxvit_t); on a
machine busy with other things vgg16 came to 1 % more than that.
On a Jetson the GPU's copy lies in the same memory.
"""

SLACK_KIB = 160 * 1024
GREEN = 0.70  # of what is available
_HALF = ("fp16", "bf16")
_BESIDE = ("onnxruntime", "tensorrt")  # engines that hold the weights beside torch while they are converted


def need(model, case, base_kib, unified=False, batch_share=1.0, area_share=1.0, half=None):
    """({part: KiB}, KiB in all), or (parts that are known, None) where a count is missing.

    ``model``: fields of the model event. The shares scale batch and input area, for "what if"; ``half``
    asks for another format.
    """
    half = case["variant"].partition("+")[0] in _HALF if half is None else half
    size, batch, alive = model.get("bytes"), model.get("input_bytes"), model.get("peak_activation_bytes")
    parts = {"base": base_kib, "slack": SLACK_KIB}
    if size is not None:
        parts["weights"] = size // 1024 // (2 if half else 1)
        twice = case.get("weights") or case["variant"].rpartition("+")[2] in _BESIDE
        parts["load"] = size // 1024 * (2 if twice else 1)
    if batch is not None:
        parts["input"] = int(batch * batch_share * area_share) // 1024 // (2 if half else 1)
    if alive is not None:
        parts["activations"] = 2 * int(alive * batch_share * area_share) // 1024 // (2 if half else 1)
    if size is None or alive is None or base_kib is None:
        return parts, None
    running = parts["weights"] + parts.get("input", 0) + parts["activations"]
    if unified:
        running += parts["load"] + parts["activations"]
    return parts, base_kib + max(parts["load"], running) + SLACK_KIB


def forecast(model, case, base_kib, available_kib, bound, swap_free_kib, force, unified=False):
    """Fields of the forecast event. ``available_kib``: beside what the bench parent already has."""
    parts, needed = need(model, case, base_kib, unified)
    found = {"parts": {name: kib for name, kib in parts.items() if kib is not None}, "bound": bound}
    if swap_free_kib is not None:
        found["swap_free_kib"] = swap_free_kib
    if needed is None or available_kib is None:
        unknown = (
            ("the weights", "weights" not in parts),
            ("the activations", "activations" not in parts),
            ("what torch takes", base_kib is None),
            ("what is available", available_kib is None),
        )
        missing = next(name for name, is_missing in unknown if is_missing)
        found.update(verdict="unknown", text="memory: {} not known, so not foretold".format(missing))
        return _too_heavy(found, parts, base_kib, available_kib, bound, force)
    room = available_kib + base_kib
    found.update(need_kib=needed, available_kib=room)
    share = float(needed) / room if room else 2.0
    said = "it will need about {} and {} there ({})".format(_mib(needed), _are(room), bound)
    if share <= GREEN:
        found.update(verdict="green", text="memory: " + said)
    elif share <= 1.0:
        found.update(verdict="tight", text="memory is tight: " + said)
    else:
        killed = needed > room + (swap_free_kib or 0)
        end = "the kernel will kill it" if killed else "it will swap"
        found.update(verdict="refused", text="{}: {}".format(said, end), forced=bool(force))
    if share > GREEN:
        found["remedies"] = remedies(model, case, base_kib, room, unified)
    return found


def _too_heavy(found, parts, base_kib, available_kib, bound, force):
    """Weights alone that are more than there is are refused, whatever else is not known."""
    if None in (base_kib, available_kib) or "load" not in parts:
        return found
    least, room = base_kib + max(parts["load"], parts["weights"]), available_kib + base_kib
    if least > room:
        text = "its weights alone need about {} and {} there ({})".format(_mib(least), _are(room), bound)
        found.update(verdict="refused", text=text, need_kib=least, available_kib=room, forced=bool(force))
    return found


def remedies(model, case, base_kib, room_kib, unified=False):
    """Three things that help, what they would need beside each: those that fit first."""
    found = []
    if case["batch"] > 1:
        share = 1.0 / case["batch"]
        found.append(("batch 1 instead of {}: -b 1".format(case["batch"]), {"batch_share": share}))
    if case["variant"] == "fp32":
        found.append(
            ("half precision: --dtype {}".format("fp16" if case["device"] == "cuda" else "bf16"), {"half": True})
        )
    size = case.get("size") or (model.get("input") or [0, 0, 0])[2:]
    if len(size) == 2 and size[0] >= 64:
        halved = [str(side // 2) for side in size]
        text = "half the input size: -s {}".format("x".join(halved) if size[0] != size[1] else halved[0])
        found.append((text, {"area_share": 0.25}))
    told = []
    for text, change in found:
        needed = need(model, case, base_kib, unified, **change)[1]
        told.append({"text": text, "need_kib": needed} if needed is not None else {"text": text})
    helps = [entry for entry in told if room_kib is None or entry.get("need_kib", 0) <= room_kib]
    parts, whole = need(model, case, base_kib, unified)
    other = [
        {"text": "stop what else holds memory, the desktop first: sudo systemctl isolate multi-user.target"},
        {"text": "swap on NVMe or USB, never on the SD card (slow: for trying, not for measuring)"},
        {"text": "a smaller model: jetbench-tui count MODEL tells what one needs"},
    ]
    if whole is not None:
        for entry in other[:2]:
            entry["need_kib"] = whole
        most = 0 if room_kib is None else parts["weights"] - (whole - room_kib)
        if 0 < most < parts["weights"]:
            text = "a smaller model, of at most {} of weights: jetbench-tui count MODEL".format(_mib(most))
            other[2] = {"text": text, "need_kib": room_kib}
    return (helps + other + [entry for entry in told if entry not in helps])[:3]


def _mib(kib):
    return "{:.0f} MiB".format(kib / 1024.0)


def _are(kib):
    return _mib(kib) + (" is" if kib == 1024 else " are")
