"""Whether verdicts agree with their own experiments, over torchvision's classification models.

    python benchmarks/verdicts.py                          all of them, at their own size: an hour on a small machine
    python benchmarks/verdicts.py --size 128 resnet18 ...  these, at that size
    python benchmarks/verdicts.py --every 8                each eighth
    python benchmarks/verdicts.py -o FOLDER                goes on where an earlier one of this folder was cut
    python benchmarks/verdicts.py --from FOLDER            what was recorded there before, judged anew

Prints a line a model, then those whose verdict its trials contradict, and the share that agrees among those that
claim something a trial can test. Recordings are kept in the folder that is named at the end.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from jetbench.cli.session import make_worker, started
from jetbench.cli.show import load_or_fail
from jetbench.domain.results import CaseResult
from jetbench.domain.why import STALLED

WANTED = 0.9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--size", help="of the input, for every model")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--rounds", default="6")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth of the list only")
    parser.add_argument("--tries", type=int, default=2, metavar="N", help="of a model whose passes were disturbed")
    parser.add_argument("--anew", action="store_true", help="measure again what the folder has")
    parser.add_argument("--no-mkldnn", action="store_true")
    parser.add_argument("--python", metavar="PATH", help="the interpreter that measures")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="of the recordings")
    parser.add_argument("--from", dest="folder", type=Path, metavar="FOLDER", help="judge these recordings")
    parser.add_argument("--quick", action="store_true", help="one small model, and no limit: does it work")
    options = parser.parse_args()
    if options.quick:
        options.models, options.size, options.rounds, options.tries = ["squeezenet1_1"], "64", "2", 1
    if options.folder is None:
        folder = options.output or Path(tempfile.mkdtemp(prefix="jetbench-verdicts-"))
        folder.mkdir(parents=True, exist_ok=True)
        for model in (options.models or listed(options.python))[:: options.every]:
            if judged(folder / f"{model}.jsonl") is not None and not options.anew:
                continue  # the folder is of a run that was cut
            for _ in range(options.tries):
                explained(model, folder / f"{model}.jsonl", options)
                if not stalled(folder / f"{model}.jsonl"):
                    break
            tell(model, folder / f"{model}.jsonl")
    else:
        folder = options.folder
        for path in sorted(folder.glob("*.jsonl")):
            tell(path.stem, path)
    results = [(path.stem, judged(path)) for path in sorted(folder.glob("*.jsonl"))]
    status = summed(results, folder)
    works = any(result is not None and result.why is not None for _, result in results)
    return int(not works) if options.quick else status


def listed(python: str | None) -> list[str]:
    worker = make_worker(python, None, screen=False)
    with started(worker):
        worker.request_models()
        worker.wait()
        return [model.name for model in worker.snapshot().models if model.family == "classification"]


def stalled(path: Path) -> bool:
    result = judged(path)
    return result is not None and result.why is not None and result.why.verdict.kind == STALLED


def explained(model: str, path: Path, options: argparse.Namespace) -> None:
    path.unlink(missing_ok=True)
    words = ["explain", model, "--threads", options.threads, "--rounds", options.rounds, "-o", str(path), "--json"]
    words += ["--size", options.size] if options.size else []
    words += ["--no-mkldnn"] if options.no_mkldnn else []
    words += ["--python", options.python] if options.python else []
    subprocess.run([sys.executable, "-m", "jetbench", *words], stdout=subprocess.DEVNULL, check=False)


def judged(path: Path) -> CaseResult | None:
    if not path.exists():
        return None
    state = load_or_fail(path)
    found = state.case_results()
    return found[0] if found else None


def tell(model: str, path: Path) -> None:
    result = judged(path)
    if result is None or result.why is None:
        print(f"{model:<24} {result.error if result is not None else 'nothing was recorded'}", flush=True)
        return
    why = result.why
    word = {True: "agrees", False: "DISAGREES", None: "untested"}[why.proof.agrees if why.proof else None]
    print(f"{model:<24} {word:<10} {why.verdict.sure:<7} {why.verdict.sentence}", flush=True)


def summed(results: list[tuple[str, CaseResult | None]], folder: Path) -> int:
    told = [(model, result.why) for model, result in results if result is not None and result.why is not None]
    tested = [(model, why) for model, why in told if why.proof is not None and why.proof.agrees is not None]
    against = [(model, why) for model, why in tested if why.proof is not None and not why.proof.agrees]
    print()
    for model, why in against:
        print(f"exception: {model}: {why.verdict.sentence} ({why.verdict.sure} sure)")
        print(f"           but {why.proof.text if why.proof else ''}")
    kinds = Counter(why.verdict.kind for _, why in told)
    print(", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    agree = len(tested) - len(against)
    share = f" ({agree / len(tested):.0%})" if tested else ""
    print(f"{agree} of {len(tested)} verdicts that a trial can test agree with it{share}; recordings in {folder}")
    return 0 if tested and agree / len(tested) >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
