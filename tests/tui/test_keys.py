"""Keys: the user's own, the palette, help for the pane, copying, mouse and no colour."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import fakes
import pytest
from driving import drive, pane, text, toasts
from hypothesis import given
from hypothesis import strategies as st

from jetbench.domain.plan import Plan
from jetbench.tui import bindings, config, copying, keymap
from jetbench.tui.config import Config
from jetbench.tui.screens.commands import CommandScreen, commands, matching
from jetbench.tui.screens.help import HelpScreen
from jetbench.tui.widgets.bars import fitting

COLOUR = re.compile(rb"\x1b\[[0-9;]*?\b(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


def session() -> fakes.ScriptedSession:
    return fakes.ScriptedSession(*fakes.idle())


def test_no_binding_is_on_a_key_that_tmux_screen_or_the_terminal_take():
    used = {key for keys in keymap.defaults().values() for key in keys}
    assert used & set(keymap.TAKEN) == {"ctrl+z"}, "which does here what it does everywhere"
    assert {key for key in used if "ctrl" in key} == {"ctrl+l", "ctrl+p", "ctrl+z"}
    assert keymap.resolve({}).problems == ()


def test_help_and_the_commands_are_in_the_key_bar_at_80_cells():
    for mode in ("live", "frozen", "replay"):
        assert {"help", "commands", "quit"} <= {key.id for key in fitting(78, mode)}


@pytest.mark.parametrize(
    ("wanted", "changed", "says"),
    [
        ({"start": "f5"}, {"start": "f5"}, ""),
        ({"start": "x", "stop": "s"}, {"start": "x", "stop": "s"}, ""),
        ({"help": "?, F"}, {"help": "question_mark,F"}, ""),
        ({"start": "q", "stop": "X"}, {"stop": "X"}, "start cannot be q: that is quit"),
        ({"start": "f5", "stop": "f5"}, {"start": "f5"}, "stop cannot be f5: that is start"),
        ({"start": "q", "stop": "s"}, {}, "stop cannot be s: that is start"),
        ({"launch": "f5"}, {}, "no action is called 'launch'"),
        ({"start": "ctrl+b"}, {}, "start cannot be ctrl+b: tmux takes it"),
        ({"start": "ctrl+s"}, {}, "flow control"),
        ({"start": "up"}, {}, "lists and fields use it"),
        ({"start": "nokey"}, {}, "no key is called 'nokey'"),
        ({"start": ""}, {}, "no key is called ''"),
    ],
)
def test_what_can_be_had_of_the_users_keys(wanted, changed, says):
    found = keymap.resolve(wanted)
    assert found.changed == changed
    assert any(says in problem for problem in found.problems) if says else not found.problems


@given(st.dictionaries(st.sampled_from(sorted(keymap.defaults())) | st.text(max_size=8), st.text(max_size=12)))
def test_whatever_is_wanted_no_key_means_two_things(wanted):
    found = keymap.resolve(wanted)
    used = [
        key
        for keys in (keymap.defaults() | {a: tuple(k.split(",")) for a, k in found.changed.items()}).values()
        for key in keys
    ]
    assert len(used) == len(set(used)) and set(used) & set(keymap.TAKEN) <= {"ctrl+z"}


def test_changed_keys_work_and_stand_in_bar_and_help():
    started = session()

    async def script(app, pilot):
        bar = app.bench.keys.strips[0].text
        assert "f5 start" in bar and " s start" not in bar
        await pilot.press("s")
        assert started.plans == []
        await pilot.press("f5")
        assert len(started.plans) == 1
        assert "tmux takes it" in toasts(app) and "no action is called" in toasts(app)

    wanted = Config(keys={"start": "f5", "stop": "ctrl+b", "nothing": "v"})
    drive(started, script, config=wanted, size=(120, 40))


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("theme = [", "not valid TOML"),
        ("theme = 3", "theme is a name"),
        ('glyphs = "emoji"', "glyphs is one of"),
        ("fps = 1000", "fps is a number"),
        ('colour = "red"', "nothing is called 'colour'"),
        ("[keys]\nstart = 3", "start is a text"),
        ("#" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_broken_config_is_told_in_a_line_and_the_rest_is_used(tmp_path: Path, written: str, says: str):
    file = tmp_path / "config.toml"
    file.write_text(f"{written}\n")
    (problem,) = config.read(file).problems
    assert says in problem and "\n" not in problem
    file.write_text('theme = "ansi"\nmouse = false\nfps = 4\n')
    assert config.read(file) == Config(theme="ansi", mouse=False, fps=4)
    assert config.read(tmp_path / "none.toml") == Config()


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 16)])
def test_the_palette_runs_what_is_typed(size):
    async def script(app, pilot):
        await pilot.press("colon", *"high-con")
        assert isinstance(app.screen, CommandScreen) and "theme high-contrast" in text(app)
        await pilot.press("enter")
        await pilot.pause()
        assert app.theme == "high-contrast" and app.screen is app.bench
        await pilot.press("ctrl+p", *"alexnet", "enter")
        await pilot.pause()
        assert "alexnet" in app.draft.picked
        await pilot.press("colon", *"nothing at all")
        assert "no action has these words" in text(app)
        await pilot.press("enter", "escape")
        assert app.screen is app.bench

    drive(session(), script, size=size)


def test_the_palette_has_every_action_and_finds_the_likely_one_first():
    async def script(app, pilot):
        found = commands(app.keys, app.own_themes, app.live, app.draft)
        assert {each.label for each in found} >= {key.label for key in bindings.KEYS if key.id != "commands"}
        assert matching(found, "freeze")[0].label == "freeze"
        assert matching(found, "resnet18")[0].label == "drop resnet18"

    drive(session(), script)


def test_help_begins_with_the_pane_that_has_the_focus():
    async def script(app, pilot):
        await pilot.press("3", "question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        shown = [line.strip() for line in text(app).splitlines() if line.strip()]
        assert shown[0].startswith("Latency") and "too few passes to tell it" in text(app)
        await pilot.press("question_mark")
        assert app.screen is app.bench

    drive(session(), script, size=(80, 24))


def test_copying_reaches_the_terminal_and_a_file(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(copying, "default_folder", lambda: tmp_path)
    monkeypatch.delenv("TMUX", raising=False)
    written: list[str] = []

    async def script(app, pilot):
        monkeypatch.setattr(app._driver, "write", written.append)
        for name, words in (("1", "resnet18"), ("2", "Log"), ("3", "mobilenet_v2"), ("4", "Power")):
            before = pane(app, {"1": "models", "2": "log", "3": "latency", "4": "power"}[name])
            await pilot.press(name, "c")
            (sent,) = [each for each in written if each.startswith("\x1b]52;c;")]
            told = base64.b64decode(sent[7:-1]).decode()
            assert words in told and "Orin" in told.splitlines()[0] and "\x1b" not in told
            assert (
                before.splitlines()[5:-3]
                == pane(app, {"1": "models", "2": "log", "3": "latency", "4": "power"}[name]).splitlines()[5:-3]
            )
            written.clear()
        assert "lines to the clipboard" in toasts(app) and "copied-" in toasts(app)

    drive(fakes.ScriptedSession(*fakes.finished(Plan())), script, plan=Plan())
    assert len(list(tmp_path.glob("copied-*.txt"))) == 4


def test_the_clipboard_is_bounded_and_tmux_is_passed_through():
    long = "line of text ±\n" * 10_000
    sent = copying.clipboard(long)
    assert len(sent.encode()) <= copying.MOST_BYTES and sent.endswith("±\n") and long.startswith(sent)
    plain, wrapped = copying.sequences("a", {"TMUX": "/tmp/x"})
    assert wrapped == "\x1bPtmux;\x1b" + plain + "\x1b\\"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setattr(copying, "default_folder", lambda: blocked / "below")

    async def script(app, pilot):
        await pilot.press("c")
        assert "to the clipboard; no file:" in toasts(app)

    drive(session(), script)


def test_the_mouse_focuses_a_pane_scrolls_it_and_runs_the_key_bar():
    started = session()

    async def script(app, pilot):
        await pilot.click("#power")
        assert app.bench.focused_pane().id == "power" and app.bench.power.has_class("shown")
        before = app.bench.models._index(app.bench.models.listed())
        await app.bench.models._wheel(fakes_event(), "down")
        assert app.bench.models._index(app.bench.models.listed()) == before + 1
        begin, _, key = app.bench.keys.spots[0]
        assert key.id == "start"
        await pilot.click("#keys", offset=(begin, 0))
        await pilot.pause()
        assert len(started.plans) == 1

    drive(started, script)


def fakes_event():
    from textual.events import Event

    return Event()


def test_without_colour_only_bold_and_the_like_are_left(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    async def script(app, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        for strip in app.screen._compositor.render_strips():
            assert all(segment.style is None or segment.style.without_color == segment.style for segment in strip)

    drive(session(), script)
