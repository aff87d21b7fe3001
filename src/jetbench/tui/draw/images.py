"""What a case made of the user's images: how often it is right, and what a batch of them takes."""

from __future__ import annotations

from jetbench.domain.results import DataResult, Share
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.labelled import Group, line, need, nice
from jetbench.tui.row import Row
from jetbench.tui.text import ms


def draw(found: DataResult | None, room: Room) -> list[Row]:
    if found is None:
        return []
    if found.top1 is None:
        rows = line("images", room, need(("accuracy N/A", "warn")), need((found.reason or "not judged", "muted")))
    else:
        of = need((f"of {found.top1.of} images", "muted"), (f" of {found.source}", "muted"))
        rows = line("images", room, _share("top-1", found.top1), _share("top-5", found.top5), of)
        rows += line("", room, nice((found.labels or "", "muted")))
    if found.prepared:
        rows += line("", room, need((f"prepared: {found.prepared}", "muted")))
    left = [(found.left_out, "without a class of the model"), (found.unread, "cannot be decoded")]
    notes = (*found.notes, *(f"{count} images {what}" for count, what in left if count))
    for note in notes:
        rows += line("", room, need((note, "warn")))
    return rows + _times(found, room)


def _share(name: str, share: Share | None) -> Group:
    if share is None:
        return nice((f"{name} ", "muted"), ("N/A: 5 outputs or fewer", "muted"))
    low, high = share.ci95
    text = f"{100 * share.value:.1f} %"
    return need((f"{name} ", "muted"), (text, "strong"), (f" [{100 * low:.1f}, {100 * high:.1f}]", "text"))


def _times(found: DataResult, room: Room) -> list[Row]:
    each = [
        (summary.p50, words)
        for summary, words in (
            (found.alone, "the pass"),
            (found.with_transfer, "with transfer"),
            (found.end_to_end, "end to end"),
        )
        if summary is not None
    ]
    groups = [need((f"{ms(seconds)} ms", "text"), (f" {words}", "muted")) for seconds, words in each]
    if found.ratio is not None:
        edges = f" [{found.ratio_ci95[0]:.3f}, {found.ratio_ci95[1]:.3f}]" if found.ratio_ci95 else ""
        groups.append(need((f"{found.ratio:.3f}{edges}", "text"), (" times as long as random numbers", "muted")))
    return line("real", room, *groups) if groups else []
