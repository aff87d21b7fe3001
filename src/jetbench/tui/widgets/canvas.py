"""The base of every pane: draws rows, keeps Strips, and refreshes one changed span a line.

Textual's own widgets cost 3 to 90 times the bytes for the same change.
"""

from __future__ import annotations

from typing import Protocol, cast

from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from jetbench.session.snapshot import Snapshot
from jetbench.tui.draw.frame import Room, boxed
from jetbench.tui.glyphs import Glyphs
from jetbench.tui.palette import Palette
from jetbench.tui.row import Row


class Drawing(Protocol):
    """What a canvas asks of the app."""

    palette: Palette
    glyphs: Glyphs


def changed_span(old: Strip, new: Strip) -> tuple[int, int] | None:
    """First and last cell + 1 that differ, to whole segments: these are what Textual sends anyway."""
    before, after = list(old), list(new)
    if before == after:
        return None
    start, width = 0, new.cell_length
    while before and after and before[0] == after[0]:
        start += after[0].cell_length
        before, after = before[1:], after[1:]
    end = width
    while before and after and before[-1] == after[-1] and end - after[-1].cell_length > start:
        end -= after[-1].cell_length
        before, after = before[:-1], after[:-1]
    return start, end


class Canvas(Widget):
    """A widget that is a list of lines. Subclasses give ``rows`` and, if framed, ``title`` and ``hint``."""

    framed = True
    title: tuple[str, str] = ("", "")
    parts: tuple[str, ...] = ()  # of the snapshot; unchanged revisions of these mean nothing to draw
    period = 0.0  # seconds between two pictures, however often the snapshot changes

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name for it
        super().__init__(id=id)
        self.strips: list[Strip] = []
        self.snapshot = Snapshot()
        self._painted = Size(0, 0)  # the size that the strips were made for
        self._drawn: tuple[int, ...] | None = None
        self._drawn_at = float("-inf")

    @property
    def drawing(self) -> Drawing:
        return cast(Drawing, self.app)

    @property
    def room(self) -> Room:
        width, height = self.size
        taken = (4, 2) if self.framed else (0, 0)
        return Room(max(0, width - taken[0]), max(0, height - taken[1]), self.drawing.glyphs)

    def rows(self, room: Room) -> list[Row]:
        raise NotImplementedError

    def hint(self) -> str:
        return ""

    def more(self) -> str:
        """What of the rows is out of view; asked after they were made."""
        return ""

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Draw what is new in it, if anything of this pane's is. ``now`` is in seconds, of any clock."""
        turned = snapshot.status != self.snapshot.status
        self.snapshot = snapshot
        revisions = tuple(snapshot.revisions.get(part, 0) for part in self.parts)
        if turned or (revisions != self._drawn and now - self._drawn_at >= self.period - 0.05):
            self._drawn, self._drawn_at = revisions, now
            self.redraw()

    def redraw(self) -> None:
        if not self.is_mounted or not self.size or not self.display:
            self._drawn = None
            return
        if self._painted != self.size:
            self._repaint()
            self.refresh()
            return
        old, self.strips = self.strips, self._paint()
        regions = []
        for y, (before, after) in enumerate(zip(old, self.strips, strict=True)):
            span = changed_span(before, after)
            if span is not None:
                regions.append(Region(span[0], y, span[1] - span[0], 1))
        if regions:
            self.refresh(*regions)

    def _paint(self) -> list[Strip]:
        room, palette = self.room, self.drawing.palette
        rows = self.rows(room)[: room.height]
        if self.framed:
            return boxed(rows, room, palette, self.title, self.hint(), self.more(), self.has_focus_within)
        return [row.strip(palette) for row in rows]

    def _repaint(self) -> None:
        self._painted = self.size
        self.strips = self._paint()

    def render_line(self, y: int) -> Strip:
        if self._painted != self.size:
            self._repaint()  # Textual paints before it tells of a new size: once is enough
        if y < len(self.strips):
            return self.strips[y]
        return Row(self.size.width).strip(self.drawing.palette)

    def forget(self) -> None:
        """All of it anew: other colours."""
        self._painted = Size(0, 0)
        self.redraw()

    def on_resize(self, event: events.Resize) -> None:
        self.redraw()

    def on_show(self, event: events.Show) -> None:
        self.redraw()

    async def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        await self._wheel(event, "up")

    async def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        await self._wheel(event, "down")

    async def _wheel(self, event: events.Event, key: str) -> None:
        """As the arrow key would in this pane, focused or not."""
        event.stop()
        await self._press(key)

    async def on_click(self, event: events.Click) -> None:
        """A key in the frame does what it does under a finger."""
        hint = self.hint() if self.framed and event.y == 0 else ""
        if hint:
            from jetbench.tui.hints import key_at  # few use the mouse

            key = key_at(hint, event.x - (self.size.width - 3 - len(hint)))
            if key is not None:
                await self._press(key)

    async def _press(self, key: str) -> None:
        for node in (self, self.screen):
            found = node._bindings.key_to_bindings.get(key)
            if found:
                await self.app.run_action(found[0].action, node)
                return

    def on_focus(self, event: events.Focus) -> None:
        self.redraw()

    def on_blur(self, event: events.Blur) -> None:
        self.call_after_refresh(self.redraw)
