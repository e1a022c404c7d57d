"""Ratings: an order is rated only where it can be told, and nothing but extensions is added to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.decide import decide
from app.facts.asking import facts_of
from app.knowledge.criterion import parse
from app.knowledge.load import Knowledge
from app.knowledge.ratings import RatingRule, Ratings
from app.knowledge.shaped import written
from app.protocol.response import Action
from app.rate import APPLIED, CONSULT_ID, CONSULTED, RATING, RatingProfile, ratings
from app.record.record import Record
from app.record.values import Order
from app.render import Call
from app.suggest import Setting
from tests.content import knowledge
from tests.records import ago, but, coded, order, problem, record, unread, visit, worded

CALL = Call("instance", "", Setting(patient="Patient/1", today="2026-06-01"))


def rule(rating: str, **said: Any) -> RatingRule:
    """A rule as somebody wrote it."""
    return written(RatingRule, {"rating": rating, **said})


FIRST_NOT_FOR_NUMB_THUMBS = (
    rule("appropriate", when=("numb_thumb",), because="thumb-2020"),
    rule("not-appropriate", applies=("avoid-thumb-picture",), because="finger-2010"),
    rule("no-criteria-apply", when=("glove",), unless=("sore_thumb",)),
)
SORE = problem("sore-thumb", onset=ago(10))


def content(*rules: RatingRule) -> Knowledge:
    rated = Ratings(rated=(parse("picture_ordered"),), rules=rules or FIRST_NOT_FOR_NUMB_THUMBS)
    return replace(knowledge(), ratings=rated)


def actions(read: Record, *rules: RatingRule, profile: RatingProfile | None = None) -> list[Action]:
    known = content(*rules)
    facts = facts_of(known, read)
    decisions = decide(known, facts, "order-sign", read.judged)
    return ratings(known, facts, decisions, read.judged, CALL, profile or RatingProfile())


def extensions(action: Action) -> dict[str, Any]:
    assert action.resource is not None
    return {
        each["url"]: next(value for key, value in each.items() if key != "url")
        for each in action.resource["extension"]
    }


def rated(read: Record, *rules: RatingRule) -> list[str]:
    return [extensions(each)[RATING]["coding"][0]["code"] for each in actions(read, *rules)]


def drafted(*values: object, draft: Order | None = None, **more: object) -> Record:
    return record(*values, orders=[draft or order("thumb-picture")], **more)


def test_an_order_that_a_card_discourages_at_full_strength_is_not_appropriate():
    assert rated(drafted(SORE)) == ["not-appropriate"]


def test_an_order_that_a_fact_supports_is_appropriate():
    assert rated(drafted(SORE, problem("numb-thumb", onset=ago(2)))) == ["appropriate"]


def test_an_order_to_which_nothing_applies_is_said_to_have_no_criteria_only_where_that_is_known():
    assert rated(drafted(problem("glove"))) == ["no-criteria-apply"]
    assert rated(drafted()) == []


def test_an_exclusion_that_holds_keeps_a_rule_from_holding():
    bare = rule("no-criteria-apply", when=("glove",), unless=("sore_thumb",))
    assert rated(drafted(problem("glove")), bare) == ["no-criteria-apply"]
    assert rated(drafted(problem("glove"), SORE), bare) == []


def test_a_rule_that_cannot_be_told_hides_those_after_it():
    unknown = rule("appropriate", when=("splint_fitted",))
    certain = rule("not-appropriate", when=("sore_thumb",))
    read = drafted(SORE, gaps=[unread("Procedure")])
    assert rated(read, unknown, certain) == []
    assert rated(read, certain, unknown) == ["not-appropriate"]


def test_a_card_that_is_gentler_than_it_could_be_rates_nothing():
    assert rated(drafted(SORE, gaps=[unread("AllergyIntolerance")])) == []


def test_a_card_whose_alarms_were_not_fully_checked_rates_nothing():
    hot = problem("sore-thumb", onset=ago(10))
    assert rated(drafted(hot, gaps=[unread("Observation")])) == []


def test_a_card_of_which_it_cannot_be_told_whether_it_applies_rates_nothing():
    assert rated(drafted(gaps=[unread("Condition")])) == []


def test_words_alone_rate_nothing():
    assert rated(drafted(problem(worded("sore-thumb"), onset=ago(10)))) == []
    assert rated(drafted(problem(worded("numb-thumb"), onset=ago(2)))) == []
    assert rated(drafted(SORE, draft=order(worded("thumb-picture")))) == []


def test_an_order_of_another_kind_is_not_rated():
    assert rated(drafted(SORE, draft=order("splint"))) == []


def test_content_without_ratings_rates_nothing():
    facts = facts_of(knowledge(), drafted(SORE))
    draft = order("thumb-picture")
    assert ratings(knowledge(), facts, [], [draft], CALL, RatingProfile()) == []


def test_each_order_is_rated_for_itself_and_only_where_it_is_judged():
    first, second = order("thumb-picture", name="a"), order("thumb-picture", name="b", position=1)
    both = record(SORE, orders=[first, second])
    assert [each.resource and each.resource["id"] for each in actions(both)] == ["a", "b"]
    one = record(SORE, orders=[first, second], judged=[second])
    assert [each.resource and each.resource["id"] for each in actions(one)] == ["b"]


def test_an_order_that_cannot_be_updated_is_left_alone():
    nameless = but(order("thumb-picture"), reference="ServiceRequest")
    assert actions(drafted(SORE, draft=nameless)) == []
    assert actions(drafted(SORE, draft=order("thumb-picture", kind="DeviceRequest"))) == []


def test_an_update_holds_the_order_as_it_was_sent_and_nothing_changed_but_extensions():
    draft = order("thumb-picture")
    sent = {
        **draft.raw,
        "extension": [{"url": "https://ehr.example/x", "valueCode": "y"}],
        "note": [{"text": "n"}],
    }
    (action,) = actions(drafted(SORE, draft=but(draft, raw=sent)))
    assert action.type == "update"
    assert action.resource is not None
    assert {**action.resource, "extension": None} == {**sent, "extension": None}
    assert extensions(action)["https://ehr.example/x"] == "y"


def test_an_earlier_rating_is_replaced():
    draft = order("thumb-picture")
    old = [{"url": RATING, "valueCodeableConcept": {"coding": [{"code": "appropriate"}]}}]
    (action,) = actions(drafted(SORE, draft=but(draft, raw={**draft.raw, "extension": old})))
    assert action.resource is not None
    assert [each["url"] for each in action.resource["extension"]] == [RATING, CONSULT_ID]
    assert extensions(action)[RATING]["coding"][0]["code"] == "not-appropriate"


def test_a_rating_names_its_criteria_where_they_can_be_opened():
    assert APPLIED not in extensions(actions(drafted(SORE))[0])
    numb = actions(drafted(SORE, problem("numb-thumb", onset=ago(2))))[0]
    assert extensions(numb)[APPLIED] == "https://thumbs.example/2020"


def test_which_system_was_consulted_is_said_only_where_it_is_configured():
    assert CONSULTED not in extensions(actions(drafted(SORE))[0])
    (action,) = actions(drafted(SORE), profile=RatingProfile(consulted="X0000"))
    assert extensions(action)[CONSULTED] == "X0000"


def test_a_consultation_has_an_id_of_its_own_that_a_retry_repeats():
    first, second = order("thumb-picture", name="a"), order("thumb-picture", name="b", position=1)
    read = record(SORE, orders=[first, second])
    ids = [extensions(each)[CONSULT_ID] for each in actions(read)]
    assert ids == [extensions(each)[CONSULT_ID] for each in actions(read)]
    assert len(set(ids)) == 2
    assert all(each.startswith("urn:uuid:") for each in ids)


def test_a_card_that_an_exclusion_stops_rates_nothing_by_itself():
    assert rated(drafted(SORE, visit(class_code="IMP"))) == []


def test_a_concept_that_also_has_a_code_is_rated():
    both = coded("sore-thumb", worded=frozenset({"sore-thumb"}))
    assert rated(drafted(problem(both, onset=ago(10)))) == ["not-appropriate"]
