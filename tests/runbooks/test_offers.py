"""Every remedy that any finding offers is there, under that name and with those parameters."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from runbooks import catalogue

ROOMS = Path(catalogue.__file__).parent
OFFER = "RemedyOffer"


def offers() -> list[tuple[str, ast.Call]]:
    """Every place in which a runbook writes an offer."""
    return [
        (f"{path.relative_to(ROOMS.parent)}:{node.lineno}", node)
        for path in sorted(ROOMS.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == OFFER
    ]


def test_there_are_offers_at_all() -> None:
    assert len(offers()) >= 2


@pytest.mark.parametrize(("place", "offer"), offers(), ids=[place for place, _ in offers()])
def test_an_offer_is_of_a_remedy_with_its_parameters(place: str, offer: ast.Call) -> None:
    given = dict(zip(("remedy", "parameters"), offer.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in offer.keywords if keyword.arg}
    name = given["remedy"]
    assert isinstance(name, ast.Constant), f"{place}: the name must be readable here"
    remedy = catalogue.registry().remedy(str(name.value))
    parameters = given.get("parameters", ast.Dict(keys=[], values=[]))
    assert isinstance(parameters, ast.Dict), f"{place}: the parameters must be readable here"
    named = {str(key.value) for key in parameters.keys if isinstance(key, ast.Constant)}
    assert len(named) == len(parameters.keys)
    assert named <= {parameter.name for parameter in remedy.parameters}
    assert {p.name for p in remedy.parameters if p.required} <= named
