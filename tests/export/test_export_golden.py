"""CSV and JSON as they have been. The other formats have theirs beside their own tests."""

from __future__ import annotations

import goldens

from jetbench.export import csv, json


def test_csv(tmp_path):
    for path in csv.write_folder(tmp_path / "out", goldens.session(), goldens.SESSION):
        goldens.check(path.name, path.read_bytes())


def test_json(tmp_path):
    json.write(tmp_path / "a.json", goldens.session())
    goldens.check("session.json", (tmp_path / "a.json").read_bytes())
