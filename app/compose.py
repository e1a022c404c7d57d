"""Which decisions become cards, in which order, and what is held back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.decide import Decision, Outcome
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import INDICATORS, Groups

ALL = "all"
"""In place of an id: every recommendation."""


@dataclass(frozen=True, slots=True)
class Composition:
    """The decisions that are shown, each with the titles folded into it; those held back; those in shadow."""

    shown: tuple[tuple[Decision, tuple[str, ...]], ...]
    held_back: tuple[Decision, ...]
    in_shadow: tuple[Decision, ...] = ()


def compose(
    knowledge: Knowledge,
    decisions: Iterable[Decision],
    max_cards: int | None = None,
    shadow: frozenset[str] = frozenset(),
) -> Composition:
    """Replace, fold, sort and limit as `groups.yaml` says; what is in `shadow` has no part in it.

    `shadow` holds ids of recommendations, or ALL.
    """
    groups = knowledge.groups
    everything = [each for each in decisions if each.outcome is Outcome.APPLIES]
    if not everything:
        return Composition((), (), ())
    applying = [each for each in everything if shadow.isdisjoint((each.id, ALL))] if shadow else everything
    if len(applying) == len(everything) == 1:
        return Composition(((everything[0], ()),), ())
    standing = _without_weaker(groups, applying)
    folded = list(_folded(groups, standing))
    kept = [each for each in standing if all(each is not other for other, _ in folded)]
    kept.sort(key=lambda each: _rank(groups, each))
    shown = _limited(groups, kept, max_cards or groups.max_cards)
    return Composition(
        tuple((each, _titles_on(folded, each)) for each in shown),
        tuple(each for each in applying if all(each is not other for other in shown)),
        tuple(each for each in everything if not shadow.isdisjoint((each.id, ALL))),
    )


def _rank(groups: Groups, decision: Decision) -> tuple[int, int, int]:
    """Class first, then indicator, then the order's place in the request."""
    return (
        list(groups.groups).index(decision.recommendation.group),
        _strength(decision),
        decision.order.position if decision.order else -1,
    )


def _strength(decision: Decision) -> int:
    """The place of its indicator, the strongest first."""
    return INDICATORS.index(decision.indicator)


def _without_weaker(groups: Groups, applying: list[Decision]) -> list[Decision]:
    """Without those that a stronger one replaces, for the same order or for the patient.

    What a match of words made gentler replaces nothing that stands above it.
    """
    weaker = {(rule.stronger, name) for rule in groups.replaces for name in rule.weaker}

    def replaced(each: Decision) -> bool:
        named = (other for other in applying if (other.id, each.id) in weaker)
        stronger = (other for other in named if _strength(other) <= _strength(each))
        return any(other.order in (None, each.order) or each.order is None for other in stronger)

    return [each for each in applying if not replaced(each)]


def _folded(groups: Groups, standing: list[Decision]) -> Iterator[tuple[Decision, Decision]]:
    """Decisions without a card of their own, each with the one whose card names them.

    The strongest indicator has the card; within one, the first in the list of the group.
    """
    for group in groups.groups.values():
        listed = [each for name in group.one_card for each in standing if each.id == name]
        competing = sorted(listed, key=_strength)
        yield from ((each, competing[0]) for each in competing[1:])


def _titles_on(folded: list[tuple[Decision, Decision]], card: Decision) -> tuple[str, ...]:
    return tuple(each.recommendation.title for each, onto in folded if onto is card)


def _limited(groups: Groups, ranked: list[Decision], limit: int) -> list[Decision]:
    """The first `limit`; the indicator that is always kept never falls to the limit."""
    kept = [each for each in ranked if each.indicator == groups.always_kept]
    room = max(0, limit - len(kept))
    others = [each for each in ranked if each.indicator != groups.always_kept][:room]
    chosen = {id(each) for each in kept + others}
    return [each for each in ranked if id(each) in chosen]
