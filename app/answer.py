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
