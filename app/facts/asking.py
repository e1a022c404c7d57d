"""Asking: every fact is answered when somebody asks, once for each call (and each order)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_

from app.answer import Answer
from app.facts.questions import holds, questions
from app.knowledge.criterion import Criterion
from app.knowledge.load import Knowledge
from app.knowledge.relevance import ALWAYS
from app.record.record import Record
from app.record.values import ORDER, Order

Base = Callable[[str, Order | None], Answer]
"""Answers a fact that is not derived from others, where there is no record."""
EVERYTHING = -1
"""The bits of a record that nobody has looked through: anything may be there."""


class Facts:
    """The answers about one record. Lazy, and each question is answered once.

    `base` answers in place of a record, `orders` are all of this call; `known` are answers that are
    given from the start. `answers` are those found so far, `of_order` those that look at the order at its
    position. On what is absent nothing can be yes: `present` has the bits of what was found, of all that is
    in sources that were not read whole, and of those that nobody asked for yet, which are `unread`. `found`
    are the marks of the former two.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        base: Base | None,
        orders: tuple[Order, ...] = (),
        known: Mapping[str, Answer] | None = None,
        record: Record | None = None,
    ) -> None:
        self.knowledge = knowledge
        self.record = record
        self.base = base
        self.answers: dict[str, Answer] = dict(known or ())
        self.of_order: defaultdict[int, dict[str, Answer]] = defaultdict(lambda: dict(known or ()))
        self.unread = knowledge.marks.whole if record else 0
        self.present = self.unread | ALWAYS if record else EVERYTHING
        self.found = [] if record else [EVERYTHING]
        self._orders = orders
        self._questions = questions(knowledge)

    def look(self, mark: int) -> bool:
        """Read every source that may hold one of these bits; whether any of them is there."""
        record, marks, wanted = self.record, self.knowledge.marks, mark & self.unread
        for source, every in marks.sources.items():
            if wanted & every and record is not None:
                read, bits = record.of(source), marks.bits[source]
                if record.gaps(source):
                    self.found.append(every)
                elif read.by_set:
                    self.found += [bits[name] for name in read.by_set if name in bits]
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
    return Facts(knowledge, None, record.orders, record=record)
