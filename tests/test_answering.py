"""One call through the pure core: from a request and what was gathered to its cards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from app.answering import Answered, answer
from app.clients import Client
from app.decide import Outcome
from app.errors import PreconditionFailed
from app.protocol.request import Context, HookRequest
from app.protocol.response import encode
from app.record.prefetch import Material
from app.record.values import Gap
from tests.conformance.invariants import check_response
from tests.content import knowledge
from tests.records import TODAY

SITE = "https://thumbs.example/c"
SOURCES = (
    "Patient", "Condition", "Encounter", "Observation", "Procedure", "ServiceRequest", "AllergyIntolerance",
    "MedicationRequest", "DiagnosticReport", "ImagingStudy",
)  # fmt: skip
SUBJECT = {"subject": {"reference": "Patient/1"}}
SORE = {
    "resourceType": "Condition",
    "id": "c1",
    **SUBJECT,
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"coding": [{"system": SITE, "code": "T1"}]},
    "onsetDateTime": "2026-05-20",
}
NUMB = {
    **SORE,
    "id": "c2",
    "code": {"coding": [{"system": SITE, "code": "T2"}]},
    "onsetDateTime": "2026-05-30",
}


def picture(name: str) -> dict[str, Any]:
    """A draft order for a picture."""
    code = {"coding": [{"system": "https://thumbs.example/o", "code": "P1", "display": "Thumb picture"}]}
    return {
        "resourceType": "ServiceRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "code": code,
        **SUBJECT,
    }


def answered(
    *resources: dict[str, Any],
    drafts: tuple[dict[str, Any], ...] = (),
    service: str = "thumb-sign",
    unread: tuple[str, ...] = (),
    selections: tuple[str, ...] | None = None,
    max_cards: int | None = None,
    instance: str = "i-1",
) -> Answered:
    """The answer to one call in which every source was answered but the unread ones."""
    found = knowledge().service(service)
    assert found is not None
    bundle = {"resourceType": "Bundle", "entry": [{"resource": each} for each in drafts]}
    context = Context("1", None, None, selections, Raw(json.dumps(bundle).encode()) if drafts else None)
    held: dict[str, tuple[Raw, ...]] = {}
    for each in resources:
        kind = each["resourceType"]
        held[kind] = (*held.get(kind, ()), Raw(json.dumps(each).encode()))
    gaps = tuple(Gap(source, "refused (403)") for source in unread)
    material = Material(held, gaps, frozenset(SOURCES) - set(unread))
    request = HookRequest(found.hook, instance, context)
    client = Client("someone", max_cards=max_cards)
    return answer(knowledge(), client, found, request, material, TODAY)


def topics(of: Answered) -> list[str]:
    """The recommendations that have cards."""
    return [each.source.topic.code for each in of.response.cards if each.source.topic]


def test_a_call_with_nothing_to_say_has_no_cards() -> None:
    found = answered()
    counts = found.counts()
    assert found.response.cards == []
    assert (counts.pop("cards"), counts.pop("held_back")) == (0, 0)
    assert sum(counts.values()) == len(found.decisions) > 0


def test_cards_are_composed_and_valid() -> None:
    found = answered(SORE, drafts=(picture("a"),))
    assert topics(found) == ["avoid-thumb-picture", "thumb-care"]
    check_response(json.loads(encode(found.response)))


def test_a_red_flag_silences_a_deterrent_and_comes_alone() -> None:
    assert topics(answered(SORE, NUMB, drafts=(picture("a"),))) == ["suspect-numb-thumb"]


def test_one_card_for_each_order() -> None:
    found = answered(SORE, drafts=(picture("a"), picture("b")))
    assert topics(found).count("avoid-thumb-picture") == 2
    assert len({each.uuid for each in found.response.cards}) == 3


def test_where_a_service_judges_what_is_selected_the_others_are_context() -> None:
    drafts = (picture("a"), picture("b"))
    selected = answered(SORE, drafts=drafts, service="thumb-select", selections=("ServiceRequest/b",))
    assert [each.id for each in selected.decisions if each.order and each.order.position == 0] == []
    assert topics(selected).count("avoid-thumb-picture") == 1
    signed = answered(SORE, drafts=drafts, selections=("ServiceRequest/b",))
    assert topics(signed).count("avoid-thumb-picture") == 2


def test_the_limit_of_the_site_holds_and_what_is_held_back_is_counted() -> None:
    found = answered(SORE, drafts=(picture("a"), picture("b")), max_cards=1)
    assert found.counts()["cards"] == 1
    assert found.counts()["held_back"] == 2


def test_a_retry_yields_the_same_and_another_call_other_uuids() -> None:
    first, again = answered(SORE), answered(SORE)
    assert encode(first.response) == encode(again.response)
    other = answered(SORE, instance="i-2")
    assert first.response.cards[0].uuid != other.response.cards[0].uuid


def test_what_was_not_read_is_said_on_the_card() -> None:
    found = answered(SORE, drafts=(picture("a"),), unread=("Procedure", "Encounter"))
    card = found.response.cards[0]
    assert card.indicator == "info"
    assert "Refused (403): " in card.detail


def test_nothing_read_and_nothing_that_applies_is_refused() -> None:
    with pytest.raises(PreconditionFailed):
        answered(unread=SOURCES)


def test_nothing_read_is_no_reason_to_hide_what_the_request_itself_says() -> None:
    reason = {"reasonCode": [{"coding": [{"system": SITE, "code": "T2"}]}]}
    found = answered(drafts=({**picture("a"), **reason},), unread=SOURCES)
    assert topics(found) == ["suspect-numb-thumb"]


def test_one_source_that_was_read_is_enough_for_an_answer() -> None:
    unread = tuple(set(SOURCES) - {"Encounter"})
    assert answered(unread=unread).response.cards == []


@pytest.mark.parametrize(
    "found",
    [
        answered(),
        answered(SORE, drafts=(picture("a"), picture("b"))),
        answered(SORE, NUMB, drafts=(picture("a"),), unread=("Encounter",)),
        answered(unread=("Condition",), drafts=(picture("a"),)),
        answered(service="thumb-view"),
    ],
)
def test_the_journal_is_told_every_decision_in_its_order(found: Answered) -> None:
    composition = found.composition
    places = {id(each): "shown" for each, _ in composition.shown}
    places |= {id(each): "held back" for each in composition.held_back}
    told = [
        [
            each.id,
            each.outcome.value,
            each.order.position if each.order else None,
            list(each.deciding),
            each.indicator if each.outcome is Outcome.APPLIES else None,
            each.steps,
            places.get(id(each)),
            [[reason.source, reason.why, reason.label] for reason in each.unchecked],
        ]
        for each in found.decisions
    ]
    assert len(told) == len(found.decisions) > len(found.decisions.looked_into)
    assert json.loads(found.account.listed().json) == told


def test_the_list_for_the_journal_is_made_once_for_calls_that_decide_the_same() -> None:
    one, same = (answered(SORE, drafts=(picture("a"),), instance=name) for name in "ab")
    other = answered(SORE, drafts=(picture("a"), picture("b")))
    assert one.account.listed() is same.account.listed()
    assert one.account.listed().digest != other.account.listed().digest
