"""Walks a plan: which interpreter, which device, which cores, in which order; a child a case."""

import os
import random
import time

from jetbench_agent import comparing, cores, evaluating, kept_counts, memory_state, preflight, refusals
from jetbench_agent.bench_link import SETUP_SILENCE_S, Bench
from jetbench_agent.cooldown import Cooldown
from jetbench_agent.explaining import Explaining
from jetbench_agent.gate import Gate
from jetbench_agent.soak import Soak
from jetbench_agent.stream import monotonic_ns


class Conductor(object):
    """Carries out one request at a time with one bench parent.

    ``sender`` is the stream; ``set_period(seconds)`` asks the sensors for another rate, and
    ``set_load(share)``, where there is one, hears when passes run and when they are over;
    ``temperature()`` is the one a run is cooled down by, None where there is none. ``power``: whether
    there is a total to read (``has``), and the update period of its monitor (``update_ms``). ``roofs``: the last two
    arguments of Explaining.
    """

    def __init__(self, sender, set_period, power, set_load=None, temperature=lambda: None, unified=False, roofs=None):
        self._sender = sender
        self._set_period = set_period
        self._set_load = set_load
        self._power = power
        self._temperature = temperature
        self._unified = unified  # CPU and GPU share one memory
        self._cores = cores.available()
        self._bench = Bench(sender, lambda: self._stop, lambda: self._force, self._works, Soak(temperature))
        self._explaining = Explaining(self._bench, sender, *(roofs or (None, lambda: None)))
        self._counts = {}
        self._gate = Gate(sender.aside, self.stopped)
        self._stop = False
        self._force = False

    # -- control, from the thread that reads commands

    def arm(self):
        """A new request has come in: forget a stop that was meant for an earlier one."""
        self._stop = self._force = False

    def stop(self, force):
        self._stop = True
        self._force = self._force or force

    def grant(self, case, round_):
        """Of a run whose cases are handed out one by one (``case_by_case``): the next one may begin."""
        self._gate.grant(case, round_)

    def adopt(self, process):
        self._bench.adopt(process)

    def close(self):
        self.stop(force=True)
        self._bench.kill()

    def stopped(self):
        return self._stop

    # -- requests, in the conductor's thread

    def models(self, request):
        if self._bench.ready():
            outcome = self._bench.job({"job": "models", "words": request.get("words")})
            if outcome.error:
                self._sender.send("fault", code="no_models", text=outcome.error)

    def count(self, request):
        """Counts of every named model, as model events without a case."""
        if not self._bench.ready() or not self._known([[name, None] for name in request["models"]], request):
            return
        for name in request["models"]:
            for size in request.get("sizes") or [None]:
                layers = bool(request.get("layers"))
                model = self._counted(name, request["batch"], size, layers=layers, anew=True)
                self._sender.forward(dict(model))

    def run(self, request):
        cases, protocol = request["cases"], request["protocol"]
        resolving = None if request.get("download") else refusals.resolving(refusals.pairs(cases))
        if not self._bench.ready(resolving, refusals.RESOLVED) or not self._possible(cases, request):
            return
        if not evaluating.readable(self._bench, self._sender, protocol, request.get("download")):
            return
        self._divide_cores(cases, protocol, request.get("screen", True))
        order = request.get("left")  # of a session that is resumed: by round, what has not ended
        begun, cpu = monotonic_ns(), _cpu_seconds()
        if order is None:
            order = _order(len(cases), protocol["rounds"], protocol["seed"])
            self._sender.send("run", cases=cases, order=order, protocol=protocol)
        else:
            self._sender.send("resume", left=order, protocol=protocol)
        counts = {"measured": 0, "failed": 0}
        self._explaining.begin()
        cooldown = Cooldown(self._temperature, lambda: self._probe(cases, protocol), self.stopped)
        try:
            for number, (round_, index) in enumerate((r, i) for r, ids in enumerate(order) for i in ids):
                if self._stop or (request.get("case_by_case") and not self._gate.passed(index, round_)):
                    break
                if protocol["cooldown_s"]:
                    self._cool(cooldown, cases[index], round_, protocol["cooldown_s"], first=number == 0)
                if not self._stop:
                    self._case(cases[index], protocol, round_, counts)
        finally:
            self._works(False)
            self._set_period(None)
            cores.keep_to(self._cores)
        wall = (monotonic_ns() - begun) * 1e-9
        self._sender.send("overhead", who="agent", cpu_s=round(_cpu_seconds() - cpu, 4), wall_s=round(wall, 3))
        self._sender.send("run_end", status="interrupted" if self._stop else "done", **counts)

    # -- steps of a request

    def _possible(self, cases, request):
        """Whether the cases can be run at all; a fault was sent where they cannot."""
        return (
            self._known(refusals.pairs(cases), request)
            and refusals.device_works(self._bench.software, self._sender, cases)
            and refusals.same_files(self._bench, self._sender, cases, request.get("anyway"))
        )

    def _known(self, pairs, request):
        """Whether models and weights are there, after a download where the user asked for one."""
        wanted = request.get("download")
        fetched = not wanted or refusals.fetched(self._bench, self._sender, pairs)
        return fetched and refusals.known(self._bench, self._sender, pairs)

    def _divide_cores(self, cases, protocol, screen):
        wanted = max(case["threads"] for case in cases)
        mine, bench, threads, shared = cores.divide(self._cores, wanted, screen)
        for case in cases:
            case["threads"] = case["threads"] or threads
        period = 0.1 if self._power["has"] else 0.5
        protocol["energy_block"] = bool(protocol["energy"] and self._power["has"])
        protocol["power_update_ms"] = self._power.get("update_ms") or 0
        protocol.update(
            screen_cores=mine, bench_cores=bench, shared_cores=shared, telemetry_period_ms=int(period * 1000)
        )
        cores.keep_to(mine)
        self._set_period(period)

    def _cool(self, cooldown, case, round_, cap_s, first):
        """A stage before every case; the first one says what cool is, and has no rule."""
        identity = {"c": case["id"], "r": round_}
        begun = monotonic_ns()
        self._sender.send("stage", name="cooldown", **identity)
        told = cooldown.begin() if first else cooldown.wait(cap_s)
        self._sender.send("stage", name="cooldown", ns=monotonic_ns() - begun, **identity)
        if told is not None:
            self._sender.send("rule", name="cooldown", **dict(told, **identity))

    def _probe(self, cases, protocol):
        """Nanoseconds of a small kernel on the cores of the cases, or None."""
        if not self._bench.is_ready:
            return None
        job = {"job": "probe", "cores": protocol["bench_cores"], "threads": cases[0]["threads"]}
        probed = self._bench.job(job, wanted=("probed",)).events.get("probed")
        return probed["ns"] if probed else None

    def _case(self, case, protocol, round_, counts):
        identity = {"c": case["id"], "r": round_}
        counted = round_ > 0 and _key(case) in self._counts  # not by the agent of a session that is resumed
        model = self._counts[_key(case)] if counted else self._model_of(case, protocol)
        if self._stop:
            return
        self._sender.send("case", **identity)
        if protocol["fresh"]:
            self._bench.renew()
        if not self._bench.ready():
            return
        forecast = self._forecast(model, case, protocol, round_)
        if forecast["verdict"] == "refused" and not protocol["force"]:
            error = "refused: {} (--force measures it all the same)".format(forecast["text"])
            fields = {"cause": "memory_forecast", "error": error, "remedies": forecast["remedies"]}
            self._sender.send("case_end", status="refused", **dict(fields, **identity))
            counts["failed"] += 1
            return
        if protocol["energy"] and not protocol["energy_block"] and round_ == 0:
            text = "the board has no power to read: no block for energy"
            self._sender.send("rule", name="energy", outcome="no_sensor", text=text, **identity)
        job = {"job": "case", "case": case, "round": round_, "protocol": protocol}
        outcome = self._bench.job(job, protocol["case_timeout_s"])
        self._works(False)  # however it ended
        status = outcome.case_status
        if status in (None, "failed"):
            status = "interrupted" if outcome.interrupted and status is None else "failed"
            self._end_badly(outcome, status, identity, model, case)
        if status == "refused":  # by the child: a file larger than the memory
            counts["failed"] += 1
        elif status in counts:
            counts[status] += 1
        if status == "measured" and not self._stop:
            comparing.compare(self._bench, self._sender, case, protocol, round_)
            evaluating.evaluate(self._bench, self._sender, case, protocol, round_)
            if comparing.explainable(self._bench, case, protocol):
                self._explaining.after(case, protocol, round_)

    def _model_of(self, case, protocol):
        """Count a case's model, tell it, and return the counts."""
        model = dict(self._counted(case["model"], case["batch"], case.get("size"), protocol["case_timeout_s"]))
        self._sender.forward(dict(model, c=case["id"]))
        return model

    def _forecast(self, model, case, protocol, round_):
        """Told in the first round; looked at in every one, for memory may have gone meanwhile."""
        room, bound = memory_state.available()
        found = preflight.forecast(
            model, case, self._bench.rss_kib(), room, bound, memory_state.swap_free(), protocol["force"], self._unified
        )
        if round_ == 0 or found["verdict"] == "refused":
            self._sender.send("forecast", c=case["id"], r=round_, **found)
        return found

    def _end_badly(self, outcome, status, identity, model, case):
        """The case_end of a case that failed: why, told from what, and what would help."""
        error = outcome.error or ("stopped by the user" if outcome.interrupted else "ended without a word")
        fields = {"status": status, "error": error}
        if status == "failed":
            fields.update(cause=outcome.cause or "error", evidence=outcome.evidence)
            if (outcome.cause or "").startswith("oom"):
                base = self._bench.rss_kib()
                room = memory_state.available()[0]
                room = room + base if room is not None and base is not None else None
                fields["remedies"] = preflight.remedies(model, case, base, room, self._unified)
        self._sender.send("case_end", **dict(fields, **identity))

    def _counted(self, name, batch, size, silence_s=SETUP_SILENCE_S, layers=False, anew=False):
        """The model event of a name at a sweep point, counted once in a child, or in an earlier run unless ``anew``.
        One that did not come to its end leaves what it had found by then."""
        key = _key({"model": name, "batch": batch, "size": size})
        kept = None if layers or anew or key in self._counts else kept_counts.load(self._bench.software, *key)
        if kept is not None:
            self._counts[key] = kept
        if layers or key not in self._counts:
            begun = time.monotonic()
            job = {"job": "count", "model": name, "batch": batch, "size": size, "layers": layers}
            outcome = self._bench.job(job, silence_s, wanted=("model",))
            event = outcome.events.get("model") or {"k": "model", "name": name}
            if event.get("macs") is None and not event.get("error"):
                event["error"] = outcome.error or "counting was interrupted"
            if outcome.interrupted:
                return event
            self._bench.log("debug", "agent", "counted {} in {:.1f} s".format(name, time.monotonic() - begun))
            self._counts[key] = event
            if not layers:
                kept_counts.save(self._bench.software, event, *key[1:])
        return dict(self._counts[key], t=monotonic_ns())

    def _works(self, does):
        if self._set_load is not None:
            self._set_load(1.0 if does else 0.0)


def _key(case):
    """By what a count differs from another one."""
    return case["model"], case["batch"], tuple(case.get("size") or ())


def _order(count, rounds, seed):
    """Case ids of every round: as the plan has them where there is one round, each shuffled by the seed where
    there are more (randomised multiple interleaved trials, Abedi and Brecht, ICPE 2017).
    """
    chance = random.Random(seed)
    order = []
    for _ in range(rounds):
        ids = list(range(count))
        if rounds > 1:
            chance.shuffle(ids)
        order.append(ids)
    return order


def _cpu_seconds():
    times = os.times()
    return times.user + times.system
