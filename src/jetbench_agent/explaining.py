"""Why a case is as fast as it is: jobs of their own after its timed passes, never among them.

The roofs of the device (kept from run to run), a profile by class of operator, and A/B trials where they were asked
for. What it means is judged on the screen side.
"""

from jetbench_agent import kept_calibrations, memory_state
from jetbench_agent.stream import monotonic_ns

HOT_K = 5.0  # below the passive trip of a zone: the clocks may fall any moment
SILENCE_S = 900.0
LEAST_LEFT_OUT, MOST_LEFT_OUT = 0.1, 4  # of the time, and classes
WITHOUT = ("depthwise conv", "pointwise conv", "dense conv", "grouped conv", "linear/matmul", "normalisation",
           "activation/elementwise", "pooling")  # fmt: skip  # classes that modules can be of


class Explaining(object):
    """``machine``: what of the board decides its roofs; ``hot()``: why it is too hot to calibrate, or None."""

    def __init__(self, bench, sender, machine, hot):
        self._bench = bench
        self._sender = sender
        self._machine = machine
        self._hot = hot
        self._calibrated = set()  # in this run

    def begin(self):
        """Another run, whose recording is to hold the roofs as well."""
        self._calibrated = set()

    def after(self, case, protocol, round_):
        """Calibrate where this run has not yet, profile, and try. The bench goes on with another parent at need."""
        if round_ > 0 or not (protocol.get("why") or protocol.get("trials")):
            return
        common = {"cores": protocol["bench_cores"], "onednn": protocol.get("onednn", True), "case": case}
        self._calibrate(case, protocol)
        profile = self._staged("profile", dict(common, job="profile"), case)
        if profile is not None and protocol.get("trials"):
            without = worth_leaving_out(profile["classes"])
            fields = {"job": "experiment", "rounds": protocol["trials"], "seed": protocol["seed"], "without": without}
            self._staged("experiment", dict(common, **fields), case)

    def _calibrate(self, case, protocol):
        key = case["device"], case["variant"], case["threads"]
        if key in self._calibrated:
            return
        self._calibrated.add(key)
        job = {"job": "calibrate", "device": key[0], "dtype": key[1], "threads": key[2]}
        job.update(cores=protocol["bench_cores"], room_kib=memory_state.available()[0])
        kept = kept_calibrations.load(self._bench.software, self._machine, job)
        if kept is not None:
            self._sender.forward(dict(kept, t=monotonic_ns()))
            return
        hot = self._hot()
        if hot:
            self._sender.send("calibration", device=key[0], dtype=key[1], threads=key[2], refused=hot)
            return
        event = self._staged("calibrate", job, case, "calibration")
        if event is not None:
            kept_calibrations.save(self._bench.software, self._machine, job, event)

    def _staged(self, name, job, case, kind=None):
        """A job as a stage. Its event, or None and a line of the log where it came to none."""
        if not self._bench.ready():
            return None
        kind = kind or name
        identity = {"c": case["id"], "r": 0}
        begun = monotonic_ns()
        self._sender.send("stage", name=name, **identity)
        outcome = self._bench.job(job, SILENCE_S, wanted=(kind,) if kind != "experiment" else ())
        self._sender.send("stage", name=name, ns=monotonic_ns() - begun, **identity)
        if outcome.error and not outcome.interrupted:
            text = "{} of {} came to no end: {}".format(name, case["model"], outcome.error)
            self._bench.log("warning", "agent", text)
        event = outcome.events.get(kind)
        if event is not None:
            self._sender.forward(dict(event))
        return event


def worth_leaving_out(classes):
    """The classes that a verdict may name: each that takes a tenth of the time, the longest MOST_LEFT_OUT of them."""
    whole = float(sum(row["ns"] for row in classes))
    told = [row for row in classes if row["name"] in WITHOUT and row["ns"] >= LEAST_LEFT_OUT * whole > 0]
    told.sort(key=lambda row: row["ns"], reverse=True)
    return sorted(row["name"] for row in told[:MOST_LEFT_OUT])


def hot(channels, headline):
    """A function that says why the board is too hot to calibrate, or gives None."""
    limits = [c["limit"] for c in channels if c["quantity"] == "temperature" and c.get("limit")]
    trip = min(limits) if limits else None

    def told():
        celsius = headline()
        if headline.throttled:
            return "the board is throttled just now"
        if trip is not None and celsius is not None and celsius >= trip - HOT_K:
            return "{:.0f} C, and its clocks are lowered from {:.0f} C on".format(celsius, trip)
        return None

    return told


def machine(facts):
    """What of a board's description decides its roofs: the processors, and the power mode they run in."""
    inner = facts.get("facts") or {}
    return [facts.get("model"), facts.get("cpu_model"), facts.get("machine"), inner.get("power_mode"), inner.get("cpu")]
