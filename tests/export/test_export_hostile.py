"""Whatever a recording holds that can be read: every format is written, or it is refused in one line. No traceback."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import goldens
from hypothesis import given, settings
from hypothesis import strategies as st

from jetbench.cli.export import FORMATS
from jetbench.domain.text import printable
from jetbench.export.files import ExportError
from jetbench.recording.format import RecordingError
from jetbench.session.load import load

LINES = [json.loads(line) for line in goldens.SESSION.read_text().splitlines()]
_NUMBERS = st.sampled_from((0, 1, -1, 2**31, 2**53 + 1, 2**61, 2**62 - 1, 10**9, 10**18)) | st.integers(0, 2**62)
_FLOATS = st.sampled_from((0.0, 1e-15, 1e15, 1e300, -1.0))
_TEXTS = st.sampled_from(
    ("", "\x00", "=1", "|", '"', "</script>", "\ud83d\ude00", "N/A", "x" * 5000, "\u202e", "\n")
) | st.text(max_size=9)


@given(st.data())
@settings(max_examples=30)
def test_a_recording_with_anything_in_it(data):
    events = json.loads(json.dumps(LINES))
    for _ in range(data.draw(st.integers(1, 12))):
        change(data, data.draw(st.sampled_from(events)))
    if data.draw(st.booleans()):
        del events[data.draw(st.integers(1, len(events) - 1)) :]
    folder = Path(tempfile.mkdtemp(prefix="jetbench-test-"))
    try:
        every_format(folder, events)
    finally:
        shutil.rmtree(folder)


def change(data: st.DataObject, event: dict) -> None:
    """One value, somewhere inside, becomes another of its kind, or null."""
    place, key = event, data.draw(st.sampled_from([key for key in event if key != "k"]))
    while isinstance(place[key], dict | list) and place[key]:
        place = place[key]
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    value = place[key]
    kinds = {bool: st.booleans(), int: _NUMBERS, float: _FLOATS, str: _TEXTS}
    place[key] = data.draw(kinds.get(type(value), st.none()) | st.none())


def every_format(folder: Path, events: list[dict]) -> None:
    recording = folder / "a.jsonl"
    recording.write_text("".join(json.dumps(event) + "\n" for event in events))
    try:
        state, _ = load(recording)
    except RecordingError:
        return
    for form, (write, suffix) in FORMATS.items():
        target = folder / f"out{suffix}"
        try:
            assert all(path.is_file() for path in write(target, state, recording))
        except ExportError as error:
            assert str(error) == printable(error)
        left = [path.name for path in folder.rglob("*") if path.name.endswith(".part")]
        assert not left, form
