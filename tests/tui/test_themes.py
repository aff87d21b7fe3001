"""Themes: ours are sound, a broken one is named and does no harm."""

from __future__ import annotations

from pathlib import Path

import fakes
import pytest
from driving import drive, settle, toasts
from rich.color import Color

from jetbench.tui import theme as themes

NAMES = {"jetbench-dark", "jetbench-light", "high-contrast", "colour-blind", "ansi"}
GOOD = 'name = "mine"\n[colors]\nprimary = "#5f87af"\nforeground = "#ffffff"\nbackground = "black"\n'


def test_the_shipped_ones_are_all_there():
    found = themes.load_all([themes.shipped_folder()])
    assert set(found.found) == NAMES and not found.problems


def test_shipped_colours_look_the_same_in_256_colours():
    """Over SSH most terminals are told of 256: each colour is one of them, or one of the sixteen."""
    cube = {0, 95, 135, 175, 215, 255}
    greys = {8 + 10 * i for i in range(24)}
    for name, theme in themes.load_all([themes.shipped_folder()]).found.items():
        used = [
            theme.primary,
            theme.background,
            theme.foreground,
            theme.success,
            theme.warning,
            theme.error,
            theme.accent,
        ]
        used += [value for key, value in theme.variables.items() if key.startswith("jb-")]
        for colour in used:
            if colour.startswith("ansi_"):
                continue
            r, g, b = Color.parse(colour).triplet
            assert {r, g, b} <= cube or (r == g == b and r in greys), f"{name}: {colour}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('name = "no spaces"\n', "name"),
        ('name = "../up"\n', "name"),
        ("name = 3\n", "name"),
        (GOOD.replace("#5f87af", "nope"), "primary is no colour"),
        (GOOD.replace('"#5f87af"', "7"), "primary is no colour"),
        (GOOD + '[chart]\np50 = "\\u001b[31m"\n', "p50 is no colour"),
        (GOOD + 'glow = "red"\n', "unknown key"),
        (GOOD.replace('foreground = "#ffffff"\n', ""), "lacks foreground"),
        ('dark = "yes"\n' + GOOD, "dark is true or false"),
        ("colors = 3\n" + 'name = "mine"\n', "is a table"),
        ("name = [", "not valid TOML"),
        ("#" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_broken_one_is_refused_with_one_line(tmp_path: Path, text: str, says: str):
    file = tmp_path / "broken.toml"
    file.write_text(text)
    found = themes.load_all([tmp_path])
    assert set(found.found) == {themes.DEFAULT}
    assert len(found.problems) == 1 and "broken.toml" in found.problems[0] and says in found.problems[0]
    assert "\x1b" not in found.problems[0] and "\n" not in found.problems[0]


def test_a_theme_of_the_user_comes_last_and_wins(tmp_path: Path):
    (tmp_path / "mine.toml").write_text(GOOD)
    (tmp_path / "over.toml").write_text(GOOD.replace("mine", themes.DEFAULT))
    found = themes.load_all([themes.shipped_folder(), tmp_path])
    assert "mine" in found.found and found.found[themes.DEFAULT].background == "black"


def test_the_app_says_which_file_is_broken_and_goes_on(tmp_path: Path, monkeypatch):
    (tmp_path / "bad.toml").write_text(GOOD.replace("#5f87af", "nope"))
    monkeypatch.setattr(themes, "user_folder", lambda: tmp_path)

    async def script(app, pilot):
        assert "bad.toml" in toasts(app) and app.theme == themes.DEFAULT

    drive(fakes.ScriptedSession(*fakes.idle()), script)


def test_an_unknown_theme_falls_back():
    async def script(app, pilot):
        assert "nosuch" in toasts(app) and app.theme == themes.DEFAULT

    drive(fakes.ScriptedSession(*fakes.idle()), script, theme="nosuch")


@pytest.mark.parametrize("name", [*sorted(NAMES), "textual-dark", "dracula", "ansi-light"])
def test_every_theme_draws(name: str):
    async def script(app, pilot):
        await settle(app, pilot)
        assert app.theme == name
        for canvas in (app.bench.models, app.bench.latency, app.bench.power):
            assert all(
                s.style is not None and s.style.color and s.style.bgcolor for strip in canvas.strips for s in strip
            )

    drive(fakes.ScriptedSession(*fakes.idle()), script, theme=name)
