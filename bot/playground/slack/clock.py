"""Time as the workspace counts it: seconds that pass faster by the time scale."""

import time


class Clock:
    """Seconds since the start, times `scale`: Slack's minutes pass in seconds for a test."""

    def __init__(self, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError(f"the time scale must be above 0, not {scale}")
        self.scale = scale
        self._started = time.monotonic()

    def now(self) -> float:
        return (time.monotonic() - self._started) * self.scale
