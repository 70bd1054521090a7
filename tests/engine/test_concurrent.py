import asyncio
import time

import pytest

from bot.engine.concurrent import ask_all
from bot.model.errors import ClientError, Denied


async def test_answers_refusals_and_silence_are_kept_apart() -> None:
    async def ask(key: str) -> str:
        if key == "refuses":
            raise Denied("no")
        if key == "silent":
            await asyncio.sleep(60)
        return key.upper()

    answers = await ask_all(["answers", "refuses", "silent"], ask, within=0.05)
    assert answers.values == {"answers": "ANSWERS"}
    assert isinstance(answers.errors["refuses"], ClientError)
    assert answers.silent == {"silent"}


async def test_silence_never_holds_up_the_rest() -> None:
    async def ask(key: int) -> int:
        await asyncio.sleep(60 if key % 10 == 0 else 0)
        return key

    began = time.monotonic()
    answers = await ask_all(range(500), ask, within=0.1)
    assert time.monotonic() - began < 2
    assert len(answers.values) == 450
    assert len(answers.silent) == 50


async def test_what_was_given_up_is_cancelled() -> None:
    cancelled = asyncio.Event()

    async def ask(key: int) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    await ask_all([1], ask, within=0.01)
    assert cancelled.is_set()


async def test_a_bug_is_raised() -> None:
    async def ask(key: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ask_all([1], ask, within=1)


async def test_nothing_to_ask() -> None:
    async def ask(key: int) -> None:
        raise AssertionError

    assert (await ask_all([], ask, within=1)).values == {}
