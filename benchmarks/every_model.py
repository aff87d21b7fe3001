"""Does every model of torchvision load, count and run at batch 1? A line a model, and what was published of it.

    .venv/bin/python benchmarks/every_model.py [--size 64] [--family classification] [WORD...]

``--size``: height and width of the input instead of each model's own; a model that takes no other says so.
Exit status 1 where a model failed at its own size, or where parameters differ from the published ones.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PROGRAM = (sys.executable, "-m", "jetbench")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", help="such as 64 or 240x320")
    parser.add_argument("--family", default="classification", help="classification, detection, segmentation, video")
    parser.add_argument("words", nargs="*", help="only models whose name holds all of them")
    asked = parser.parse_args()
    listed = json.loads(_out("models", *asked.words, "--json"))["models"]
    listed = [model for model in listed if model["family"] == asked.family]
    size = ("-s", asked.size) if asked.size else ()
    with tempfile.TemporaryDirectory() as folder:
        found = _measured([model["name"] for model in listed], Path(folder) / "out.jsonl", size)
    wrong = 0
    print(f"{'model':<40} {'params':>11} {'published':>11} {'MACs':>9} {'p50':>9}  remark")
    for model in listed:
        fields = found.get(model["name"], {"ended": "it was not run"})
        told = fields.get("params"), model.get("params")
        remark = [fields["ended"]] if fields["ended"] is not None else []
        if fields.get("macs") is None:
            remark.append(f"not counted: {fields.get('error', 'no reason given')}")
        differ = told[1] is not None and told[0] != told[1]
        remark += ["parameters differ"] if differ else []
        wrong += differ or (fields["ended"] is not None and not size)
        print(_row(model["name"], told, fields, remark))
    failed = sum(found.get(model["name"], {}).get("ended", "") is not None for model in listed)
    print(f"{len(listed)} models, {failed} did not run, {wrong} wrong")
    return 1 if wrong or not listed else 0


def _row(name: str, told: tuple[int | None, int | None], fields: dict[str, Any], remark: list[str]) -> str:
    params, published = (f"{number:>11}" if number is not None else f"{'N/A':>11}" for number in told)
    macs = f"{fields['macs'] / 1e9:>7.3f} G" if fields.get("macs") is not None else f"{'N/A':>9}"
    p50 = f"{fields['p50_ms']:>6.1f} ms" if fields.get("p50_ms") is not None else f"{'N/A':>9}"
    return f"{name:<40} {params} {published} {macs} {p50}  {'; '.join(remark)}"


def _measured(names: list[str], path: Path, size: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """By model: fields of its model event, p50_ms of three passes, and ``ended``: None, or why it failed."""
    _out("run", "-m", ",".join(names), "-b", "1", *size, "-k", "3", "--cooldown", "0", "-o", path)
    found: dict[int, dict[str, Any]] = {}
    taken: dict[int, list[int]] = {}
    for event in map(json.loads, path.read_text().splitlines()):
        if event["k"] == "run":
            found = {case["id"]: {"model": case["model"], "ended": "no end"} for case in event["cases"]}
        elif event["k"] == "model" and event.get("c") in found:
            found[event["c"]].update({key: value for key, value in event.items() if value is not None})
        elif event["k"] == "lat":
            taken.setdefault(event["c"], []).extend(event["d"])
        elif event["k"] == "case_end":
            measured = event.get("status", "measured") == "measured"
            found[event["c"]]["ended"] = None if measured else event.get("error") or event["status"]
    for case, passes in taken.items():
        found[case]["p50_ms"] = sorted(passes)[len(passes) // 2] / 1e6
    return {fields["model"]: fields for fields in found.values()}


def _out(*arguments: str | Path) -> str:
    return subprocess.run([*PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False).stdout


if __name__ == "__main__":
    sys.exit(main())
