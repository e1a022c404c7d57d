"""Shapes: declared once, and strict about what people write."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from app.knowledge.fact import Fact, OrderFact
from app.knowledge.shaped import written

SAID: dict[str, Any] = {"ask": "Is it ordered?", "label": "order", "order": {"in": ["thumb-picture"]}}


def places(data: dict[str, Any]) -> set[tuple[str, str]]:
    """Where the faults of what somebody wrote are, and what they are."""
    with pytest.raises(ValidationError) as refused:
        written(Fact, data)
    return {(".".join(map(str, each["loc"])), each["type"]) for each in refused.value.errors()}


def test_what_was_written_is_read_under_the_names_of_the_files() -> None:
    fact = written(Fact, SAID)
    assert fact.order == OrderFact(in_=("thumb-picture",))
    assert (fact.kind, fact.because, fact.order.among) == ("order", (), "judged")


def test_every_fault_is_told_at_once_with_its_place() -> None:
    wrong = {"label": 1, "order": {"in_": "x", "among": "nobody"}, "patient": {}, "colour": "red"}
    assert places(wrong) == {
        ("ask", "missing"),
        ("label", "string_type"),
        ("order.in_", "extra_forbidden"),
        ("order.among", "literal_error"),
        ("patient.element", "missing"),
        ("colour", "extra_forbidden"),
    }


@pytest.mark.parametrize("value", ["60", 60.0, True, 0, -1])
def test_a_number_is_not_guessed_from_something_else_and_keeps_its_bounds(value: object) -> None:
    condition = {"in": "numb-thumb", "within_days": value}
    assert {place for place, _ in places({"ask": "a", "label": "l", "condition": condition})} == {
        "condition.within_days"
    }


def test_what_a_shape_holds_against_itself_is_a_fault_of_the_whole() -> None:
    assert places(SAID | {"any_of": ["fever"]}) == {("", "value_error")}


def test_a_shape_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        written(Fact, SAID).label = "another"


def test_a_shape_is_read_back_as_it_was() -> None:
    fact = written(Fact, SAID | {"because": ["thumb-2020"]})
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(fact), type=Fact) == fact
