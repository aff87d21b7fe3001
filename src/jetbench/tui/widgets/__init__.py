"""Widgets that draw themselves: a list of Strips, of which only what changed is sent."""
