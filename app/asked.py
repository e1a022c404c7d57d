"""A recommendation made ready to be decided: its criteria with those of its group, once for each content."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from app.facts.questions import Line, Lines, questions
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import Group, Offer, Recommendation, Variant
from app.knowledge.worked_out import worked_out


class Suggested(NamedTuple):
    """An offer with its criteria; `removes` the order that it is about."""

    offer: Offer
    when: Lines
    unless: Lines
    removes: bool


class Asked(Struct, frozen=True, eq=False):
    """A recommendation with what is asked for it.

    `stops` are all exclusions, `unchecked` is the fact of its group of which the summary says that it could
    not be told, and `essential` are the sources without which an exclusion that cannot be told costs a step.
    """

    id: str
    recommendation: Recommendation
    about_orders: bool
    group: Group
    when: Lines
    stops: Lines
    gentler: Lines
    unchecked: Line | None
    essential: frozenset[str]
    variants: tuple[tuple[Variant, Lines], ...]
    notes: tuple[tuple[str, Lines], ...]
    offers: tuple[Suggested, ...]


@worked_out
def asked_of(knowledge: Knowledge, recommendation_id: str) -> Asked:
    """A recommendation made ready, once for each content."""
    each, asked = knowledge.recommendations[recommendation_id], questions(knowledge)
    group = knowledge.groups.groups[each.group]
    return Asked(
        recommendation_id,
        each,
        each.about == "order",
        group,
        asked.lines(each.when),
        asked.lines(group.unless + each.unless),
        asked.lines(each.gentler_when),
        asked.fact(group.unchecked_fact) if group.unchecked_fact else None,
        frozenset(group.softened_by + each.essential),
        tuple((variant, asked.lines(variant.when)) for variant in each.say.variants),
        tuple((note.say, asked.lines(note.when)) for note in each.say.notes),
        tuple(
            Suggested(
                offer,
                asked.lines(offer.when),
                asked.lines(offer.unless),
                knowledge.suggestions[offer.suggestion].action == "delete",
            )
            for offer in each.offer
        ),
    )
