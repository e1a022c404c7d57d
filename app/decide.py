"""From knowledge and answers to decisions with their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from app.answer import Answer, Finding, Reason, Truth, all_of, any_of
from app.facts.asking import Facts
from app.knowledge.criterion import Criterion
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import (
    INDICATORS,
    Group,
    Indicator,
    Offer,
    Recommendation,
)
from app.knowledge.worked_out import worked_out
from app.record.values import Order


class Outcome(Enum):
    """What became of a recommendation for one record (and one order)."""

    APPLIES = "applies"
    DOES_NOT_APPLY = "does not apply"
    CANNOT_TELL = "cannot tell"

    __hash__ = object.__hash__  # Enum hashes the name, in Python: every decision is counted


class Offered(Struct, frozen=True):
    """A suggestion that fits this record, and the order that it changes, if any."""

    offer: Offer
    order: Order | None


class Decision(Struct, frozen=True):
    """A recommendation applied to a record.

    `deciding` are the criteria that settled it. `unchecked` is what could not be told although it
    was asked; `steps` by how many the indicator was lowered, and `worded` that words alone supported
    it. `summary` and `detail` still hold their blanks.
    """

    id: str
    recommendation: Recommendation
    order: Order | None
    outcome: Outcome
    deciding: tuple[str, ...] = ()
    indicator: Indicator = "info"
    steps: int = 0
    worded: bool = False
    summary: str = ""
    detail: str = ""
    findings: tuple[Finding, ...] = ()
    unchecked: tuple[Reason, ...] = ()
    group_unchecked: bool = False
    notes: tuple[str, ...] = ()
    offers: tuple[Offered, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A recommendation as its hook asks for it.

    `needed` has a mark for each criterion that can only hold on something that was read, with the
    decision that follows where nothing of it was.
    """

    id: str
    about_order: bool
    needed: tuple[tuple[int, Decision], ...]


@worked_out
def asked_at(knowledge: Knowledge, hook: str) -> tuple[Asked, ...]:
    """The active recommendations that answer a hook, worked out once for each content."""

    criteria = knowledge.marks.criteria

    def needed(name: str, each: Recommendation) -> Iterator[tuple[int, Decision]]:
        for line in each.when:
            if line.text in criteria:
                yield (
                    criteria[line.text],
                    Decision(name, each, None, Outcome.DOES_NOT_APPLY, (line.text,)),
                )

    return tuple(
        Asked(name, each.about == "order", tuple(needed(name, each)))
        for name, each in knowledge.recommendations.items()
        if each.status == "active" and hook in each.hooks
    )


def decide(knowledge: Knowledge, facts: Facts, hook: str, judged: Iterable[Order]) -> list[Decision]:
    """Every active recommendation of the hook, once for the patient or once for each judged order.

    One of whose criteria nothing was read does not apply, without being looked into.
    """
    orders = tuple(judged)
    return [
        _dismissed(asked, facts, order) or decide_one(knowledge, asked.id, facts, order)
        for asked in asked_at(knowledge, hook)
        for order in (orders if asked.about_order else (None,))
    ]


def _dismissed(asked: Asked, facts: Facts, order: Order | None) -> Decision | None:
    for mark, decision in asked.needed:
        if facts.absent(mark):
            return decision if order is None else replace(decision, order=order)
    return None


def decide_one(knowledge: Knowledge, recommendation_id: str, facts: Facts, order: Order | None) -> Decision:
    """One recommendation for one order, or for the patient."""
    recommendation = knowledge.recommendations[recommendation_id]
    group = knowledge.groups.groups[recommendation.group]

    def ended(outcome: Outcome, deciding: Iterable[str], unchecked: tuple[Reason, ...] = ()) -> Decision:
        return Decision(
            recommendation_id, recommendation, order, outcome, tuple(deciding), unchecked=unchecked
        )

    when: list[Answer] = []
    for line in recommendation.when:
        answer = facts.holds(line, order)
        if answer.truth is Truth.NO:
            return ended(Outcome.DOES_NOT_APPLY, [line.text])
        when.append(answer)
    trigger = all_of(when)
    if trigger.truth is Truth.CANNOT_TELL:
        open_lines = zip(recommendation.when, when, strict=True)
        deciding = [line.text for line, answer in open_lines if answer.truth is Truth.CANNOT_TELL]
        return ended(Outcome.CANNOT_TELL, deciding, trigger.unknown)
    stops = [(line, facts.holds(line, order)) for line in group.unless + recommendation.unless]
    if stopping := [line.text for line, answer in stops if _stops(answer, group)]:
        return ended(Outcome.DOES_NOT_APPLY, [f"unless {text}" for text in stopping])
    unsettled = tuple(reason for _, answer in stops for reason in answer.unknown)
    bare = ended(Outcome.APPLIES, [line.text for line in recommendation.when], unsettled)
    return _applies(bare, knowledge, facts, trigger)


def _stops(answer: Answer, group: Group) -> bool:
    """Whether an exclusion holds; what nothing softens is only stopped by one that was fully checked."""
    return answer.truth is Truth.YES and bool(group.softened_by or not answer.unknown)


def _applies(bare: Decision, knowledge: Knowledge, facts: Facts, trigger: Answer) -> Decision:
    """The words, the indicator and the offers of a recommendation that applies.

    `bare.unchecked` holds what could not be told of its exclusions.
    """
    recommendation, order = bare.recommendation, bare.order
    say, group = recommendation.say, knowledge.groups.groups[recommendation.group]
    variant = next((each for each in say.variants if _all(facts, each.when, order) is Truth.YES), None)
    gentler = [facts.holds(line, order) for line in recommendation.gentler_when]
    softer = [answer for answer in gentler if _softens(answer, group)]
    essential = group.softened_by + recommendation.essential
    softened = any(reason.source in essential for reason in bare.unchecked)
    steps = sum((softened, bool(softer), trigger.worded))
    unknown = [*trigger.unknown, *bare.unchecked, *(each for one in gentler for each in one.unknown)]
    unchecked = _group_unchecked(group, facts, order) or _only_said(gentler, group)
    offers = _offers(facts, recommendation.offer, order)
    return replace(
        bare,
        indicator=gentled((variant and variant.indicator) or say.indicator, steps),
        steps=steps,
        worded=trigger.worded,
        summary=(variant and variant.summary) or say.summary,
        detail=(variant and variant.detail) or say.detail,
        findings=trigger.findings,
        unchecked=tuple(dict.fromkeys(unknown)),
        group_unchecked=unchecked,
        notes=tuple(note.say for note in say.notes if _all(facts, note.when, order) is Truth.YES),
        offers=tuple(each for each in offers if not (unchecked and _removes(knowledge, each))),
    )


def _softens(answer: Answer, group: Group) -> bool:
    """Whether it costs a step: a yes, or what cannot be told, but not for want of certain sources."""
    if answer.truth is Truth.CANNOT_TELL and answer.unknown:
        return any(reason.source not in group.not_softened_by for reason in answer.unknown)
    return answer.truth is not Truth.NO


def _only_said(gentler: Iterable[Answer], group: Group) -> bool:
    """Whether a reason to be gentler is open for want of a source that costs no step: the summary says so."""
    return any(reason.source in group.not_softened_by for each in gentler for reason in each.unknown)


def gentled(indicator: Indicator, steps: int) -> Indicator:
    """The indicator so many steps gentler, at the lowest `info`."""
    return INDICATORS[min(INDICATORS.index(indicator) + steps, len(INDICATORS) - 1)]


def _group_unchecked(group: Group, facts: Facts, order: Order | None) -> bool:
    fact = group.unchecked_fact
    return fact is not None and facts.ask(fact, order).truth is Truth.CANNOT_TELL


def _removes(knowledge: Knowledge, offered: Offered) -> bool:
    return knowledge.suggestions[offered.offer.suggestion].action == "delete"


def _all(facts: Facts, lines: Iterable[Criterion], order: Order | None) -> Truth:
    return all_of(facts.holds(line, order) for line in lines).truth


def _offers(facts: Facts, offers: Iterable[Offer], order: Order | None) -> Iterator[Offered]:
    """Only what definitely fits: a caution that cannot be told withholds the offer."""
    for offer in offers:
        stops = any_of(facts.holds(line, order) for line in offer.unless).truth
        if _all(facts, offer.when, order) is Truth.YES and stops is Truth.NO:
            yield Offered(offer, facts.found_order(offer.order) if offer.order else order)
