"""A letter for every state: what tells states apart where colour does not."""

from __future__ import annotations

from bot.model.pictures import State, Tone


def letters_of(states: tuple[State, ...]) -> dict[str, str]:
    """By name, for every state that is not good: its first letter that no other state has."""
    letters: dict[str, str] = {}
    for state in states:
        if state.tone is Tone.GOOD:
            continue
        wanted = "?" if state.tone is Tone.UNSEEN else state.name.upper()
        free = [
            letter
            for letter in (*wanted, *"ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789")
            if (letter.isalnum() or letter == "?") and letter not in letters.values()
        ]
        letters[state.name] = free[0] if free else "*"
    return letters
