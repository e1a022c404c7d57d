"""From knowledge and answers to decisions with their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from msgspec import Struct

from app.answer import CANNOT_TELL, NO, YES, Answer, Finding, Reason, no
from app.asked import Asked, asked_of
from app.facts.asking import Facts
from app.facts.questions import all_hold, holds, not_ruled_out
from app.joined import all_of
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import INDICATORS, Group, Indicator, Offer, Recommendation, Variant
from app.knowledge.worked_out import worked_out
from app.record.values import Order
from app.sift import Sieve, Sifted

_PATIENT = (None,)


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
class Decisions:
    """All decisions of a call, in the order of the content: those that were looked into, and the dismissed.

    Only going through them makes a decision of each that is dismissed.
    """

    sifted: Sifted[Asked]
    orders: tuple[Order, ...]
    looked_into: tuple[Decision, ...]

    def __iter__(self) -> Iterator[Decision]:
        looked_into = iter(self.looked_into)
        for asked, dismissing in zip(self.sifted.every, self.sifted.dismissing, strict=True):
            for order in about(asked, self.orders):
                if dismissing is None:
                    yield next(looked_into)
                else:
                    yield _ended(asked, order, Outcome.DOES_NOT_APPLY, (dismissing,))

    def __len__(self) -> int:
        return len(self.sifted.every) + self.sifted.about_orders * (len(self.orders) - 1)


@worked_out
def sieve_of(knowledge: Knowledge, hook: str) -> Sieve[Asked]:
    """The active recommendations that answer a hook."""
    every = knowledge.recommendations.items()
    names = [name for name, each in every if each.status == "active" and hook in each.hooks]
    return Sieve(tuple(asked_of(knowledge, name) for name in names), knowledge.marks)


def decide(knowledge: Knowledge, facts: Facts, hook: str, judged: Iterable[Order]) -> Decisions:
    """Every active recommendation of the hook, once for the patient or once for each judged order.

    One of whose criteria nothing was read does not apply, without being looked into.
    """
    orders, sieve = tuple(judged), sieve_of(knowledge, hook)
    facts.look(sieve.mark)
    sifted = sieve.sift(facts.found)
    looked_into = (
        decided(each, facts, order) for each in sifted.looked_into for order in about(each, orders)
    )
    return Decisions(sifted, orders, tuple(looked_into))


def about(asked: Asked, orders: tuple[Order, ...]) -> tuple[Order | None, ...]:
    """What a recommendation is decided for: each order, or once the patient."""
    return orders if asked.about_orders else _PATIENT


def decide_one(knowledge: Knowledge, recommendation_id: str, facts: Facts, order: Order | None) -> Decision:
    """One recommendation for one order, or for the patient."""
    return decided(asked_of(knowledge, recommendation_id), facts, order)


def decided(asked: Asked, facts: Facts, order: Order | None) -> Decision:
    """The same of one that is ready."""
    when: list[Answer] = []
    for mark, answered, text in asked.when:
        answer = answered(facts, order) if mark & facts.present else no()
        if answer.truth is NO:
            return _ended(asked, order, Outcome.DOES_NOT_APPLY, (text,))
        when.append(answer)
    trigger = all_of(when)
    if trigger.truth is CANNOT_TELL:
        lines = zip(asked.when, when, strict=True)
        deciding = tuple(line.text for line, answer in lines if answer.truth is CANNOT_TELL)
        return _ended(asked, order, Outcome.CANNOT_TELL, deciding, trigger.unknown)
    stopping, unsettled = _stopping(asked, facts, order)
    if stopping:
        return _ended(asked, order, Outcome.DOES_NOT_APPLY, stopping)
    return _applies(asked, facts, order, trigger, unsettled)


def _ended(
    asked: Asked,
    order: Order | None,
    outcome: Outcome,
    deciding: tuple[str, ...],
    unchecked: tuple[Reason, ...] = (),
) -> Decision:
    """The decision where it does not apply, or nobody can tell."""
    return Decision(asked.id, asked.recommendation, order, outcome, deciding, unchecked=unchecked)


def _stopping(asked: Asked, facts: Facts, order: Order | None) -> tuple[tuple[str, ...], tuple[Reason, ...]]:
    """The exclusions that hold, and what could not be told of any.

    What nothing softens is only stopped by one that was fully checked.
    """
    stopping: tuple[str, ...] = ()
    unsettled: tuple[Reason, ...] = ()
    for mark, answered, text in asked.stops:
        if mark & facts.present:
            answer = answered(facts, order)
            unsettled += answer.unknown
            if answer.truth is YES and (asked.group.softened_by or not answer.unknown):
                stopping += (f"unless {text}",)
    return stopping, unsettled


def _applies(
    asked: Asked, facts: Facts, order: Order | None, trigger: Answer, unsettled: tuple[Reason, ...]
) -> Decision:
    """The words, the indicator and the offers of a recommendation that applies.

    `unsettled` is what could not be told of its exclusions.
    """
    say, group = asked.recommendation.say, asked.group
    variant = _variant(asked, facts, order)
    gentler = not_ruled_out(asked.gentler, facts, order)
    softened = any(reason.source in asked.essential for reason in unsettled)
    steps = softened + any(_softens(answer, group) for answer in gentler) + trigger.worded
    unknown = [*trigger.unknown, *unsettled, *(each for one in gentler for each in one.unknown)]
    unchecked = _group_unchecked(asked, facts, order) or _only_said(gentler, group)
    return Decision(
        asked.id,
        asked.recommendation,
        order,
        Outcome.APPLIES,
        tuple(line.text for line in asked.when),
        gentled((variant and variant.indicator) or say.indicator, steps),
        steps,
        trigger.worded,
        (variant and variant.summary) or say.summary,
        (variant and variant.detail) or say.detail,
        trigger.findings,
        tuple(dict.fromkeys(unknown)),
        unchecked,
        tuple(said for said, lines in asked.notes if all_hold(lines, facts, order).truth is YES),
        tuple(_offers(asked, facts, order, unchecked=unchecked)),
    )


def _variant(asked: Asked, facts: Facts, order: Order | None) -> Variant | None:
    """The first variant that holds.

    What nothing softens is not made gentler by one that rests on something unchecked.
    """
    usual = asked.recommendation.say.indicator
    found: Variant | None = None
    doubtful: Variant | None = None
    for each, lines in asked.variants:
        answer = all_hold(lines, facts, order)
        if answer.truth is not YES:
            continue
        if not answer.unknown or asked.group.softened_by:
            found = each
            break
        if doubtful is None or _gentler(doubtful, each, usual):
            doubtful = each
    return found if doubtful is None or _gentler(doubtful, found, usual) else doubtful


def _gentler(one: Variant, other: Variant | None, usual: Indicator) -> bool:
    """Whether a variant speaks more gently than another, or than the words where none holds."""
    said = (other and other.indicator) or usual
    return INDICATORS.index(one.indicator or usual) > INDICATORS.index(said)


def _softens(answer: Answer, group: Group) -> bool:
    """Whether it costs a step: a yes, or what cannot be told, but not for want of certain sources."""
    if answer.truth is CANNOT_TELL and answer.unknown:
        return any(reason.source not in group.not_softened_by for reason in answer.unknown)
    return answer.truth is not NO


def _only_said(gentler: Iterable[Answer], group: Group) -> bool:
    """Whether a reason to be gentler is open for want of a source that costs no step: the summary says so."""
    return any(reason.source in group.not_softened_by for each in gentler for reason in each.unknown)


def gentled(indicator: Indicator, steps: int) -> Indicator:
    """The indicator so many steps gentler, at the lowest `info`."""
    return INDICATORS[min(INDICATORS.index(indicator) + steps, len(INDICATORS) - 1)]


def _group_unchecked(asked: Asked, facts: Facts, order: Order | None) -> bool:
    fact = asked.unchecked
    return fact is not None and holds(fact, facts, order).truth is CANNOT_TELL


def _offers(asked: Asked, facts: Facts, order: Order | None, *, unchecked: bool) -> Iterator[Offered]:
    """Only what definitely fits: a caution that cannot be told withholds the offer.

    While the group is `unchecked`, nothing is removed.
    """
    for offer, when, unless, removes in asked.offers:
        if (
            not (unchecked and removes)
            and all_hold(when, facts, order).truth is YES
            and not not_ruled_out(unless, facts, order)
        ):
            yield Offered(offer, facts.found_order(offer.order) if offer.order else order)
