"""The time scale: one factor by which tests and the playground divide every wait and duration."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from bot.model.errors import ConfigurationError


class TimeScale(msgspec.Struct, frozen=True):
    """``factor`` 60 lets an hour pass in a minute. 1, real time, is the only one in production."""

    factor: float = 1.0

    def __post_init__(self) -> None:
        if not 1.0 <= self.factor <= 100_000.0:
            raise ConfigurationError(
                f"A time scale of {self.factor:g} makes no sense.", hint="Use 1 to 100000."
            )

    def seconds(self, wanted: float) -> float:
        """``wanted`` seconds, as long as they take here."""
        return wanted / self.factor

    def milliseconds(self, wanted: float) -> int:
        """``wanted`` seconds in milliseconds, at least one."""
        return max(1, round(1000 * wanted / self.factor))

    def span(self, wanted: float) -> timedelta:
        """``wanted`` seconds as a :class:`~datetime.timedelta`."""
        return timedelta(seconds=self.seconds(wanted))

    def require_real(self) -> None:
        """Raise :class:`ConfigurationError` unless this is real time."""
        if self.factor != 1.0:
            raise ConfigurationError(
                f"The time scale is {self.factor:g}, and deadlines and expiries would be wrong.",
                hint="Only tests and the playground may scale time; take it out.",
            )


REAL_TIME = TimeScale()
