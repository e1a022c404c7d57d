"""Ratings of orders: what the decisions about an order say of it, as an update of that order. Pure.

The wire form is that of the Argonaut PAMA guide. A rating is optional interoperability and no claim
to be a qualified system: which system was consulted is said only where a site configures it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.answer import AND, CANNOT_TELL, NO, NOT, OR, YES, Truth
from app.decide import Decision, Outcome
from app.facts.asking import Facts
from app.fhir import valid
from app.joined import all_of, any_of
from app.knowledge.load import Knowledge
from app.knowledge.ratings import RatingRule
from app.knowledge.recommendation import Lines
from app.protocol.response import Action
from app.record.values import Order
from app.render import NAMESPACE, Call, order_key
from app.suggest import without_empty
from app.uuids import named

RATING = "http://fhir.org/argonaut/Extension/pama-rating"
CONSULTED = "http://fhir.org/argonaut/Extension/pama-rating-qcdsm-consulted"
CONSULT_ID = "http://fhir.org/argonaut/Extension/pama-rating-consult-id"
APPLIED = "http://fhir.org/argonaut/Extension/pama-rating-auc-applied"
_RATINGS = "http://fhir.org/argonaut/CodeSystem/pama-rating"
_OURS = frozenset({RATING, CONSULTED, CONSULT_ID, APPLIED})
_RATED = "ServiceRequest"


@dataclass(frozen=True, slots=True)
class RatingProfile:
    """How a client wants orders rated: `consulted` is the code of the consulted system, if it is said."""

    consulted: str | None = None


def ratings(
    knowledge: Knowledge,
    facts: Facts,
    decisions: Sequence[Decision],
    orders: Iterable[Order],
    call: Call,
    profile: RatingProfile,
) -> list[Action]:
    """One action for each of the orders that can be rated; the same call yields the same ids."""
    found = []
    for order in orders:
        rule = rating_of(knowledge, facts, decisions, order)
        if rule is not None:
            name = "|".join((call.client, call.hook_instance, "rating", order_key(order)))
            consult_id = f"urn:uuid:{named(NAMESPACE, name)}"
            found.append(rating_action(knowledge, rule, order, consult_id, profile))
    return [action for action in found if action is not None]


def rating_of(
    knowledge: Knowledge, facts: Facts, decisions: Iterable[Decision], order: Order
) -> RatingRule | None:
    """The first rule that holds; None when none does, or one before it cannot be told."""
    ratings = knowledge.ratings
    if ratings is None or _coded(facts, ratings.rated, order) is not YES:
        return None
    about = [each for each in decisions if each.order is None or each.order is order]
    for rule in ratings.rules:
        truth = _holds(rule, facts, about, order)
        if truth is not NO:
            return rule if truth is YES else None
    return None


def _holds(rule: RatingRule, facts: Facts, about: list[Decision], order: Order) -> Truth:
    stops = any_of(facts.holds(line, order) for line in rule.unless)
    truth = AND[_coded(facts, rule.when, order), NOT[stops.truth]]
    return AND[truth, _one_applies(rule, about)] if rule.applies else truth


def _coded(facts: Facts, lines: Lines, order: Order) -> Truth:
    """Whether all hold; what words alone support is not enough for a rating."""
    answer = all_of(facts.holds(line, order) for line in lines)
    return CANNOT_TELL if answer.worded else answer.truth


def _one_applies(rule: RatingRule, about: list[Decision]) -> Truth:
    truth = NO
    for decision in about:
        truth = OR[truth, _fully(decision) if decision.id in rule.applies else NO]
    return truth


def _fully(decision: Decision) -> Truth:
    """Whether it applies at full strength, with nothing left unchecked that its class wants checked."""
    if decision.outcome is Outcome.APPLIES:
        return CANNOT_TELL if decision.steps or decision.group_unchecked else YES
    return NO if decision.outcome is Outcome.DOES_NOT_APPLY else CANNOT_TELL


def rating_action(
    knowledge: Knowledge, rule: RatingRule, order: Order, consult_id: str, profile: RatingProfile
) -> Action | None:
    """The order as it was sent with its rating, or None where there is no such order, or it is no FHIR.

    Only extensions are added, those of an earlier rating replaced; `consult_id` is a URI.
    """
    if order.kind != _RATED or "/" not in order.reference:
        return None
    sent = order.raw.get("extension") or []
    kept = [each for each in sent if not (isinstance(each, dict) and each.get("url") in _OURS)]
    added = _extensions(knowledge, rule, consult_id, profile)
    rated = {**without_empty(order.raw), "extension": [*kept, *added]}
    if not valid(rated):
        return None
    return Action(type="update", description=f"Adds the rating of this order: {rule.rating}.", resource=rated)


def _extensions(
    knowledge: Knowledge, rule: RatingRule, consult_id: str, profile: RatingProfile
) -> Iterator[dict[str, Any]]:
    yield {
        "url": RATING,
        "valueCodeableConcept": {"coding": [{"system": _RATINGS, "code": rule.rating}]},
    }
    if profile.consulted:
        yield {"url": CONSULTED, "valueString": profile.consulted}
    yield {"url": CONSULT_ID, "valueUri": consult_id}
    applied = knowledge.evidence[rule.because].url if rule.because else None
    if applied:
        yield {"url": APPLIED, "valueUri": applied}
