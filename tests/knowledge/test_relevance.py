"""Traces: what a fact can be yes on. What has none must always be looked into."""

from __future__ import annotations

import weakref
from dataclasses import replace

import pytest

from app.knowledge.changes import Changes, changed
from app.knowledge.fact import Fact
from app.knowledge.relevance import marks
from app.knowledge.shaped import written
from app.knowledge.worked_out import worked_out
from tests.content import knowledge


def fact(**parameters: object) -> Fact:
    return written(Fact, {"ask": "a", "label": "l", **parameters})


FACTS = {
    "cough": fact(condition={"in": "cough"}),
    "fever": fact(condition={"in": "fever"}),
    "days_covered": fact(supply={"in": "syrup", "window_days": 90}),
    "years": fact(patient={"element": "age_years"}),
}


def sets(**parameters: object) -> frozenset[str] | None:
    found = marks({**FACTS, "asked": fact(**parameters)})
    mark = found.criteria.get("asked")
    if mark is None:
        return None
    return frozenset(name for each in found.bits.values() for name, bit in each.items() if bit & mark)


def test_any_of_can_be_yes_on_what_any_member_can() -> None:
    assert sets(any_of=("cough", "fever")) == {"cough", "fever"}


def test_all_of_needs_what_one_of_its_members_needs() -> None:
    assert sets(all_of=("years > 3", "fever")) == {"fever"}


@pytest.mark.parametrize("line", ["not cough", "years > 3"])
def test_a_denial_or_an_age_can_be_yes_on_nothing_that_was_read(line: str) -> None:
    assert sets(any_of=("fever", line)) is None


@pytest.mark.parametrize("line", ["days_covered > 0", "days_covered >= 1"])
def test_more_than_nothing_needs_something(line: str) -> None:
    assert sets(any_of=(line,)) == {"syrup"}


@pytest.mark.parametrize(
    "line", ["days_covered >= 0", "days_covered > -1", "days_covered < 5", "days_covered is 0"]
)
def test_nothing_at_all_may_be_what_is_asked_for(line: str) -> None:
    assert sets(any_of=(line,)) is None


def test_a_threshold_that_a_site_lowers_to_nothing_has_to_be_looked_into() -> None:
    content = replace(knowledge(), facts={**FACTS, "covered": fact(any_of=("days_covered >= 1",))})
    before = marks(content.facts).criteria["covered"]

    lowered = changed(content, Changes(thresholds={"covered": 0.0}))

    assert before
    assert "covered" not in lowered.marks.criteria


def test_what_was_worked_out_of_a_content_is_forgotten_with_it() -> None:
    worked = []
    work = worked_out(lambda content, name: worked.append(name) or name)
    one, other = replace(knowledge()), replace(knowledge())

    assert [work(one, "a"), work(one, "a"), work(other, "a")] == ["a", "a", "a"]
    assert worked == ["a", "a"]
    gone = weakref.ref(one)
    del one
    assert gone() is None
