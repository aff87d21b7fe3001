"""Themes: ours are sound, a broken one is named and does no harm."""

from __future__ import annotations

import math
from itertools import combinations
from pathlib import Path

import fakes
import pytest
from driving import drive, settle, toasts
from rich.color import Color

from jetbench.tui import theme as themes
from jetbench.tui.palette import Palette

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


def test_a_theme_is_worn_while_it_is_edited_and_a_broken_one_changes_nothing(tmp_path: Path, monkeypatch):
    file = tmp_path / "mine.toml"
    file.write_text(GOOD)
    monkeypatch.setattr(themes, "user_folder", lambda: tmp_path)

    async def script(app, pilot):
        assert app.palette.grounds["ground"] == "#000000"
        file.write_text(GOOD.replace("black", "#303030") + "# longer\n")
        app._look_for_themes()
        await pilot.pause()
        assert app.palette.grounds["ground"] == "#303030"
        file.write_text("name = [ broken")
        app._look_for_themes()
        app._look_for_themes()
        await pilot.pause()
        assert app.palette.grounds["ground"] == "#303030" and toasts(app).count("mine.toml") == 1
        file.unlink()
        app._look_for_themes()
        assert app.theme == "mine"

    drive(fakes.ScriptedSession(*fakes.idle()), script, theme="mine")


def luminance(colour: str) -> float:
    parts = [c / 255 for c in Color.parse(colour).triplet]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


# Words are drawn in these; faint ones stand beside others that say the same, the frame is no text.
TEXT = (
    "text",
    "muted",
    "key",
    "accent",
    "good",
    "warn",
    "bad",
    "running",
    "p50",
    "p95",
    "p99",
    "power",
    "temperature",
    "limit",
)


@pytest.mark.parametrize("name", sorted(NAMES - {"ansi"}))
def test_text_can_be_read(name: str):
    """WCAG 2.2, 1.4.3 and 1.4.6; faint as incidental text, 1.4.11."""
    palette = Palette(themes.load_all([themes.shipped_folder()]).found[name])
    wanted = 7.0 if name == "high-contrast" else 4.5
    low = {
        f"{role} on {ground}": round(contrast(palette.roles[role], palette.grounds[ground]), 2)
        for role in TEXT
        for ground in ("ground", "bar", "cursor")
        if contrast(palette.roles[role], palette.grounds[ground]) < wanted
    }
    low |= {
        f"faint on {g}": round(contrast(palette.roles["faint"], palette.grounds[g]), 2)
        for g in ("ground", "bar")
        if contrast(palette.roles["faint"], palette.grounds[g]) < (7.0 if name == "high-contrast" else 3.0)
    }
    assert not low


# Linear RGB, the whole loss: Machado, Oliveira and Fernandes 2009, table 1.
SEEN = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}


def lab(colour: str, seen: str) -> tuple[float, float, float]:
    parts = [c / 255 for c in Color.parse(colour).triplet]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    r, g, b = (min(1.0, max(0.0, sum(m * c for m, c in zip(row, linear, strict=True)))) for row in SEEN[seen])
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


@pytest.mark.parametrize("seen", sorted(SEEN))
@pytest.mark.parametrize(
    "group", [("good", "warn", "bad"), ("p50", "p95", "p99"), ("power", "temperature"), ("bars", "p50", "p95", "p99")]
)
def test_the_colour_blind_theme_is_told_apart(group: tuple[str, ...], seen: str):
    """CIE 1976 colour difference; 20 is far more than the 2.3 that can just be noticed."""
    palette = Palette(themes.load_all([themes.shipped_folder()]).found["colour-blind"])
    far = {
        (a, b): round(math.dist(lab(palette.roles[a], seen), lab(palette.roles[b], seen)), 1)
        for a, b in combinations(group, 2)
    }
    assert min(far.values()) >= 20, far
