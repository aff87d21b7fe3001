"""Figures somebody else wrote down, as a table: model or parameters, and multiply-adds or FLOPs in some unit.

The file is data: its size is bounded, names in it are looked up and never executed.
"""

from __future__ import annotations

import csv
import io
import math
import re

import msgspec

from jetbench.domain.text import printable

MOST_BYTES = 1 << 20
MOST_ROWS = 10_000
_SCALES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_SCALES |= {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_UNIT = r"macs?|madds?|multadds?|multiplyadds?|flops?"
_LAST = r"(k|m|g|b|t|thousand|million|billion|trillion|)s?"
_FIGURE = re.compile(rf"([kmgt]?)({_UNIT}){_LAST}")
_PARAMS = re.compile(rf"(?:no|nr|num|n|numberof|noof|nrof)?([km]?)(?:param|parameter)s?(?:count)?{_LAST}")
_PER_SECOND = re.compile(r"(/|\bper\b|\bp)\s*s(ec|econd)?\b")
_MODEL = ("model", "models", "name", "modelname", "network", "net", "arch", "architecture", "backbone")
_SIZE = ("input", "inputsize", "inputshape", "imagesize", "imgsize", "resolution")  # "size" may be the file's
_CELL = re.compile(rf"([\d.,eE+-]+?)\s*([kmgbt]?)\s*({_UNIT}|params?|parameters?|)", re.IGNORECASE)
MISSING = ("n/a", "na", "nan", "-", "--", "none", "null", "?")


class Figure(msgspec.Struct, frozen=True):
    """One cell. ``raw`` as it stands there; ``half`` is half of a unit of its last digit."""

    column: str  # as it is headed
    kind: str  # "macs" or "flops"
    raw: str
    scale: int
    number: float | None  # in ``scale``; None: the cell is no number
    half: float

    @property
    def value(self) -> float | None:
        return None if self.number is None else self.number * self.scale

    @property
    def missing(self) -> bool:
        """Whether it says itself that there is none."""
        return self.number is None and self.raw.lower() in MISSING


class Claim(msgspec.Struct, frozen=True):
    """A row. Every row that is not blank becomes one."""

    line: int
    model: str | None
    params: int | None
    params_half: int  # it was rounded to this much, either way
    params_raw: str  # as it stands there; empty: nothing does
    size: tuple[int, int] | None  # height and width of the input, where a column says
    batch: int  # items the figures are for
    figures: tuple[Figure, ...]


class _Columns(msgspec.Struct, frozen=True):
    model: int | None = None
    params: tuple[int, int] | None = None  # place, scale
    size: int | None = None
    batch: int | None = None
    figures: tuple[tuple[int, str, str, int], ...] = ()  # place, heading, kind, scale
    decimal_comma: bool = False


def parse(data: bytes) -> tuple[Claim, ...]:
    """The claims of a CSV file (RFC 4180; semicolons or tabs will do). Raises ValueError, one sentence."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"over {MOST_BYTES >> 20} MiB: not a table of models")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8 text") from error
    if "\0" in text:
        raise ValueError("not a text file")
    table = text.lstrip("\r\n")
    if not table.strip():
        raise ValueError("empty")
    skipped = text.count("\n") - table.count("\n")
    heading = re.split(r"[\r\n]", table, maxsplit=1)[0]
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(table, newline=""), delimiter=delimiter, strict=True)
    found: list[Claim] = []
    try:
        columns = _columns(next(reader), delimiter == ";")
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(found) == MOST_ROWS:
                raise ValueError(f"more than {MOST_ROWS} rows")
            found.append(_claim(reader.line_num + skipped, row, columns))
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num + skipped}: {error}") from error
    if not found:
        raise ValueError("a heading and no row")
    return tuple(found)


def _columns(heading: list[str], decimal_comma: bool) -> _Columns:
    """What the columns are. The first of each kind counts; of figures every one does."""
    places: dict[str, int] = {}
    params: tuple[int, int] | None = None
    figures: list[tuple[int, str, str, int]] = []
    for place, cell in enumerate(heading):
        word = re.sub(r"[^a-z]", "", cell.lower())
        figure, count = _FIGURE.fullmatch(word), _PARAMS.fullmatch(word)
        if word in _MODEL:
            places.setdefault("model", place)
        elif word in _SIZE or word == "batch":
            places.setdefault("batch" if word == "batch" else "size", place)
        elif count and params is None:
            params = place, _SCALES[count[1] or count[2]]
        elif figure and not _PER_SECOND.search(cell.lower()):
            scale = _SCALES[figure[1] or figure[3]]
            figures.append((place, printable(cell.strip(), 40), _kind(figure[2]), scale))
    model = places.get("model")
    if model is None and params is None:
        raise ValueError("no column that says which model: its heading is model or params")
    if not figures and (model is None or params is None):
        raise ValueError("nothing to check: no column is headed macs, flops, gmacs, gflops, mmacs or mflops")
    return _Columns(model, params, places.get("size"), places.get("batch"), tuple(figures), decimal_comma)


def _kind(unit: str) -> str:
    return "flops" if unit.lower().startswith("flop") else "macs"


def _claim(line: int, row: list[str], columns: _Columns) -> Claim:
    def cell(place: int | None) -> str:
        return row[place].strip() if place is not None and place < len(row) else ""

    params, half = None, 0
    raw = cell(columns.params[0]) if columns.params is not None else ""
    if columns.params is not None:
        number, step, scale, _ = _number(raw, columns.params[1], columns.decimal_comma)
        if number is not None and scale == 1 and not number.is_integer():
            scale = 10**6  # there is no part of a parameter: 11.7 is in millions
        if number is not None and number * scale < 2**62:
            params, half = round(number * scale), round(step * scale) if step * scale > 0.5 else 0
    figures = []
    for place, heading, kind, scale in columns.figures:
        said = cell(place)
        if said:
            number, step, scale, own = _number(said, scale, columns.decimal_comma)
            figures.append(Figure(heading, own or kind, printable(said, 40), scale, number, step * scale))
    size, batch = _input(cell(columns.size))
    said = cell(columns.batch)
    if re.fullmatch(r"[1-9]\d{0,5}", said):
        batch = int(said)
    model = printable(cell(columns.model), 200) or None
    return Claim(line, model, params, half, printable(raw, 40), size, batch, tuple(figures))


def _input(raw: str) -> tuple[tuple[int, int] | None, int]:
    """Height and width, and the batch: of ``224``, ``240x320``, ``3x224x224`` or ``8x3x224x224``."""
    numbers = re.split(r"\s*[x\u00d7*,]\s*", raw.lower().strip("()[] "))
    if len(numbers) > 4 or not all(re.fullmatch(r"[1-9]\d{0,4}", number) for number in numbers):
        return None, 1
    found = [int(number) for number in numbers]
    return (found[-2], found[-1]) if len(found) > 1 else (found[0], found[0]), found[0] if len(found) == 4 else 1


def _number(raw: str, scale: int, decimal_comma: bool) -> tuple[float | None, float, int, str | None]:
    """A number, half of a unit of its last digit, its scale, and macs or flops where the cell says so itself.

    Spaces, underscores and commas between thousands are left out, full stops too where commas are decimal.
    """
    word = re.sub(r"(?<=\d)[ _\u00a0\u202f](?=\d{3}(\D|$))", "", raw.lstrip("~\u2248 "))
    cell = _CELL.fullmatch(word)
    number, half = _plain_number(cell[1], decimal_comma) if cell else (None, 0.0)
    if cell is None or number is None:
        return None, 0.0, scale, None
    unit = cell[3].lower()
    own = None if not unit or unit.startswith("param") else _kind(unit)
    return number, half, _SCALES[cell[2].lower()] if cell[2] else scale, own


def _plain_number(word: str, decimal_comma: bool) -> tuple[float | None, float]:
    if decimal_comma and re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", word):
        word = word.replace(".", "")
    elif re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?", word) and not (decimal_comma and word.count(",") == 1):
        word = word.replace(",", "")
    elif re.fullmatch(r"\d+,\d+", word):
        word = word.replace(",", ".")
    if not re.fullmatch(r"(\d{1,30}(\.\d{0,30})?|\.\d{1,30})(e[+-]?\d{1,2})?", word.lower()):
        return None, 0.0
    mantissa, _, exponent = word.lower().partition("e")
    digits = len(mantissa.partition(".")[2])
    number = float(word)
    return (number, 0.5 * 10.0 ** (int(exponent or 0) - digits)) if math.isfinite(number) else (None, 0.0)
