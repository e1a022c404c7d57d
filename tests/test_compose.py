"""Composing: which decisions become cards, in which order, and what is held back."""

from __future__ import annotations

from typing import Any

from app.compose import ALL, Composition, compose
from app.decide import Decision, Outcome
from app.record.values import Order
from tests.content import knowledge
from tests.records import order

FIRST, SECOND = order("thumb-picture", name="a", position=0), order("thumb-picture", name="b", position=1)
DETERRENT, RED_FLAG, WATCH = "avoid-thumb-picture", "suspect-numb-thumb", "watch-hot-thumb"
SAFETY, CARE, SCHOOL = "avoid-salve-with-plaster", "thumb-care", "thumb-school"


def applying(name: str, indicator: Any = "warning", about: Order | None = None, **more: Any) -> Decision:
    """A recommendation that applies."""
    card = knowledge().recommendations[name]
    return Decision(name, card, about, more.pop("outcome", Outcome.APPLIES), indicator=indicator, **more)


def composed(*decisions: Decision, max_cards: int | None = None) -> Composition:
    """What becomes of the decisions."""
    return compose(knowledge(), decisions, max_cards)


def title(name: str) -> str:
    """What the line on another card says."""
    return knowledge().recommendations[name].title


def shown(composition: Composition) -> list[str]:
    """The ids of the cards, in order."""
    return [each.id for each, _ in composition.shown]


def test_only_what_applies_is_shown_and_the_rest_is_not_held_back() -> None:
    silent = applying(CARE, outcome=Outcome.DOES_NOT_APPLY)
    unknown = applying(SCHOOL, outcome=Outcome.CANNOT_TELL)
    found = composed(silent, unknown, applying(SAFETY))
    assert (shown(found), found.held_back) == ([SAFETY], ())


def test_classes_come_in_the_order_of_their_groups_whatever_their_indicators() -> None:
    found = composed(
        applying(CARE, "critical"),
        applying(DETERRENT, "warning"),
        applying(SAFETY, "warning"),
        applying(WATCH, "info"),
    )
    assert shown(found) == [WATCH, SAFETY, DETERRENT, CARE]


def test_within_a_class_the_stronger_indicator_comes_first() -> None:
    gentle, strong = applying(DETERRENT, "info", FIRST), applying(DETERRENT, "warning", SECOND)
    assert [each for each, _ in composed(gentle, strong).shown] == [strong, gentle]


def test_within_an_indicator_orders_come_as_they_were_sent() -> None:
    later, earlier = applying(DETERRENT, about=SECOND), applying(DETERRENT, about=FIRST)
    assert [each.order for each, _ in composed(later, earlier).shown] == [FIRST, SECOND]


def test_the_stronger_replaces_the_weaker_and_the_weaker_is_recorded() -> None:
    found = composed(applying(WATCH, "info"), applying(RED_FLAG, "info"))
    assert shown(found) == [RED_FLAG]
    assert [each.id for each in found.held_back] == [WATCH]


def test_one_that_words_made_gentler_replaces_nothing_that_stands_above_it() -> None:
    assert shown(composed(applying(WATCH, "critical"), applying(RED_FLAG, "warning"))) == [WATCH, RED_FLAG]
    assert shown(composed(applying(WATCH, "warning"), applying(RED_FLAG, "critical"))) == [RED_FLAG]


def test_a_stronger_one_that_does_not_apply_replaces_nothing() -> None:
    assert shown(composed(applying(WATCH), applying(RED_FLAG, outcome=Outcome.CANNOT_TELL))) == [WATCH]


def test_a_stronger_one_about_another_order_replaces_nothing() -> None:
    assert shown(composed(applying(RED_FLAG, about=FIRST), applying(WATCH, about=SECOND))) == [
        RED_FLAG,
        WATCH,
    ]
    assert shown(composed(applying(RED_FLAG, about=FIRST), applying(WATCH, about=FIRST))) == [RED_FLAG]
    assert shown(composed(applying(RED_FLAG), applying(WATCH, about=SECOND))) == [RED_FLAG]
    assert shown(composed(applying(RED_FLAG, about=FIRST), applying(WATCH))) == [RED_FLAG]


def test_of_those_that_share_one_card_the_first_has_it_and_names_the_others() -> None:
    found = composed(applying(SCHOOL, "info"), applying(CARE, "info"))
    assert [(each.id, also) for each, also in found.shown] == [(CARE, ("Send to thumb school",))]
    assert [each.id for each in found.held_back] == [SCHOOL]


def test_of_those_that_share_one_card_the_strongest_indicator_has_it() -> None:
    found = composed(applying(CARE, "info"), applying(SCHOOL, "warning"))
    assert [(each.id, also) for each, also in found.shown] == [(SCHOOL, (title(CARE),))]


def test_alone_each_of_them_has_the_card() -> None:
    assert [(each.id, also) for each, also in composed(applying(SCHOOL)).shown] == [(SCHOOL, ())]


def many(count: int, indicator: Any = "warning") -> list[Decision]:
    """As many cards about as many orders."""
    orders = [order("thumb-picture", name=str(each), position=each) for each in range(count)]
    return [applying(DETERRENT, indicator, each) for each in orders]


def test_there_are_at_most_four_cards_and_what_is_held_back_is_recorded() -> None:
    found = composed(*many(6))
    assert [each.order.position for each, _ in found.shown if each.order] == [0, 1, 2, 3]
    assert [each.order.position for each in found.held_back if each.order] == [4, 5]


def test_a_site_may_set_another_limit() -> None:
    assert len(composed(*many(6), max_cards=2).shown) == 2
    assert len(composed(*many(6), max_cards=9).shown) == 6


def test_critical_cards_are_never_dropped() -> None:
    found = composed(*many(6, "critical"), max_cards=2)
    assert len(found.shown) == 6
    assert found.held_back == ()


def test_critical_cards_take_the_room_of_the_others_and_keep_their_place() -> None:
    found = composed(applying(SAFETY, "warning"), *many(2, "critical"), applying(CARE, "info"), max_cards=3)
    assert [each.indicator for each, _ in found.shown] == ["warning", "critical", "critical"]
    assert [each.id for each in found.held_back] == [CARE]


def test_where_critical_cards_fill_the_limit_there_is_no_room_for_others() -> None:
    found = composed(applying(CARE, "info"), *many(3, "critical"), max_cards=2)
    assert [each.indicator for each, _ in found.shown] == ["critical"] * 3


def test_what_is_in_shadow_takes_no_room_replaces_nothing_and_folds_nothing() -> None:
    decisions = [applying(RED_FLAG), applying(WATCH), applying(CARE), applying(SCHOOL)]
    found = compose(knowledge(), decisions, 2, frozenset({RED_FLAG, CARE}))
    assert shown(found) == [WATCH, SCHOOL]
    assert [also for _, also in found.shown] == [(), ()]
    assert [each.id for each in found.in_shadow] == [RED_FLAG, CARE]
    assert found.held_back == ()


def test_everything_can_be_in_shadow() -> None:
    found = compose(knowledge(), [applying(RED_FLAG, "critical"), applying(CARE)], None, frozenset({ALL}))
    assert (found.shown, [each.id for each in found.in_shadow]) == ((), [RED_FLAG, CARE])


def test_a_folded_card_takes_no_room() -> None:
    assert shown(composed(applying(SAFETY), applying(CARE), applying(SCHOOL), max_cards=2)) == [SAFETY, CARE]
