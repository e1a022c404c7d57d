"""What a content asks, made ready: each fact and each criterion as one function, once for each content.

Nothing here holds the content itself, so that it goes when nobody serves it any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from app.answer import NO, Answer, compare, negate, no
from app.facts import since
from app.facts.kinds import KINDS
from app.joined import all_of, any_of, at_least, but_not, points
from app.knowledge.criterion import Criterion
from app.knowledge.fact import DERIVED, Fact
from app.knowledge.load import Knowledge
from app.knowledge.relevance import ALWAYS
from app.knowledge.worked_out import worked_out
from app.record.values import Order

if TYPE_CHECKING:
    from app.facts.asking import Facts

Asked = Callable[["Facts", Order | None], Answer]
"""Answers from the facts of a call, for the order at hand."""
Finished = Callable[[Answer, "Facts", Order | None], Answer]
_NO = no()


class Line(NamedTuple):
    """A criterion: where none of the bits in `mark` is present it is no, else what `asked` answers."""

    mark: int
    asked: Asked
    text: str


Lines = tuple[Line, ...]


def holds(line: Line, facts: Facts, at_hand: Order | None) -> Answer:
    """The answer to one criterion."""
    return line.asked(facts, at_hand) if line.mark & facts.present else _NO


def all_hold(lines: Lines, facts: Facts, at_hand: Order | None) -> Answer:
    """Whether every one holds; after the first that does not, none is asked."""
    answers = []
    for mark, asked, _ in lines:
        if not mark & facts.present:
            return _NO
        answer = asked(facts, at_hand)
        if answer.truth is NO:
            return answer
        answers.append(answer)
    return all_of(answers)


def not_ruled_out(lines: Lines, facts: Facts, at_hand: Order | None) -> list[Answer]:
    """The answers to several criteria that are no plain no."""
    answers, present = [], facts.present
    for mark, asked, _ in lines:
        if mark & present:
            answer = asked(facts, at_hand)
            if answer.truth is not NO:
                answers.append(answer)
    return answers


class Questions:
    """The facts and criteria of one content by what they say, each made ready when it is first asked for."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._facts = knowledge.facts
        self._order_facts = knowledge.order_facts
        self._marks = knowledge.marks.criteria
        self._lines: dict[str, Line] = {}

    def fact(self, name: str) -> Line:
        """A fact as it stands."""
        return self._lines.get(name) or self.line(Criterion(name, name))

    def line(self, line: Criterion) -> Line:
        """A criterion."""
        found = self._lines.get(line.text)
        if found is None:
            mark, of_order = self._marks.get(line.text, ALWAYS), line.fact in self._order_facts
            asked = _once(line.text, mark, self._answered(line), of_order=of_order)
            found = self._lines[line.text] = Line(mark, asked, line.text)
        return found

    def lines(self, lines: Iterable[Criterion]) -> Lines:
        """Several criteria."""
        return tuple(map(self.line, lines))

    def _answered(self, line: Criterion) -> Asked:
        if line.plain:
            return self._fact(line.fact)
        asked, operator, operand = self.fact(line.fact).asked, line.operator, line.operand
        if operator is None or operand is None:
            return lambda facts, at_hand: negate(asked(facts, at_hand))
        return lambda facts, at_hand: compare(asked(facts, at_hand), operator, operand)

    def _fact(self, name: str) -> Asked:
        fact = self._facts[name]
        finished = _finished(fact.label, self.lines(fact.but_not))
        if fact.any_of:
            return _any_of(self.lines(fact.any_of), finished)
        found = self._derived(fact) if fact.kind in DERIVED else _read(name, fact)

        def answered(facts: Facts, at_hand: Order | None) -> Answer:
            answer = found(facts, at_hand)
            return answer if answer.truth is NO else finished(answer, facts, at_hand)

        return answered

    def _derived(self, fact: Fact) -> Asked:
        if fact.all_of:
            every = self.lines(fact.all_of)
            return lambda facts, at_hand: all_hold(every, facts, at_hand)
        if fact.at_least:
            count, some = fact.at_least.count, self.lines(fact.at_least.of)
            return lambda facts, at_hand: at_least(count, not_ruled_out(some, facts, at_hand))
        weighted = tuple((self.line(line), weight) for line, weight in fact.points)
        return lambda facts, at_hand: points(
            (line.asked(facts, at_hand), weight) for line, weight in weighted if line.mark & facts.present
        )


def _finished(label: str, guards: Lines) -> Finished:
    """What is left to do for an answer that is no plain no: its label, and what else must not be so."""
    if not guards:
        return lambda answer, facts, at_hand: answer.labelled(label)
    return lambda answer, facts, at_hand: but_not(
        answer.labelled(label), not_ruled_out(guards, facts, at_hand)
    )


def _any_of(some: Lines, finished: Finished) -> Asked:
    """Most of what a content asks, and mostly no: then it ends here."""

    def answered(facts: Facts, at_hand: Order | None) -> Answer:
        answers = not_ruled_out(some, facts, at_hand)
        return finished(any_of(answers), facts, at_hand) if answers else _NO

    return answered


@worked_out
def questions(knowledge: Knowledge) -> Questions:
    """The questions of a content."""
    return Questions(knowledge)


def _read(name: str, fact: Fact) -> Asked:
    """A fact that is read from the record; some ask for what came after the date of another fact."""
    answered, asked = KINDS[fact.kind], fact.parameters
    after: str | None = getattr(asked, "since", None)

    def read(facts: Facts, at_hand: Order | None) -> Answer:
        record, knowledge = facts.record, facts.knowledge
        if record is None:
            return facts.base(name, at_hand) if facts.base else _NO
        if after is None:
            return answered(asked, record, at_hand, knowledge)
        began = facts.ask(after, None)
        return since.answer(
            asked, began, lambda window: answered(window, record, at_hand, knowledge), record.today
        )

    return read


def _once(text: str, mark: int, answered: Asked, *, of_order: bool) -> Asked:
    """Answered once for each call; what looks at an order, once for each of them."""

    def for_all(facts: Facts, at_hand: Order | None) -> Answer:
        answer = facts.answers.get(text)
        if answer is None:
            absent = mark & facts.unread and not facts.look(mark)
            answer = facts.answers[text] = _NO if absent else answered(facts, None)
        return answer

    def for_each(facts: Facts, at_hand: Order | None) -> Answer:
        if at_hand is None:
            return for_all(facts, None)
        answers = facts.of_order[at_hand.position]
        answer = answers.get(text)
        if answer is None:
            answer = answers[text] = answered(facts, at_hand)
        return answer

    return for_each if of_order else for_all
