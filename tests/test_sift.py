"""Sifting: the short way to what a hook dismisses comes to the same as looking at each of its criteria."""

from __future__ import annotations

from functools import reduce
from operator import or_

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.decide import sieve_of
from app.facts.asking import EVERYTHING
from app.knowledge.relevance import ALWAYS
from tests.content import knowledge
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
