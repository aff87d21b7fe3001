"""The user's images: whether they can be read before anything is measured, and a job a case after its passes."""

from jetbench_agent.stream import monotonic_ns


def readable(bench, sender, protocol, download):
    """Whether the data and the labels a run asks for are there; a fault is sent where they are not."""
    if not protocol.get("data"):
        return True
    job = {"job": "data", "data": protocol["data"], "labels": protocol.get("labels"), "download": bool(download)}
    outcome = bench.job(job, wanted=("data_found",))
    if outcome.error is not None:
        sender.send("fault", code="bad_request", text=outcome.error)
    return outcome.error is None and not outcome.interrupted


def evaluate(bench, sender, case, protocol, round_):
    """Send a data event, and one with a reason where it came to no end. Once a case, as a stage of it."""
    if round_ > 0 or not protocol.get("data") or not bench.ready():
        return
    identity, begun = {"c": case["id"], "r": 0}, monotonic_ns()
    sender.send("stage", name="data", **identity)
    outcome = bench.job({"job": "accuracy", "case": case, "protocol": protocol}, protocol["case_timeout_s"])
    if outcome.error is not None and not outcome.interrupted:
        sender.send("data", c=case["id"], source=protocol["data"], reason=outcome.error)
    sender.send("stage", name="data", ns=monotonic_ns() - begun, **identity)
