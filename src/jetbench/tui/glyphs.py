"""Three sets of signs: braille where the terminal can, blocks, and plain ASCII."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import msgspec


class Glyphs(msgspec.Struct, frozen=True):
    name: str
    braille: bool
    levels: str  # bar heights, from empty to full
    frame: str  # corners clockwise from top left, then horizontal and vertical
    tick: str  # of a vertical axis
    axis: str  # of a horizontal axis
    limit: str  # dashes of a threshold
    mark: str  # a vertical line through a chart
    full: str  # gauge: what is there
    rest: str  # gauge: what is not
    more: str  # text was cut
    dot: str  # between words
    cursor: str
    picked: str
    unpicked: str
    live: str
    done: str
    running: str
    queued: str
    failed: str
    refused: str
    skipped: str
    stopped: str
    warn: str
    dash: str  # between two numbers of a range
    plus_minus: str
    degree: str

    def spell(self, text: str) -> str:
        """Text that was made elsewhere, with the signs this set has. Not for names: it may become longer."""
        if self.plus_minus != "±":
            text = text.replace("±", self.plus_minus)
        return text.replace("°", "") if not self.degree else text

    def state(self, status: str) -> str:
        """A shape of its own for each state of a case: where there is no room for the word it is all that tells."""
        known = {
            "measured": self.done,
            "running": self.running,
            "queued": self.queued,
            "skipped": self.skipped,
            "refused": self.refused,
            "interrupted": self.stopped,
        }
        return known.get(status, self.failed)


BRAILLE = Glyphs(
    name="braille", braille=True, levels=" ▁▂▃▄▅▆▇█", frame="╭╮╯╰─│", tick="┤", axis="─", limit="╌", mark="┊",
    full="━", rest="─", more="…", dot="·", cursor="▸", picked="■", unpicked="□", live="●",
    done="✓", running="▶", queued="·", failed="✗", refused="⊘", skipped="»", stopped="■", warn="!",
    dash="\u2013", plus_minus="±", degree="°",
)  # fmt: skip

BLOCK = Glyphs(
    name="block", braille=False, levels=" ▁▂▃▄▅▆▇█", frame="┌┐┘└─│", tick="┤", axis="─", limit="-", mark=":",
    full="█", rest="░", more="…", dot="·", cursor="►", picked="■", unpicked="□", live="●",
    done="√", running="►", queued="·", failed="x", refused="Ø", skipped="»", stopped="■", warn="!",
    dash="-", plus_minus="±", degree="°",
)  # fmt: skip

ASCII = Glyphs(
    name="ascii", braille=False, levels=" .:|#", frame="++++-|", tick="+", axis="-", limit="-", mark=":",
    full="=", rest="-", more="~", dot="-", cursor=">", picked="*", unpicked=".", live="*",
    done="+", running=">", queued=".", failed="x", refused="%", skipped="/", stopped="#", warn="!",
    dash="-", plus_minus="+-", degree="",
)  # fmt: skip

SETS = {"braille": BRAILLE, "block": BLOCK, "ascii": ASCII}


def choose(option: str = "auto", env: Mapping[str, str] | None = None, encoding: str | None = None) -> Glyphs:
    """The set an option names, or the best that terminal and locale can show. Textual draws to stderr."""
    if option in SETS:
        return SETS[option]
    env = os.environ if env is None else env
    if encoding is None:
        stream = sys.__stderr__
        encoding = (stream.encoding if stream is not None else None) or "utf-8"
    term = env.get("TERM", "")
    locale = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    if locale in ("C", "POSIX"):  # Python writes UTF-8 all the same
        return ASCII
    if encoding.lower().replace("-", "") not in ("utf8", "cp65001") or term == "linux" or term.startswith("vt"):
        return ASCII
    return BLOCK if term == "screen" else BRAILLE
