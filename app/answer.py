"""Answers to questions about a record: yes, no, cannot tell; numbers are intervals.

Two unknowns are never mixed. *Not recorded* (the data was read and does not say it) is a plain NO.
*Not read* (refused, late, cut, broken) is CANNOT_TELL and carries its reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from math import inf
from operator import eq, ge, gt, le, lt
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace


class Truth(Enum):
    """One of three; deliberately without a truth value of its own."""

    NO = "no"
    CANNOT_TELL = "cannot tell"
    YES = "yes"

    def __bool__(self) -> bool:
        raise TypeError("an answer has no truth value: compare it with Truth.YES, NO or CANNOT_TELL")

    __hash__ = object.__hash__  # Enum hashes the name, in Python: too slow for the tables below


NO, CANNOT_TELL, YES = Truth.NO, Truth.CANNOT_TELL, Truth.YES

AND = {
    (YES, YES): YES,
    (YES, CANNOT_TELL): CANNOT_TELL,
    (YES, NO): NO,
    (CANNOT_TELL, YES): CANNOT_TELL,
    (CANNOT_TELL, CANNOT_TELL): CANNOT_TELL,
    (CANNOT_TELL, NO): NO,
    (NO, YES): NO,
    (NO, CANNOT_TELL): NO,
    (NO, NO): NO,
}
OR = {
    (YES, YES): YES,
    (YES, CANNOT_TELL): YES,
    (YES, NO): YES,
    (CANNOT_TELL, YES): YES,
    (CANNOT_TELL, CANNOT_TELL): CANNOT_TELL,
    (CANNOT_TELL, NO): CANNOT_TELL,
    (NO, YES): YES,
    (NO, CANNOT_TELL): CANNOT_TELL,
    (NO, NO): NO,
}
NOT = {YES: NO, CANNOT_TELL: CANNOT_TELL, NO: YES}


class Interval(Struct, frozen=True):
    """A number known between two bounds, both included."""

    low: float = -inf
    high: float = inf

    @classmethod
    def exactly(cls, number: float) -> Interval:
        """The interval that holds one number."""
        return cls(number, number)

    def plus(self, other: Interval) -> Interval:
        """The sum of two numbers of which only bounds are known."""
        return Interval(self.low + other.low, self.high + other.high)

    def compare(self, operator: str, number: float) -> Truth:
        """A comparison that both bounds settle is definite; any other is CANNOT_TELL."""
        compared = _COMPARE[operator]
        low, high = compared(self.low, number), compared(self.high, number)
        if operator == "is":
            inside = self.low <= number <= self.high
            return YES if low and high else (CANNOT_TELL if inside else NO)
        return YES if low and high else (CANNOT_TELL if low or high else NO)


_COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge, "is": eq}


class Finding(Struct, frozen=True):
    """What supports a yes: in words, with its date and where it was read.

    `date` is an ISO 8601 date (possibly partial) or None when none is recorded; `source` is a FHIR
    resource type; `link` a relative reference to the resource, when it has one.
    """

    what: str
    source: str
    date: str | None = None
    worded: bool = False
    suspected: bool = False
    label: str = ""
    link: str | None = None


class Reason(Struct, frozen=True):
    """Why something cannot be told: the source that was not read, how, and what it would have told."""

    source: str
    why: str
    label: str = ""


Said = TypeVar("Said", Finding, Reason)


class Answer(Struct, frozen=True):
    """The answer to one question.

    `value` is an Interval for numbers, a word for categories. `worded` says that only a match of
    words, never of a code, supports the yes; `coded` is the number as it would be without such
    matches. A yes may carry `unknown` reasons too: what could not be checked does not take the yes
    away, but it is said, and such a yes is not definite enough to take another one away.
    """

    truth: Truth
    findings: tuple[Finding, ...] = ()
    unknown: tuple[Reason, ...] = ()
    value: Interval | str | None = None
    worded: bool = False
    coded: Interval | None = None

    def __bool__(self) -> bool:
        raise TypeError("an answer has no truth value: look at its `truth`")

    def labelled(self, label: str) -> Answer:
        """The same answer whose findings and reasons say which question they belong to."""
        findings, unknown = _labelled(self.findings, label), _labelled(self.unknown, label)
        if findings is self.findings and unknown is self.unknown:
            return self
        return replace(self, findings=findings, unknown=unknown)


def _labelled(said: tuple[Said, ...], label: str) -> tuple[Said, ...]:
    """Each with the label, unless it has one; the same tuple where all have."""
    for each in said:
        if not each.label:
            return tuple([one if one.label else replace(one, label=label) for one in said])
    return said


def yes(findings: Iterable[Finding] = (), unknown: Iterable[Reason] = ()) -> Answer:
    """A yes; it counts as worded when every finding was matched by words only."""
    found = tuple(findings)
    return Answer(YES, found, tuple(unknown), None, _by_words(found))


def _by_words(findings: tuple[Finding, ...]) -> bool:
    for each in findings:
        if not each.worded:
            return False
    return bool(findings)


def no() -> Answer:
    """A no: read, and not so."""
    return _NO


def cannot_tell(reasons: Iterable[Reason]) -> Answer:
    """Not read, or on record but not interpretable; the reasons say which."""
    return Answer(CANNOT_TELL, unknown=tuple(reasons))


_NO = Answer(NO)


def number(value: Interval, findings: Iterable[Finding] = (), unknown: Iterable[Reason] = ()) -> Answer:
    """A number that is recorded; open bounds must come with the reasons why they are open."""
    found = tuple(findings)
    return Answer(YES, found, tuple(unknown), value, _by_words(found))


def negate(answer: Answer) -> Answer:
    """Not so: a no turns to a yes that has nothing to show; reasons stay where it cannot be told.

    A yes with something unchecked never becomes a plain no.
    """
    truth = CANNOT_TELL if answer.unknown else NOT[answer.truth]
    return Answer(truth, unknown=answer.unknown)


def compare(answer: Answer, operator: str, operand: float | str) -> Answer:
    """Compare a number or a word. What is not recorded compares as no; an unknown stays unknown.

    Reasons for open bounds go where the bounds settle it; a guard that was not checked stays said.
    """
    if answer.truth is not YES:
        return answer
    if isinstance(answer.value, Interval) and not isinstance(operand, str):
        truth = answer.value.compare(operator, operand)
    else:
        truth = YES if answer.value == operand else NO
    if truth is YES:
        return replace(
            answer,
            unknown=() if _is_open(answer.value) else answer.unknown,
            value=None,
            worded=_stands_on_words(answer, operator, operand),
            coded=None,
        )
    if truth is CANNOT_TELL:
        return Answer(truth, unknown=answer.unknown or _imprecise(answer.findings))
    return no()


def _is_open(value: Interval | str | None) -> bool:
    return isinstance(value, Interval) and value.low != value.high


def _stands_on_words(answer: Answer, operator: str, operand: float | str) -> bool:
    """Whether the comparison would not hold for the number without what was matched by words."""
    if answer.coded is None or isinstance(operand, str):
        return answer.worded
    return answer.coded.compare(operator, operand) is not YES


def _imprecise(findings: tuple[Finding, ...]) -> tuple[Reason, ...]:
    sources = dict.fromkeys(finding.source for finding in findings)
    return tuple(Reason(source, "not exact enough to decide") for source in sources)


def all_of(answers: Iterable[Answer]) -> Answer:
    """Every one must hold. A yes is worded as soon as one part of it is."""
    truth, parts, worded = YES, [], False
    for answer in answers:
        truth = AND[truth, answer.truth]
        if truth is NO:
            return _NO
        parts.append(answer)
        worded = worded or answer.worded
    return _joined(truth, parts, worded=worded)


def any_of(answers: Iterable[Answer]) -> Answer:
    """One is enough. A yes is worded only when no coded match supports it.

    What is unchecked is said only where nothing else supports the yes.
    """
    truth, parts = NO, []
    for answer in answers:
        if answer.truth is not NO:  # OR with a no changes nothing
            truth = OR[truth, answer.truth]
            parts.append(answer)
    if not parts:
        return _NO
    if len(parts) == 1 and truth is YES and parts[0].value is None and parts[0].coded is None:
        return parts[0]
    supporting, worded, said = [], True, True
    for part in parts:
        if part.truth is truth:
            supporting.append(part)
            worded = worded and part.worded
            said = said and (truth is not YES or bool(part.unknown))
    return _joined(truth, supporting, worded=worded, said=said)


def at_least(count: int, answers: Iterable[Answer]) -> Answer:
    """At least `count` of the answers hold."""
    parts = list(answers)
    if len(parts) < count:
        return no()
    definite = [part for part in parts if part.truth is YES]
    possible = [part for part in parts if part.truth is CANNOT_TELL]
    if len(definite) >= count:
        coded = sum(not part.worded for part in definite)
        checked = sum(not part.unknown for part in definite)
        return _joined(YES, definite, worded=coded < count, said=checked < count)
    if len(definite) + len(possible) >= count:
        return _joined(CANNOT_TELL, possible, worded=False)
    return no()


def points(weighted: Iterable[tuple[Answer, float]]) -> Answer:
    """A weighted sum; what cannot be told widens the interval by its weight."""
    low = high = coded = 0.0
    findings: list[Finding] = []
    unknown: list[Reason] = []
    for answer, weight in weighted:
        low += weight if answer.truth is YES else 0
        high += 0 if answer.truth is NO else weight
        coded += weight if answer.truth is YES and not answer.worded else 0
        findings += answer.findings if answer.truth is YES else ()
        unknown += answer.unknown
    return replace(number(Interval(low, high), findings, unknown), coded=Interval(coded, high))


def but_not(answer: Answer, guards: Iterable[Answer]) -> Answer:
    """Only a definite yes of a guard stops it; an unknown guard is said, and stops nothing."""
    unchecked: list[Reason] = []
    for guard in guards:
        if guard.truth is YES and not guard.unknown:
            return no()
        unchecked += guard.unknown
    if answer.truth is NO or not unchecked:
        return answer
    return replace(answer, unknown=tuple(dict.fromkeys([*answer.unknown, *unchecked])))


def _joined(truth: Truth, parts: list[Answer], *, worded: bool, said: bool = True) -> Answer:
    findings: tuple[Finding, ...] = ()
    unknown: tuple[Reason, ...] = ()
    for part in parts:
        findings += part.findings if truth is YES else ()
        unknown += part.unknown if said else ()
    return Answer(truth, _each_once(findings), _each_once(unknown), worded=worded and truth is YES)


def _each_once(said: tuple[Said, ...]) -> tuple[Said, ...]:
    return tuple(dict.fromkeys(said)) if len(said) > 1 else said
