"""How far the output of a variant lies from that of fp32: a job of its own, after the passes of its case."""

from jetbench_agent.stream import monotonic_ns

REFERENCE = "fp32"
PLAIN = ("fp32", "fp16", "bf16")  # eager: what a profile and trials know of


def compare(bench, sender, case, protocol, round_):
    """Send an agreement event, with an error or why there is none. Once a case."""
    if round_ > 0 or case["variant"] == REFERENCE or not bench.ready():
        return
    job = {"job": "agreement", "case": case, "cores": protocol["bench_cores"]}
    outcome = bench.job(job, protocol["case_timeout_s"], wanted=("agreement",))
    told = outcome.events.get("agreement") or {"k": "agreement", "c": case["id"], "reason": outcome.error}
    if not outcome.interrupted:
        sender.forward(dict(told, t=monotonic_ns()))


def explainable(bench, case, protocol):
    """Whether a case can be asked why it is as fast as it is; where not, and it was, the log says so."""
    asked = protocol.get("why") or protocol.get("trials")
    if asked and case["variant"] not in PLAIN:
        bench.log("info", "agent", "{}: why is told of {} only".format(case["variant"], ", ".join(PLAIN)))
    return asked and case["variant"] in PLAIN
