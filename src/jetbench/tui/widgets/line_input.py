"""One line of text to type: keys take effect in the order they were pressed."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class LineInput(Input):
    """Textual runs the binding of a key only once the key has bubbled up to the app, and letters that follow it
    overtake it: over a slow link, where keys come in bunches, "backspace 25" typed 2 and deleted the 5.
    """

    def __init__(self, value: str = "", *, placeholder: str = "", max_length: int, id: str) -> None:  # noqa: A002
        super().__init__(value, placeholder=placeholder, compact=True, max_length=max_length, id=id)
        self.cursor_blink = False

    def on_key(self, event: events.Key) -> None:
        edits = {
            "backspace": self.action_delete_left,
            "delete": self.action_delete_right,
            "left": self.action_cursor_left,
            "right": self.action_cursor_right,
            "home": self.action_home,
            "end": self.action_end,
            "ctrl+a": self.action_home,
            "ctrl+e": self.action_end,
            "ctrl+u": self.action_delete_left_all,
            "ctrl+k": self.action_delete_right_all,
            "ctrl+w": self.action_delete_left_word,
        }
        edit = edits.get(event.key)
        if edit is not None:
            event.stop()
            edit()
