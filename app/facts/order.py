"""The order at hand, or any order of this call."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from app.answer import NO, YES, Answer, Finding, Reason, cannot_tell, no
from app.facts.evidence_of import finding, found_or
from app.joined import any_of
from app.knowledge.coding_systems import HIERARCHICAL
from app.knowledge.fact import OrderFact
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import ORDER, Concept, Order

UNREAD = "its reason could not be read"


def answer(asked: OrderFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether such an order is among those looked at; drafts that could not be read leave it open.

    So does a reason that could not be read, where the question is about the reason.
    """
    if order is not None and asked.among == "judged":
        return _of_one(asked, order)
    found = any_of([_of_one(asked, each) for each in _looked_at(asked, record, order)])
    return found if found.truth is not NO else found_or(record, [], [], [ORDER])


def _of_one(asked: OrderFact, order: Order) -> Answer:
    if _fits(asked, order):
        return _found(asked, order)
    return cannot_tell([Reason(ORDER, UNREAD)]) if _might_fit(asked, order) else no()


def _looked_at(asked: OrderFact, record: Record, order: Order | None) -> Iterable[Order]:
    if asked.among == "called":
        return record.judged
    if asked.among == "all":
        return record.orders
    if asked.among == "others":
        return [each for each in record.orders if each is not order]
    return record.judged


def _fits(asked: OrderFact, order: Order) -> bool:
    sets = order.concept.sets
    return (
        (not asked.in_ or not sets.isdisjoint(asked.in_))
        and sets.isdisjoint(asked.not_in)
        and (not asked.reason_in or bool(_of_these(order.reasons, asked.reason_in)))
        and not (asked.reason_not_in and _of_these(order.reasons, asked.reason_not_in))
        and (asked.reason is None or asked.reason in _reason_is(order))
        and (not asked.priority or order.priority in asked.priority)
        and (not asked.category or not order.categories.isdisjoint(asked.category))
        and order.categories.isdisjoint(asked.not_category)
    )


def _might_fit(asked: OrderFact, order: Order) -> bool:
    """Whether only a reason that could not be read keeps it from fitting."""
    if not order.reason_unread or not (asked.reason_in or asked.reason == "classified"):
        return False
    return _fits(replace(asked, reason_in=(), reason=None), order)


def _reason_is(order: Order) -> tuple[str, ...]:
    if not order.reasons and not order.reason_unread:
        return ("absent",)
    classified = all(any(system in HIERARCHICAL for system, _ in each.codes) for each in order.reasons)
    return ("present", "classified") if classified and not order.reason_unread else ("present",)


def _of_these(concepts: Iterable[Concept], names: Iterable[str]) -> list[Concept]:
    return [each for each in concepts if not each.sets.isdisjoint(names)]


def _found(asked: OrderFact, order: Order) -> Answer:
    """The order itself, by whatever it was found, and its reason: both must be more than words."""
    if asked.in_:
        itself = finding(order.concept, asked.in_, ORDER, link=order.reference)
    else:
        itself = Finding(order.concept.display or "order", ORDER, link=order.reference)
    if not asked.reason_in:
        return Answer(YES, (itself,), worded=itself.worded)
    reasons = [finding(each, asked.reason_in, ORDER) for each in _of_these(order.reasons, asked.reason_in)]
    findings = (itself, *reasons) if asked.in_ else (*reasons, itself)
    worded = itself.worded or (bool(reasons) and all(each.worded for each in reasons))
    return Answer(YES, tuple(dict.fromkeys(findings)), worded=worded)
