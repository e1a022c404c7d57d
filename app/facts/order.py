"""The order at hand, or any order of this call."""

from __future__ import annotations

from collections.abc import Iterable

from app.answer import YES, Answer, Finding, any_of
from app.facts.evidence_of import finding, found_or
from app.knowledge.coding_systems import HIERARCHICAL
from app.knowledge.fact import OrderFact
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import ORDER, Concept, Order


def answer(asked: OrderFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether such an order is among those looked at; drafts that could not be read leave it open."""
    found = any_of(_found(asked, each) for each in _looked_at(asked, record, order) if _fits(asked, each))
    of_one = order is not None and asked.among == "judged"
    return found if of_one or found.truth is YES else found_or(record, [], [], [ORDER])


def _looked_at(asked: OrderFact, record: Record, order: Order | None) -> Iterable[Order]:
    if asked.among == "all":
        return record.orders
    if asked.among == "others":
        return (each for each in record.orders if each is not order)
    return record.judged if order is None else (order,)


def _fits(asked: OrderFact, order: Order) -> bool:
    return (
        (not asked.in_ or not order.concept.sets.isdisjoint(asked.in_))
        and order.concept.sets.isdisjoint(asked.not_in)
        and (not asked.reason_in or any(_in(reason, asked.reason_in) for reason in order.reasons))
        and not any(_in(reason, asked.reason_not_in) for reason in order.reasons)
        and (asked.reason is None or asked.reason in _reason_is(order))
        and (not asked.priority or order.priority in asked.priority)
    )


def _reason_is(order: Order) -> tuple[str, ...]:
    if not order.reasons:
        return ("absent",)
    classified = all(any(system in HIERARCHICAL for system, _ in each.codes) for each in order.reasons)
    return ("present", "classified") if classified else ("present",)


def _in(concept: Concept, names: Iterable[str]) -> bool:
    return not concept.sets.isdisjoint(names)


def _found(asked: OrderFact, order: Order) -> Answer:
    """The order itself, by whatever it was found, and its reason: both must be more than words."""
    named = Finding(order.concept.display or "order", ORDER, link=order.reference)
    itself = finding(order.concept, asked.in_, ORDER, link=order.reference) if asked.in_ else named
    if not asked.reason_in:
        return Answer(YES, (itself,), worded=itself.worded)
    reasons = tuple(
        finding(each, asked.reason_in, ORDER) for each in order.reasons if _in(each, asked.reason_in)
    )
    findings = (itself, *reasons) if asked.in_ else (*reasons, itself)
    worded = itself.worded or (bool(reasons) and all(each.worded for each in reasons))
    return Answer(YES, tuple(dict.fromkeys(findings)), worded=worded)
