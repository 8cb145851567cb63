"""The interactive page: a world that is played and governed, and what a browser shows of it."""
