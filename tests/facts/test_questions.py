"""Questions made ready once: whatever the answers are, they come to the same as reading the declarations."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.answer import Answer, Finding, Interval, Reason, cannot_tell, compare, negate, no, number, yes
from app.facts.asking import Facts
from app.joined import all_of, any_of, at_least, but_not, points
from app.knowledge.criterion import Criterion
from app.knowledge.fact import DERIVED
from app.knowledge.load import Knowledge
from tests.content import knowledge
from tests.records import order
from tests.whole_records import content

ORDER = order("salve")


class Plain:
    """The same facts, read from their declarations each time."""

    def __init__(self, known: Knowledge, base: Callable[[str], Answer]) -> None:
        self.facts = known.facts
        self.base = base

    def ask(self, name: str) -> Answer:
        fact = self.facts[name]
        answer = self.derived(name) if fact.kind in DERIVED else self.base(name)
        return but_not(answer.labelled(fact.label), [self.holds(each) for each in fact.but_not])

    def derived(self, name: str) -> Answer:
        fact = self.facts[name]
        if fact.any_of:
            return any_of(self.holds(each) for each in fact.any_of)
        if fact.all_of:
            return all_of([self.holds(each) for each in fact.all_of])
        if fact.at_least:
            return at_least(fact.at_least.count, [self.holds(each) for each in fact.at_least.of])
        return points((self.holds(each), weight) for each, weight in fact.points)

    def holds(self, line: Criterion) -> Answer:
        answer = self.ask(line.fact)
        if line.operator is not None and line.operand is not None:
            return compare(answer, line.operator, line.operand)
        return negate(answer) if line.negated else answer


ANSWERS = (
    no(),
    yes([Finding("coded", "Condition", "2026-05-01")]),
    yes([Finding("by words", "Condition", worded=True)]),
    yes([Finding("half read", "Condition")], [Reason("Encounter", "not sent")]),
    cannot_tell([Reason("Observation", "refused (403)")]),
    number(Interval.exactly(70), [Finding("70", "Observation")]),
    number(Interval(3, 90), [Finding("3 to 90", "Observation")], [Reason("Condition", "onset not recorded")]),
)


@pytest.mark.parametrize("known", [knowledge(), content()], ids=["thumbs", "pathway"])
def test_every_fact_is_what_its_declaration_makes_of_the_others(known: Knowledge) -> None:
    read = [name for name, fact in known.facts.items() if fact.kind not in DERIVED]

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.randoms(use_true_random=False), st.integers(1, 12))
    def holds(chance: Random, most_are_no: int) -> None:
        given = {name: chance.choice((*ANSWERS, *[no()] * most_are_no)) for name in read}
        facts = Facts(known, lambda name, *_: given[name], (ORDER,))
        plain = Plain(known, given.__getitem__)
        for name in known.facts:
            assert facts.ask(name, None) == facts.ask(name, ORDER) == plain.ask(name), name

    holds()
