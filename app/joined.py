"""Several answers as one: all of them, any, enough, in points, and but for some."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from app.answer import (
    AND,
    CANNOT_TELL,
    NO,
    OR,
    YES,
    Answer,
    Finding,
    Interval,
    Reason,
    Said,
    Truth,
    no,
    number,
)


def all_of(answers: Iterable[Answer]) -> Answer:
    """Every one must hold. A yes is worded as soon as one part of it is."""
    truth, parts, worded = YES, [], False
    for answer in answers:
        truth = AND[truth, answer.truth]
        if truth is NO:
            return no()
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
        return no()
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
    base = number(Interval(low, high), findings, unknown)
    return replace(base, coded=Interval(coded, high))


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
