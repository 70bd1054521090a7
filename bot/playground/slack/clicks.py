"""What a click says about its control: the control as it was sent, and what was chosen."""

import time
from typing import Any, Final

from bot.playground.slack import values
from bot.playground.slack.inputs import IN_INPUT

_LEFT_OUT: Final = ("options", "option_groups", "url", "positive_button", "negative_button")


def action(control: dict[str, Any], block_id: str, selected: Any) -> dict[str, Any]:
    """One entry of `actions`. `selected` is an option's value, an id, a date, or a list of them.

    KeyError where the option is not offered.
    """
    now = time.time_ns() // 1_000
    shaped = {key: value for key, value in control.items() if key not in _LEFT_OUT}
    shaped |= {"block_id": block_id, "action_ts": f"{now // 1_000_000}.{now % 1_000_000:06d}"}
    kind = control["type"]
    if kind == "feedback_buttons":
        offered = [control["positive_button"], control["negative_button"]]
        chosen = {button["value"]: button for button in offered}[selected]
        return shaped | {"value": chosen["value"], "text": chosen["text"]}
    if kind == "overflow":
        options = {option["value"]: option for option in control["options"]}
        return shaped | {"selected_option": options[selected]}
    if kind in IN_INPUT:
        return shaped | values.chosen(control, selected)
    return shaped
