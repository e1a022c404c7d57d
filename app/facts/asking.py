"""Asking: every fact is answered when somebody asks, once for each call (and each order)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Any

from app.answer import Answer
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
from app.facts.questions import holds, questions
from app.knowledge.criterion import Criterion
from app.knowledge.load import Knowledge
from app.knowledge.relevance import ALWAYS
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
Ask = Callable[[str, Order | None], Answer]
"""Answers a fact, for an order at hand or for all."""
Base = Callable[[str, Order | None, Ask], Answer]
"""Answers a fact that is not derived from others; it may ask for those."""
EVERYTHING = -1
"""The bits of a record that nobody has looked through: anything may be there."""


class Facts:
    """The answers about one record. Lazy, and each question is answered once.

    `base` answers the facts that are read, `orders` are all of this call; `known` are answers that are
    given from the start. `answers` are those found so far, `of_order` those that look at the order at its
    position. On what is absent nothing can be yes: `present` has the bits of what was found, of all that is
    in sources that were not read whole, and of those that nobody asked for yet, which are `unread`. `found`
    are the marks of the former two.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        base: Base,
        orders: tuple[Order, ...] = (),
        known: Mapping[str, Answer] | None = None,
        read: Callable[[str], Collection] | None = None,
    ) -> None:
        self.base = base
        self.answers: dict[str, Answer] = dict(known or ())
        self.of_order: defaultdict[int, dict[str, Answer]] = defaultdict(self.answers.copy)
        self._orders = orders
        self._marks = knowledge.marks
        self._questions = questions(knowledge)
        self._read = read
        self.unread = knowledge.marks.whole if read else 0
        self.present = self.unread | ALWAYS if read else EVERYTHING
        self.found = [] if read else [EVERYTHING]

    def look(self, mark: int) -> bool:
        """Read every source that may hold one of these bits; whether any of them is there."""
        wanted = mark & self.unread
        for source, every in self._marks.sources.items():
            if wanted & every and self._read is not None:
                read, bits = self._read(source), self._marks.bits[source]
                self.found += [every] if read.gaps else [bits[name] for name in read.by_set if name in bits]
                self.unread ^= every
        self.present = reduce(or_, self.found, self.unread | ALWAYS)
        return bool(mark & self.present)

    def holds(self, line: Criterion, at_hand: Order | None) -> Answer:
        """The answer to one criterion."""
        return holds(self._questions.line(line), self, at_hand)

    def ask(self, name: str, at_hand: Order | None) -> Answer:
        """The answer to a fact; facts that look at no order are answered once for all orders."""
        return holds(self._questions.fact(name), self, at_hand)

    def found_order(self, name: str) -> Order | None:
        """The first order that a fact found, by the reference its finding carries."""
        links = [finding.link for finding in self.ask(name, None).findings if finding.source == ORDER]
        return next((order for order in self._orders if order.reference in links), None)


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

    return Facts(knowledge, base, record.orders, read=record.of)
