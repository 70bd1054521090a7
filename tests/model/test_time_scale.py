"""One factor for every wait; real time is the only one in production."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model.errors import ConfigurationError
from bot.model.time_scale import REAL_TIME, TimeScale


def test_waits_are_divided() -> None:
    scale = TimeScale(60)
    assert scale.seconds(3600) == 60
    assert scale.span(60) == timedelta(seconds=1)
    assert scale.milliseconds(6) == 100
    assert scale.milliseconds(0.0001) == 1
    assert REAL_TIME.seconds(2.5) == 2.5


@pytest.mark.parametrize("factor", [0.0, -1.0, 0.5, 100_001.0, float("nan"), float("inf")])
def test_a_scale_that_makes_no_sense_is_a_sentence(factor: float) -> None:
    with pytest.raises(ConfigurationError, match="makes no sense"):
        TimeScale(factor)


def test_only_real_time_passes_where_it_is_required() -> None:
    REAL_TIME.require_real()
    with pytest.raises(ConfigurationError, match="The time scale is 2"):
        TimeScale(2).require_real()
