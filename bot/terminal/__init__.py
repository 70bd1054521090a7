"""The terminal door: the same runs from a shell."""
