"""The plan: what to measure and how, from a TOML file, the command line or the app."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any, Literal

import msgspec

from jetbench.domain import expectation, inputs, plan_boards, variants
from jetbench.domain.events import Case, Protocol
from jetbench.domain.inputs import ModelInput
from jetbench.domain.plan_boards import PlanBoard

LAB_MODELS = ("mobilenet_v2", "mobilenet_v3_small", "resnet18", "squeezenet1_1")
VARIANTS = variants.VARIANTS
CHECKPOINTS = (".pt", ".pth", ".bin")
MAX_PLAN_BYTES = 1 << 20
MAX_CASES = 10_000
DURATIONS = ("max_time", "case_timeout", "cooldown", "energy_time", "idle_time", "soak")


class PlanError(ValueError):
    """The plan or the command line is wrong; the text is one line that says where and what."""


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Models x variants x sweep points, with the protocol's settings. Durations are in seconds."""

    models: tuple[str, ...] = LAB_MODELS
    variants: tuple[str, ...] = ("fp32",)
    batches: tuple[int, ...] = (1,)
    sizes: tuple[tuple[int, int], ...] = ()  # (height, width); none: each model's own
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int | None = None  # None: one for each core that is left to the bench child
    weights: str | None = None  # a torchvision weights entry or a local checkpoint; None: random
    arch: str | None = None  # the model whose weights the .pt files among the models are
    inputs: tuple[ModelInput, ...] = ()  # of models that are fed something else than images of their own size
    k: int | None = None  # passes after the first; with neither k nor until: 10
    until: float | None = None  # relative half width of the median's 95 % interval: 0.01 is 1 %
    max_time: float = 60.0  # measuring a case stops here
    case_timeout: float | None = None  # a stage longer than this is killed; None: 10 x max_time, at least 30 s
    warmup: int | Literal["auto"] | None = None  # passes; auto: until flat; None: 0 with k, auto with until
    cooldown: float | None = None  # longest wait before a case; None: 30 s with k, 180 s with until; 0: none
    energy: bool = False  # a block of passes for the power sensor, with idle before and after
    energy_time: float = 10.0  # least length of that block
    idle_time: float = 15.0
    soak: float | None = None  # passes back to back, after all else, until the board has settled or this is over
    force: bool = False  # run what the memory pre-flight would refuse
    end_to_end: bool = False  # time reading and preparing images as well, each part apart
    images: str | None = None  # folder of them; None: made for the purpose
    data: str | None = None  # images to tell the accuracy by: a folder of folders, a CSV, torchvision:NAME
    labels: str | None = None  # what their classes are: a file, or "sorted"; None: as their names say
    data_limit: int | None = None  # images at most, drawn with the seed; None: all
    rounds: int = 1
    seed: int | None = None
    why: bool = False  # calibrate and profile after the timed passes, and say why each is as fast as it is
    trials: int = 0  # rounds of A/B trials that test it
    onednn: bool = True  # false: do without, as on a torch that is built without it
    fresh: bool = False  # a new interpreter for every case instead of a fork
    expect: tuple[str, ...] = ()  # what the user expects, scored afterwards (domain/expectation.py)
    boards: tuple[PlanBoard, ...] = ()  # on which it is carried out; none: as the command line says

    def protocol(self) -> Protocol:
        k = 10 if self.k is None and self.until is None else self.k
        return Protocol(
            k=k,
            until=self.until,
            max_time_s=self.max_time,
            case_timeout_s=self.case_timeout or max(30.0, 10 * self.max_time),
            warmup=self._warmup(),
            cooldown_s=self.cooldown if self.cooldown is not None else (180.0 if self.until is not None else 30.0),
            energy=self.energy,
            energy_s=self.energy_time,
            idle_s=self.idle_time,
            soak_s=self.soak,
            force=self.force,
            end_to_end=self.end_to_end,
            images=self.images,
            data=self.data,
            labels=self.labels,
            data_limit=self.data_limit,
            rounds=self.rounds,
            seed=self.seed or 0,
            fresh=self.fresh,
            why=self.why,
            trials=self.trials,
            onednn=self.onednn,
        )

    def _warmup(self) -> int | None:
        if self.warmup is None:
            return None if self.until is not None else 0
        return None if self.warmup == "auto" else self.warmup

    def cases(self) -> tuple[Case, ...]:
        """Every case, in the order of the plan. The device stays "auto" until the board answered."""
        points = itertools.product(self.models, self.variants, self.sizes or (None,), self.batches)
        return tuple(
            Case(
                id=index,
                model=self._named(model),
                variant=variant,
                device=self.device,
                batch=batch,
                size=size,
                threads=self.threads or 0,
                weights=model if self._is_weights(model) else self.weights,
            )
            for index, (model, variant, size, batch) in enumerate(points)
        )

    def _is_weights(self, model: str) -> bool:
        return self.arch is not None and model.endswith(CHECKPOINTS)

    def _named(self, model: str) -> str:
        """With its inputs in brackets, as the board side reads them. Raises ValueError."""
        taken = tuple(one for one in self.inputs if one.model in (None, model))
        name = self.arch if self.arch is not None and self._is_weights(model) else model
        return f"{name}[{inputs.brackets(taken)}]" if taken else name


def check(plan: Plan) -> Plan:
    """Refuse values that no run could mean. Returns the plan, raises PlanError."""
    rules = (
        (bool(plan.models), "no model is named"),
        (bool(plan.batches), "no batch is named"),
        (all(1 <= b <= 65_536 for b in plan.batches), "a batch is a whole number from 1 to 65536"),
        (all(min(s) >= 1 and max(s) <= 8192 for s in plan.sizes), "an input size is 1 to 8192 pixels"),
        (bool(plan.variants), "no variant is named"),
        (plan.threads is None or 1 <= plan.threads <= 1024, "threads is a whole number from 1 to 1024"),
        (plan.k is None or 1 <= plan.k <= 10_000_000, "k is a whole number from 1 to 10000000"),
        (plan.until is None or 0 < plan.until < 1, "until lies between 0 % and 100 %"),
        (plan.k is None or plan.until is None, "k and until exclude each other"),
        (plan.max_time > 0 and plan.max_time <= 86_400, "max-time lies between 0 and 24 hours"),
        (plan.case_timeout is None or plan.case_timeout > 0, "case-timeout is longer than 0"),
        (
            not isinstance(plan.warmup, int) or 0 <= plan.warmup <= 100_000,
            "warmup is auto or a whole number from 0 to 100000",
        ),
        (plan.cooldown is None or 0 <= plan.cooldown <= 3600, "cooldown lies between 0 and 1 hour"),
        (0 < plan.energy_time <= 86_400, "energy-time lies between 0 and 24 hours"),
        (0 < plan.idle_time <= 3600, "idle-time lies between 0 and 1 hour"),
        (plan.soak is None or 0 < plan.soak <= 3600, "soak lies between 0 and 1 hour"),
        (plan.images is None or plan.end_to_end, "images are read only with end-to-end"),
        (plan.labels is None or plan.data is not None, "labels are of images that data names"),
        (plan.data_limit is None or plan.data is not None, "data-limit is of images that data names"),
        (plan.data_limit is None or 1 <= plan.data_limit <= 100_000, "data-limit is a whole number from 1 to 100000"),
        (0 <= plan.trials <= 100, "trials is a whole number from 0 to 100"),
        (1 <= plan.rounds <= 1000, "rounds is a whole number from 1 to 1000"),
    )
    for holds, text in rules:
        if not holds:
            raise PlanError(text)
    for variant in plan.variants:
        why = variants.refusal(variant)
        if why is not None:
            raise PlanError(why)
    _check_expectations(plan.expect)
    _check_inputs(plan)
    try:
        plan_boards.check(plan.boards)
    except ValueError as error:
        raise PlanError(f"boards: {error}") from error
    size = len(plan.models) * len(plan.variants) * len(plan.batches) * max(1, len(plan.sizes))
    if size > MAX_CASES:
        raise PlanError(f"the plan has {size} cases; at most {MAX_CASES} make sense in one session")
    return plan


def _check_inputs(plan: Plan) -> None:
    if plan.arch is not None and plan.weights is not None:
        raise PlanError("arch and weights exclude each other: with arch the models are the weights")
    for one in plan.inputs:
        if one.model is not None and one.model not in plan.models:
            raise PlanError(f"inputs: no model {one.model!r} in the plan")
    fed = [model for model in plan.models if any(one.model in (None, model) for one in plan.inputs)]
    try:
        for model in plan.models:
            plan._named(model)
    except ValueError as error:
        raise PlanError(f"inputs: {error}") from error
    for model in fed:
        if inputs.given(model):
            raise PlanError(f"inputs: {model} says its own in brackets")
    if fed and plan.sizes:
        raise PlanError(f"sizes are of images: {fed[0]} has inputs of its own")


def _check_expectations(expect: tuple[str, ...]) -> None:
    if len(expect) > expectation.MOST:
        raise PlanError(f"at most {expectation.MOST} expectations")
    try:
        for text in expect:
            expectation.parse(text)
    except ValueError as error:
        raise PlanError(f"expect: {error}") from error


def load(path: Path) -> Plan:
    """Read a TOML plan. Raises PlanError with file, and line and column where TOML gives them."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PLAN_BYTES + 1)
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror or error}") from error
    if len(data) > MAX_PLAN_BYTES:
        raise PlanError(f"{path}: larger than 1 MiB, this is no plan")
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"{path}: not valid TOML: {error}") from error
    return _convert(path, table, data.decode("utf-8"))


def _convert(path: Path, table: dict[str, Any], text: str) -> Plan:
    from jetbench.domain import plan_wrong  # for a plan that is right nothing of it is needed

    known = Plan.__struct_fields__
    for key in table:
        if key not in known:
            import difflib  # takes milliseconds, and who writes no wrong key does without

            near = difflib.get_close_matches(key, known, 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(known)}"
            raise PlanError(f"{path}: {plan_wrong.placed(text, (key,), 'unknown key' + hint)}")
    try:
        converted = {key: _converted(key, value, text) for key, value in table.items()}
    except PlanError as error:
        raise PlanError(f"{path}: {error}") from error
    try:
        return check(msgspec.convert(converted, Plan))
    except msgspec.ValidationError as error:
        raise PlanError(f"{path}: {plan_wrong.misfit(error, Plan, text)}") from error
    except PlanError as error:
        raise PlanError(f"{path}: {plan_wrong.rule(str(error), table, text)}") from error


def _converted(key: str, value: Any, text: str) -> Any:
    """What is written as text: 15m, 1%, 240x320. Raises PlanError."""
    from jetbench.domain import plan_wrong

    try:
        if key in DURATIONS and isinstance(value, str):
            return parse_duration(value, zero=key == "cooldown")
        if key == "until" and isinstance(value, str):
            return parse_percent(value)
        if key == "sizes" and isinstance(value, list):
            return [parse_size(str(size)) for size in value]
        if key == "boards" and isinstance(value, list):
            return [{"host": board} if isinstance(board, str) else board for board in value]
    except PlanError as error:
        raise PlanError(plan_wrong.placed(text, (key,), str(error))) from error
    return value


def parse_warmup(text: str) -> int | Literal["auto"]:
    """``auto`` or a number of passes."""
    if text == "auto":
        return "auto"
    try:
        return int(text)
    except ValueError:
        raise PlanError(f"{text!r} is no warm-up; write auto or a number of passes") from None


def parse_duration(text: str, zero: bool = False) -> float:
    """``90``, ``90s``, ``15m``, ``1h`` in seconds; more than 0 unless ``zero`` is allowed."""
    unit = {"s": 1, "m": 60, "h": 3600}.get(text[-1:].lower())
    try:
        value = float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        value = -1.0
    if not (0 < value < float("inf") or (zero and value == 0)):
        raise PlanError(f"{text!r} is no duration; write 90s, 15m or 1h")
    return value


def parse_percent(text: str) -> float:
    """``1%`` or ``0.01`` as a fraction."""
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise PlanError(f"{text!r} is no share; write 1% or 0.01")
    return value


def parse_size(text: str) -> tuple[int, int]:
    """``224`` or ``320x240`` (height x width)."""
    parts = text.lower().split("x")
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        numbers *= 2
    if len(numbers) != 2 or min(numbers) < 1:
        raise PlanError(f"{text!r} is no input size; write 224 or 240x320 (height x width)")
    return numbers[0], numbers[1]


def parse_counts(text: str, what: str) -> tuple[int, ...]:
    """``1,2,4`` as whole numbers above 0."""
    try:
        values = tuple(int(part) for part in text.split(","))
    except ValueError:
        values = ()
    if not values or min(values) < 1:
        raise PlanError(f"{text!r} is no {what}; write whole numbers above 0, such as 1,2,4")
    return values
