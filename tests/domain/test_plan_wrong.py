"""A plan file that is wrong: one line with the line's number, the key, and what belongs there."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetbench.domain import plan


@pytest.mark.parametrize(
    "text, said",
    [
        ('k = "ten"', "line 2: k: a whole number belongs here, not text"),
        ("\nbatches = [\n  1,\n  'x',\n]", "line 3: batches 2: a whole number belongs here, not text"),
        ('device = "gpu"', "line 2: device: no 'gpu'; there are: auto, cpu, cuda"),
        ("sizes = 224", "line 2: sizes: a list, [...] belongs here, not a number"),
        ('\nsoak = "long"', "line 3: soak: 'long' is no duration; write 90s, 15m or 1h"),
        ("# until =\nuntil = 5", "line 3: until lies between 0 % and 100 %"),
        ('variants = ["fp7"]', "line 2: unknown variant 'fp7'; there are: "),
        ("kk = 3", "line 2: kk: unknown key; did you mean 'k'?"),
        ('[[inputs]]\nshape = ["N"]\n[[inputs]]\nshape = "N"', "line 5: inputs 2, shape: a list, [...] belongs here"),
        ('[[inputs]]\nname = "a"', "line 2: inputs 1: 'shape' is missing"),
        ('inputs = [\n  { shape = ["N"], hihg = 3 },\n]', "line 2: inputs 1, hihg: unknown key"),
    ],
)
def test_it_is_said_where_and_what_belongs_there(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(f'models = ["resnet18"]\n{text}\n')
    with pytest.raises(plan.PlanError) as caught:
        plan.load(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)
