"""Asking: every fact is answered when somebody asks, once for each call (and each order)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Any

from app.answer import (
    NO,
    Answer,
    all_of,
    any_of,
    at_least,
    but_not,
    compare,
    negate,
    no,
    points,
)
from app.facts import (
    allergy,
    condition,
    dose,
    encounter,
    event,
    medication,
    observation,
    order,
    patient,
    since,
    span,
    supply,
)
from app.knowledge.criterion import Criterion
from app.knowledge.fact import DERIVED, Fact
from app.knowledge.load import Knowledge
from app.knowledge.relevance import Marks
from app.record.record import Collection, Record
from app.record.values import ORDER, Order

Kind = Callable[[Any, Record, Order | None, Knowledge], Answer]
KINDS: Mapping[str, Kind] = {
    "patient": patient.answer,
    "hook": patient.calling,
    "condition": condition.answer,
    "medication": medication.answer,
    "order": order.answer,
    "observation": observation.answer,
    "number": observation.latest,
    "change": observation.change,
    "procedure": event.procedure,
    "study": event.study,
    "referral": event.referral,
    "allergy": allergy.answer,
    "encounter": encounter.answer,
    "span": span.answer,
    "supply": supply.answer,
    "dose": dose.answer,
}


_SINCE = frozenset({"condition", "procedure", "study", "referral"})
"""The kinds that may ask for what came after the date of another fact."""
Answers = dict[str | tuple[str, int], Answer]
"""Answers by the name of the fact, with the position of the order where it looks at one."""
Ask = Callable[[str, Order | None], Answer]
"""Answers a fact, for an order at hand or for all."""
Base = Callable[[str, Order | None, Ask], Answer]
"""Answers a fact that is not derived from others; it may ask for those."""


class Presence:
    """Which marks were read. On what is absent nothing can be yes; sources are read when asked for.

    `present` has the bits of what was found so far, and all those of a source that was not read whole;
    `possible` also those of sources that nobody asked for yet.
    """

    def __init__(self, marks: Marks, of: Callable[[str], Collection]) -> None:
        self._marks = marks
        self._of = of
        self._unread = reduce(or_, marks.sources.values(), 0)
        self.present = 0
        self.possible = self._unread

    def absent(self, mark: int) -> bool:
        """Whether none of these bits is there."""
        if mark & self.present:
            return False
        if mark & self.possible:
            self._read(mark)
        return not mark & self.present

    def _read(self, mark: int) -> None:
        for source, every in self._marks.sources.items():
            if mark & every & self._unread:
                self._unread &= ~every
                collection = self._of(source)
                bits = self._marks.bits[source]
                found = (bits.get(name, 0) for name in collection.by_set)
                self.present |= every if collection.gaps else reduce(or_, found, 0)
        self.possible = self.present | self._unread


class Facts:
    """The answers about one record. Lazy, and each question is answered once.

    `base` answers the facts that are read, `orders` are all of this call; `known` are answers that are
    given from the start. `answers` are those found so far. Where a `presence` is given, a criterion that
    needs what is absent is no without being looked into.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        base: Base,
        orders: tuple[Order, ...] = (),
        known: Mapping[str, Answer] | None = None,
        presence: Presence | None = None,
    ) -> None:
        self._orders = orders
        self._base = base
        self._known = known or {}
        self._facts = knowledge.facts
        self._order_facts = knowledge.order_facts
        self._presence = presence or Presence(Marks(), lambda _: Collection())
        self._criteria = knowledge.marks.criteria if presence else {}
        self.answers: Answers = {}

    def absent(self, mark: int) -> bool:
        """Whether nothing was read that bears one of these marks; none has where nobody looked."""
        return bool(self._criteria) and self._presence.absent(mark)

    def holds(self, line: Criterion, at_hand: Order | None) -> Answer:
        """The answer to one criterion."""
        mark = self._criteria.get(line.text)
        if mark and self._presence.absent(mark):
            return no()
        answer = self._asked(line.fact, at_hand)
        if line.plain:
            return answer
        if line.operator is not None and line.operand is not None:
            return compare(answer, line.operator, line.operand)
        return negate(answer)

    def ask(self, name: str, at_hand: Order | None) -> Answer:
        """The answer to a fact; facts that look at no order are answered once for all orders."""
        mark = self._criteria.get(name)
        if mark and self._presence.absent(mark):
            return no()
        return self._asked(name, at_hand)

    def _asked(self, name: str, at_hand: Order | None) -> Answer:
        if name in self._known:
            return self._known[name]
        looks = at_hand if name in self._order_facts else None
        key = name if looks is None else (name, looks.position)
        answer = self.answers.get(key)
        if answer is None:
            answer = self.answers[key] = self._answer(name, looks)
        return answer

    def found_order(self, name: str) -> Order | None:
        """The first order that a fact found, by the reference its finding carries."""
        links = [finding.link for finding in self.ask(name, None).findings if finding.source == ORDER]
        return next((order for order in self._orders if order.reference in links), None)

    def _answer(self, name: str, at_hand: Order | None) -> Answer:
        fact = self._facts[name]
        answer = self._derived(fact, at_hand) if fact.kind in DERIVED else self._base(name, at_hand, self.ask)
        if answer.truth is NO:
            return answer
        labelled = answer.labelled(fact.label)
        return but_not(labelled, self._each(fact.but_not, at_hand)) if fact.but_not else labelled

    def _derived(self, fact: Fact, at_hand: Order | None) -> Answer:
        if fact.any_of:
            return any_of(self._each(fact.any_of, at_hand))
        if fact.all_of:
            return all_of(self.holds(line, at_hand) for line in fact.all_of)
        if fact.at_least:
            return at_least(fact.at_least.count, self._each(fact.at_least.of, at_hand))
        return points((self.holds(line, at_hand), weight) for line, weight in fact.points)

    def _each(self, lines: tuple[Criterion, ...], at_hand: Order | None) -> list[Answer]:
        """The answers to several criteria, without those that are no for want of anything to find."""
        marks, possible = self._criteria, self._presence.possible
        return [
            self.holds(line, at_hand)
            for line in lines
            if (mark := marks.get(line.text)) is None or mark & possible
        ]


def facts_of(knowledge: Knowledge, record: Record) -> Facts:
    """The facts of one record."""

    def base(name: str, at_hand: Order | None, ask: Ask) -> Answer:
        # `ask` comes from the facts: did this hold them, only a collection would free the record.
        fact = knowledge.facts[name]
        asked = fact.parameters
        answered = KINDS[fact.kind]
        if fact.kind in _SINCE and asked.since is not None:
            began = ask(asked.since, None)
            return since.answer(
                asked, began, lambda window: answered(window, record, at_hand, knowledge), record.today
            )
        return answered(asked, record, at_hand, knowledge)

    return Facts(knowledge, base, record.orders, presence=Presence(knowledge.marks, record.of))
