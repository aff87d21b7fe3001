"""A board as a reader of the stream sees it: values by channel id, scaled by the channel's scale."""


class Seen:
    def __init__(self, board):
        self.board = board
        self.told = board.describe()
        self.channels = self.told["channels"]
        self.look()

    def look(self, fresh=False):
        values, self.why = self.board.read(fresh)
        self.raw = {channel["id"]: value for channel, value in zip(self.channels, values, strict=True)}
        return self

    def value(self, ident):
        raw = self.raw[ident]
        scale = next(channel["scale"] for channel in self.channels if channel["id"] == ident)
        return None if raw is None else raw * scale

    def named(self, prefix):
        found = [channel for channel in self.channels if channel["id"].startswith(prefix)]
        return {channel["name"]: self.value(channel["id"]) for channel in found}

    def channel(self, ident):
        return next(channel for channel in self.channels if channel["id"] == ident)


class Clock:
    """Nanoseconds that pass when a test says so."""

    now = 0

    def __call__(self):
        return self.now
