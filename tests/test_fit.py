"""What a client can show: each rule of a profile, and that nothing is lost by it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.fit import body, fit
from app.knowledge.load import load
from app.profiles import PROFILES, Profile
from app.protocol.response import Action, Card, Coding, Link, Response, Source, Suggestion
from app.record.values import Concept, Order
from app.settings import Settings
from tests.conformance.invariants import check_first_release, check_response

SENT = {
    "resourceType": "ServiceRequest",
    "id": "s1",
    "status": "draft",
    "intent": "order",
    "priority": "urgent",
    "identifier": [{"value": "9"}],
    "code": {"text": "picture"},
    "subject": {"reference": "Patient/1"},
}
NEW = {key: SENT[key] for key in ("resourceType", "status", "intent", "subject")}
REST = Action(type="create", description="Orders rest.", resource=NEW)
REMOVE = Action(type="delete", description="Removes it.", resource_id="ServiceRequest/s1")
REPLACE = Action(type="update", description="Another.", resource={**SENT, "code": {"text": "better picture"}})
HURRY = Action(type="update", description="Sooner.", resource={**SENT, "priority": "stat"})


def order(kind: str = "ServiceRequest", raw: dict[str, Any] | None = None) -> Order:
    """The order of the call."""
    return Order(kind=kind, reference=f"{kind}/s1", position=0, concept=Concept(), raw=raw or SENT)


def offered(
    *actions: Action,
    label: str = "Do it",
    recommended: bool = False,
    uuid: str = "11111111-1111-5111-8111-111111111111",
) -> Suggestion:
    """One click."""
    return Suggestion(
        label=label,
        uuid=uuid,
        is_recommended=recommended or None,
        actions=list(actions),
    )


def card(*suggestions: Suggestion, behavior: Any = "any", **more: Any) -> Card:
    """A card with everything that a card can have."""
    fields: dict[str, Any] = {
        "uuid": "22222222-2222-5222-8222-222222222222",
        "summary": "Look.",
        "indicator": "critical",
        "detail": "- **Why:** a\\_b",
        "source": Source(
            label="Thumbs",
            url="https://thumbs.example",
            topic=Coding(code="look-at-thumb", system="urn:t", display="Look"),
        ),
        "override_reasons": [Coding(code="seen", system="urn:r", display="Seen")],
        "links": [
            Link(label="A", url="https://a.example/x", type="absolute"),
            Link(label="B", url="https://b.example/x", type="smart", app_context="c"),
        ],
    }
    chosen = behavior if suggestions else None
    return Card(**{**fields, "suggestions": list(suggestions) or None, "selection_behavior": chosen, **more})


def fitted(made: Card, *, orders: tuple[Order, ...] = (order(),), **profile: Any) -> Card:
    """The card as a client with such a profile sees it."""
    (shown,) = fit(Response(cards=[made]), Profile(**profile), orders, None).cards
    return shown


def labels(made: Card) -> list[str]:
    """What can be clicked."""
    return [each.label for each in made.suggestions or ()]


def kinds(made: Card) -> list[list[str]]:
    """The types of the actions of each suggestion."""
    return [[action.type for action in each.actions or ()] for each in made.suggestions or ()]


def test_a_client_that_shows_everything_gets_the_very_same_response() -> None:
    response = Response(cards=[card(offered(REST, REMOVE))], system_actions=[HURRY])
    assert fit(response, PROFILES["spec"], (order(),), None) is response
    assert fit(response, PROFILES["spec"], (order(),), "R4") is response


@pytest.mark.parametrize("name", PROFILES)
def test_no_card_is_lost_in_any_profile_and_none_says_less_than_it_must(name: Any) -> None:
    made = card(offered(REPLACE, label="Replace it"), offered(REST, label="Rest"))
    (shown,) = fit(Response(cards=[made]), PROFILES[name], (order(),), "DSTU2").cards
    assert (shown.summary, shown.indicator, shown.source.label) == ("Look.", "critical", "Thumbs")
    for label in ("Replace it", "Rest"):
        assert label in f"{labels(shown)} {shown.detail}"


def test_an_update_of_what_is_ordered_becomes_a_new_order_and_a_removal() -> None:
    shown = fitted(card(offered(REPLACE)), updates="split")
    assert kinds(shown) == [["create", "delete"]]
    create, delete = (shown.suggestions or [])[0].actions or []
    assert create.resource == {
        **{key: each for key, each in SENT.items() if key not in ("id", "identifier")},
        "code": {"text": "better picture"},
    }
    assert delete.resource_id == "ServiceRequest/s1"


def test_an_update_of_anything_else_is_said_in_words_rather_than_lost_in_a_new_order() -> None:
    shown = fitted(card(offered(HURRY, label="Sooner")), updates="split")
    assert (shown.suggestions, shown.selection_behavior) == (None, None)
    assert (shown.detail or "").endswith("**Not offered as a click here:** Sooner.")


def test_a_code_that_was_only_cleaned_of_nulls_is_still_the_same_order() -> None:
    sent = order(raw={**SENT, "code": {"text": "picture", "coding": [None, {"display": None}]}})
    assert labels(fitted(card(offered(HURRY)), updates="split", orders=(sent,))) == []


def test_an_update_of_an_order_that_is_not_of_the_call_is_said_in_words() -> None:
    assert labels(fitted(card(offered(REPLACE)), updates="split", orders=())) == []


def test_a_client_without_updates_reads_of_them() -> None:
    shown = fitted(card(offered(REPLACE, label="Replace"), offered(REST, label="Rest")), updates="no")
    assert labels(shown) == ["Rest"]
    assert "**Not offered as a click here:** Replace." in (shown.detail or "")


def test_a_client_without_new_orders_reads_of_them_and_can_still_remove() -> None:
    shown = fitted(card(offered(REST, label="Rest"), offered(REMOVE, label="Remove")), creates=False)
    assert labels(shown) == ["Remove"]
    assert "Rest." in (shown.detail or "")


def test_a_client_that_takes_over_the_code_only_is_told_to_check_the_rest() -> None:
    shown = fitted(card(offered(REST), offered(REPLACE), offered(REMOVE)), details=False, updates="split")
    described = [action.description for each in shown.suggestions or () for action in each.actions or ()]
    assert [each.endswith("your system sets its own.") for each in described] == [True, True, False, False]
    assert described[0].startswith("Orders rest. Check its priority")


def test_an_update_is_not_split_for_a_client_without_new_orders() -> None:
    assert labels(fitted(card(offered(REPLACE)), updates="split", creates=False)) == []


def test_half_of_a_suggestion_is_never_offered() -> None:
    assert labels(fitted(card(offered(REMOVE, REST)), creates=False)) == []


def test_one_action_a_suggestion_makes_parts_that_say_so_with_uuids_of_their_own() -> None:
    shown = fitted(card(offered(REPLACE, label="Replace")), updates="split", one_action=True)
    assert kinds(shown) == [["create"], ["delete"]]
    first, second = shown.suggestions or []
    assert first.label == "Replace (1 of 2: the new order)"
    assert second.label == "Replace (2 of 2: removes the old order)"
    assert [each.description for each in first.actions or ()] == [
        "Creates a draft order in place of this one, which is removed separately."
    ]
    assert first.uuid == "11111111-1111-5111-8111-111111111111" != second.uuid
    assert fitted(card(offered(REPLACE, label="Replace")), updates="split", one_action=True) == shown


def test_one_action_a_suggestion_leaves_single_ones_alone() -> None:
    made = card(offered(REST), offered(REMOVE))
    assert fitted(made, one_action=True).suggestions == made.suggestions


def test_a_client_that_knows_only_any_gets_one_of_those_that_exclude_each_other() -> None:
    made = card(
        offered(REST, label="A"), offered(REMOVE, label="B", recommended=True), behavior="at-most-one"
    )
    shown = fitted(made, suggestions="any")
    assert (labels(shown), shown.selection_behavior) == (["B"], "any")
    assert "**Not offered as a click here:** A." in (shown.detail or "")


def test_a_client_that_knows_only_any_keeps_those_that_go_together() -> None:
    shown = fitted(card(offered(REST, label="A"), offered(REMOVE, label="B")), suggestions="any")
    assert (labels(shown), shown.selection_behavior) == (["A", "B"], "any")


def test_a_client_that_knows_only_at_most_one_has_one_recommended() -> None:
    made = card(offered(REST, label="A", recommended=True), offered(REMOVE, label="B", recommended=True))
    shown = fitted(made, suggestions="at-most-one")
    assert [each.is_recommended for each in shown.suggestions or ()] == [True, None]
    assert shown.selection_behavior == "at-most-one"


def test_a_client_without_suggestions_reads_of_all_of_them() -> None:
    shown = fitted(card(offered(REST, label="Rest_now"), offered(REMOVE, label="Remove")), suggestions="none")
    assert (shown.suggestions, shown.selection_behavior) == (None, None)
    assert (shown.detail or "").endswith("**Not offered as a click here:** Rest\\_now; Remove.")


def test_a_card_without_detail_gets_one_where_there_is_something_to_say() -> None:
    assert fitted(card(detail=None), suggestions="none").detail is None
    shown = fitted(card(offered(REST, label="Rest"), detail=None), suggestions="none")
    assert shown.detail == "**Not offered as a click here:** Rest."


def test_plain_detail_has_no_marks() -> None:
    shown = fitted(card(offered(REST, label="Rest_now")), suggestions="none", detail="plain")
    assert shown.detail == "- Why: a_b\n\nNot offered as a click here: Rest_now."


def test_links_are_kept_by_host_or_not_at_all() -> None:
    assert [each.label for each in fitted(card(), links="listed", link_hosts=("b.example",)).links or ()] == [
        "B"
    ]
    assert fitted(card(), links="listed").links is None
    assert fitted(card(), links="none", link_hosts=("b.example",)).links is None


def test_app_context_is_left_out_where_it_is_not_understood() -> None:
    assert [each.app_context for each in fitted(card(), app_context=False).links or ()] == [None, None]


def test_topics_are_alphanumeric_short_and_the_same_each_time() -> None:
    topic = fitted(card(), topics="alphanumeric").source.topic
    assert topic is not None
    assert (topic.code, topic.display) == ("lookatthumb", "Look")
    long = Source(label="L", topic=Coding(code="é-" + "ab-" * 80, system="urn:t"))
    cut = fitted(card(source=long), topics="alphanumeric").source.topic
    assert cut is not None
    assert cut.code == "ab" * 50
    assert fitted(card(source=Source(label="L")), topics="alphanumeric").source.topic is None


def test_no_two_recommendations_have_the_same_alphanumeric_topic() -> None:
    names = load(Settings().cards).recommendations
    codes = {"".join(each for each in name if each.isalnum())[:100] for name in names}
    assert len(codes) == len(names)


def test_override_reasons_are_left_out_where_they_are_not_understood() -> None:
    assert fitted(card(), override_reasons=False).override_reasons is None


@pytest.mark.parametrize(
    ("where", "keys"),
    [
        ("root", {"systemActions"}),
        ("both", {"systemActions", "extension"}),
        ("extension", {"extension"}),
        ("none", set()),
    ],
)
def test_system_actions_stand_where_the_client_looks_for_them(where: Any, keys: set[str]) -> None:
    response = Response(cards=[], system_actions=[HURRY])
    found = json.loads(body(response, Profile(system_actions=where), ()))
    assert set(found) == {"cards"} | keys
    assert all(found.get(key, {}).get("systemActions", []) != [] for key in keys - {"systemActions"})
    assert "extension" not in json.loads(body(Response(cards=[]), Profile(system_actions=where), ()))


@pytest.mark.parametrize("version", ["STU3", "DSTU2", "3.0.1"])
def test_a_client_of_an_earlier_fhir_release_is_offered_no_order_of_ours(version: str) -> None:
    made = card(
        offered(REST, label="Rest"), offered(REPLACE, label="Replace"), offered(REMOVE, label="Remove")
    )
    (shown,) = fit(Response(cards=[made]), Profile(), (order(),), version).cards
    assert labels(shown) == ["Remove"]
    assert "Rest; Replace." in (shown.detail or "")


@pytest.mark.parametrize("version", ["R4", "R4B", "4.0.1", None])
def test_r4_is_what_we_speak(version: str | None) -> None:
    response = Response(cards=[card(offered(REST))])
    assert fit(response, Profile(), (order(),), version) is response


def test_orders_of_an_earlier_release_tell_the_release_too() -> None:
    shown = fitted(card(offered(REST)), orders=(order("ProcedureRequest"),))
    assert labels(shown) == []


def test_the_first_release_has_nothing_that_came_later() -> None:
    made = card(offered(REST, recommended=True), offered(REMOVE))
    profile = PROFILES["cds-hooks-1.0"]
    found = json.loads(body(Response(cards=[made], system_actions=[HURRY]), profile, (order(),)))
    assert set(found) == {"cards", "extension"}
    (shown,) = found["cards"]
    assert set(shown) == {
        "summary",
        "indicator",
        "detail",
        "source",
        "suggestions",
        "selectionBehavior",
        "links",
    }
    assert set(shown["source"]) == {"label", "url"}
    assert shown["selectionBehavior"] == "at-most-one"
    assert [set(each) for each in shown["suggestions"]] == [{"label", "uuid", "actions"}] * 2
    assert shown["suggestions"][1]["actions"] == [
        {"type": "delete", "description": "Removes it.", "resource": "ServiceRequest/s1"}
    ]


def profiles() -> st.SearchStrategy[Profile]:
    """Any profile that a site file can say."""
    fields = {
        "release": ["2.0", "1.0"],
        "suggestions": ["both", "any", "at-most-one", "none"],
        "one_action": [True, False],
        "creates": [True, False],
        "details": [True, False],
        "updates": ["yes", "split", "no"],
        "links": ["all", "listed", "none"],
        "app_context": [True, False],
        "system_actions": ["root", "extension", "both", "none"],
        "topics": ["code", "alphanumeric"],
        "override_reasons": [True, False],
        "detail": ["markdown", "plain"],
    }
    return st.builds(Profile, **{name: st.sampled_from(each) for name, each in fields.items()})


LABELS = {"Rest": REST, "Remove": REMOVE, "Replace": REPLACE, "Hurry": HURRY}


@settings(deadline=None, derandomize=True)
@given(
    profiles(),
    st.lists(st.sampled_from(sorted(LABELS)), unique=True),
    st.sampled_from(["any", "at-most-one"]),
    st.sampled_from([None, "R4", "STU3"]),
)
def test_whatever_a_client_shows_no_card_and_no_suggestion_is_lost_and_the_answer_is_valid(
    profile: Profile, chosen: list[str], behavior: Any, version: str | None
) -> None:
    clicks = [
        offered(LABELS[each], label=each, uuid=f"{number}1111111-1111-5111-8111-111111111111")
        for number, each in enumerate(chosen, 1)
    ]
    made = card(*clicks, behavior=behavior)
    response = Response(cards=[made], system_actions=[HURRY])
    shown = json.loads(body(response, profile, (order(),), version))
    (check_first_release if profile.release == "1.0" else check_response)(shown)
    (told,) = shown["cards"]
    assert (told["summary"], told["indicator"]) == (made.summary, made.indicator)
    said = " ".join([told.get("detail", ""), *(each["label"] for each in told.get("suggestions", []))])
    assert [each for each in chosen if each not in said] == []


def test_a_card_names_its_content_unless_the_client_cannot_take_it() -> None:
    named = {"example.content": {"version": "1"}}
    found = Response(cards=[card(extension=named)])
    shown = [fit(found, Profile(extensions=each), (), None).cards[0].extension for each in (True, False)]
    assert shown == [named, None]
