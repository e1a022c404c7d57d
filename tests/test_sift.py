"""Sifting: the short way to what a hook dismisses comes to the same as looking at each of its criteria."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from functools import reduce
from operator import or_

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.account import Account
from app.compose import compose
from app.decide import decide, sieve_of
from app.facts.asking import EVERYTHING, facts_of
from app.knowledge.relevance import ALWAYS
from tests.content import knowledge
from tests.records import order, problem, record
from tests.whole_records import content

CONTENTS = {"thumbs": knowledge, "pathway": content}
HOOKS = ("patient-view", "order-select", "order-sign")


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("name", CONTENTS)
def test_what_is_dismissed_is_what_lacks_something_and_says_the_first_thing_that_it_lacks(
    name: str, hook: str
) -> None:
    known = CONTENTS[name]()
    sieve = sieve_of(known, hook)
    bits = [bit for each in known.marks.bits.values() for bit in each.values()]
    marks = st.sampled_from([*bits, *known.marks.sources.values(), ALWAYS])

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(st.lists(marks, max_size=40))
    def holds(found: list[int]) -> None:
        present = reduce(or_, found, ALWAYS)
        sifted = sieve.sift(found)
        for asked, dismissing in zip(sifted.every, sifted.dismissing, strict=True):
            lacking = [line.text for line in asked.when if not line.mark & present]
            assert dismissing == (lacking[0] if lacking else None), asked.id
            assert (asked in sifted.looked_into) is (not lacking)

    holds()


def test_with_nothing_found_some_and_with_everything_possible_none_is_dismissed() -> None:
    sieve = sieve_of(knowledge(), "order-sign")
    every = len(sieve.sift([EVERYTHING]).every)
    assert len(sieve.sift([EVERYTHING]).looked_into) == every > len(sieve.sift([]).looked_into)


def test_what_is_dismissed_alike_is_the_same_value() -> None:
    sieve = sieve_of(knowledge(), "order-sign")
    bits = knowledge().marks.bits["Condition"]
    sore = [bits["sore-thumb"], bits["numb-thumb"]]
    assert sieve.sift(sore) is sieve.sift(sore[::-1])
    assert sieve.sift(sore) is not sieve.sift([])


def test_what_is_dismissed_is_counted_for_each_order() -> None:
    sifted = sieve_of(knowledge(), "order-sign").sift([])
    assert sifted.about_orders == sum(
        knowledge().recommendations[asked.id].about == "order" for asked in sifted.every
    )


def calls_made(copies: int) -> int:
    """Function calls of a decision and its telling, once the same was dismissed before."""
    one = knowledge().recommendations["avoid-salve-with-plaster"]
    untouched = {f"copy-{number}": one for number in range(copies)}
    known = replace(knowledge(), recommendations={**knowledge().recommendations, **untouched})
    within = record(problem("sore-thumb"), orders=[order("thumb-picture")])

    def told() -> None:
        decisions = decide(known, facts_of(known, within), "order-sign", within.judged)
        composition = compose(known, decisions.looked_into)
        assert "copy-0" in Account(known, decisions, composition, ()).listed().json
        assert len(decisions) > copies

    told()
    made: list[str] = []
    profiler = sys.getprofile()
    gc.disable()  # a collection calls back whoever measures how long it takes
    sys.setprofile(lambda _, event, __: made.append(event))
    try:
        told()
    finally:
        sys.setprofile(profiler)
        gc.enable()
    return len(made)


def test_a_call_pays_nothing_for_recommendations_that_it_does_not_touch() -> None:
    assert calls_made(400) == calls_made(4) > 0
