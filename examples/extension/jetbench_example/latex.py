"""A LaTeX table of the cases of a recording.

Imported by the program itself: Python 3.10 or newer, and no torch.
"""

_ESCAPED = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_ESCAPED.update({sign: "\\" + sign for sign in "&%$#_{}"})
_HEAD = r"Model & Variant & Batch & p50 (ms) & p99 (ms) & Energy (mJ) & Grade \\"


def write(document, path):
    """``document`` is what `show --json` prints. ``path`` is to be written; it gets its real name afterwards."""
    lines = [r"\begin{tabular}{llrrrrl}", r"\toprule", _HEAD, r"\midrule"]
    lines += [_row(case) for case in document["cases"]]
    lines += [r"\bottomrule", r"\end{tabular}", ""]
    path.write_text("\n".join(lines), encoding="utf-8")


write.suffix = ".tex"  # of the file beside the recording, where the user names none


def _row(case):
    name = "".join(_ESCAPED.get(sign, sign) for sign in case["model"])
    begin = f"{name} & {case['variant']} & {case['batch']}"
    if case["status"] != "measured":
        return rf"{begin} & \multicolumn{{4}}{{l}}{{{case['status']}}} \\"
    latency = case["latency_s"] or {}
    figures = [latency.get("p50"), latency.get("p99"), case["energy_j"]]
    cells = ["N/A" if value is None else f"{value * 1e3:.4g}" for value in figures]
    return rf"{begin} & {' & '.join(cells)} & {case['grade']} \\"
