"""Draft orders in the forms in which EHRs send them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadRequest, TooMuch
from app.record.orders import Drafts, read_orders
from app.record.readers.references import referable
from app.record.values import Concept, Gap
from tests.record.samples import (
    CPT,
    ICD,
    LOCAL,
    RXNORM,
    SNOMED,
    concept,
    condition,
    medication_request,
    raw,
    scope,
    service_request,
    without,
)

SANDBOX = Path(__file__).parents[1] / "requests" / "sandbox"
LONG_ID = "eIYxA.7b_Z-" * 18


def _bundle(*resources: Any) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": each} for each in resources],
    }


def _drafts(*resources: Any, selections: list[str] | None = None) -> Drafts:
    return read_orders(raw(_bundle(*resources)), selections, scope())


def _draft(**changes: Any) -> dict[str, Any]:
    return service_request(status="draft", **changes)


def _one(resource: dict[str, Any]) -> Any:
    drafts = _drafts(resource)
    assert drafts.gaps == ()
    assert len(drafts.orders) == 1
    return drafts.orders[0]


def test_an_order_is_read() -> None:
    order = _one(_draft(id="s1", priority="urgent", reasonCode=[concept(ICD, "M54.5")]))

    assert (order.kind, order.reference, order.position) == ("ServiceRequest", "ServiceRequest/s1", 0)
    assert (order.status, order.priority, order.drug) == ("draft", "urgent", None)
    assert order.concept.coded == {"spine_mri"}
    assert order.concept.display == "lumbar spine MRI"
    assert [reason.coded for reason in order.reasons] == [{"back_pain"}]


def test_a_medication_order_has_its_drug() -> None:
    order = _one(medication_request(status="draft", reasonCode=concept(ICD, "M54.5")))

    assert order.drug.concept.coded == order.concept.coded == {"pain_relief"}
    assert order.drug.reasons == order.reasons
    assert order.drug.status == "draft"


@pytest.mark.parametrize(
    "resource",
    [
        service_request(resourceType="ProcedureRequest", intent="plan"),
        service_request(resourceType="ReferralRequest", code=None, serviceRequested=[concept(CPT, "72148")]),
        service_request(resourceType="DiagnosticOrder", code=None, item=[{"code": concept(CPT, "72148")}]),
        service_request(resourceType="DeviceRequest", code=None, codeCodeableConcept=concept(CPT, "72148")),
    ],
)
def test_orders_of_other_releases_and_types_are_read(resource: dict[str, Any]) -> None:
    order = _one(resource)

    assert order.kind == resource["resourceType"]
    assert order.concept.coded == {"spine_mri"}


def test_an_order_without_a_code_of_its_own_is_still_an_order() -> None:
    diet = {"resourceType": "NutritionOrder", "id": "n1", "patient": {"reference": "Patient/p1"}}

    assert _one(diet).concept.sets == frozenset()


def test_a_bundle_needs_no_type_and_a_bare_resource_no_bundle() -> None:
    untyped = {"resourceType": "Bundle", "entry": [{"resource": _draft()}]}
    one_entry = {"entry": {"resource": _draft()}}
    direct = {"entry": [_draft()]}

    for sent in (untyped, one_entry, direct, _draft()):
        assert [order.reference for order in read_orders(raw(sent), None, scope()).orders] == [
            "ServiceRequest/x1"
        ]


@pytest.mark.parametrize(
    "sent", [{"resourceType": "Bundle"}, {"resourceType": "Bundle", "entry": []}, {"entry": None}, {}]
)
def test_a_bundle_without_entries_holds_no_orders(sent: Any) -> None:
    assert read_orders(raw(sent), None, scope()) == Drafts()


def test_no_draft_orders_are_no_orders() -> None:
    assert read_orders(None, None, scope()) == Drafts()


@pytest.mark.parametrize("sent", [b"[]", b"5", b'"Bundle"', b"{", b"null"])
def test_what_is_no_bundle_is_refused(sent: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        read_orders(sent, None, scope())

    assert refused.value.element == "context.draftOrders"


def test_an_entry_that_is_no_resource_is_a_gap_and_keeps_the_positions() -> None:
    drafts = _drafts(None, 5, {"id": "x"}, _draft())

    assert drafts.gaps == (Gap("Order", "3 Orders could not be read"),)
    assert [order.position for order in drafts.orders] == [3]


def test_null_entries_are_gaps() -> None:
    drafts = read_orders({"entry": [None, "x", {"resource": _draft()}]}, None, scope())

    assert drafts.gaps == (Gap("Order", "2 Orders could not be read"),)
    assert len(drafts.orders) == 1


def test_a_draft_of_another_patient_is_refused_with_its_place() -> None:
    with pytest.raises(BadRequest) as refused:
        _drafts(_draft(), _draft(subject={"reference": "Patient/p2"}))

    assert refused.value.element == "context.draftOrders.entry[1].resource.subject"
    assert "p2" not in str(refused.value)


def test_a_draft_without_subject_is_the_patient_s() -> None:
    assert _one(without(_draft(), "subject"))


@pytest.mark.parametrize(
    "void",
    [
        {"doNotPerform": True},
        {"intent": "option"},
        {"intent": "proposal"},
        *(
            {"status": status}
            for status in ("cancelled", "stopped", "revoked", "entered-in-error", "completed")
        ),
    ],
)
def test_what_is_not_to_be_carried_out_is_no_order(void: dict[str, Any]) -> None:
    for draft in (service_request(**void), medication_request(**void)):
        drafts = _drafts(draft)

        assert (drafts.orders, drafts.gaps, drafts.void) == ((), (), 1)


@pytest.mark.parametrize("alive", [{"status": "active"}, {"intent": "plan"}, {"status": "on-hold"}])
def test_a_revised_order_and_a_plan_are_judged(alive: dict[str, Any]) -> None:
    assert len(_drafts(_draft() | alive).judged) == 1


def test_a_missing_intent_and_status_are_no_matter() -> None:
    assert _one(without(service_request(), "intent", "status")).status is None


def test_selections_name_what_is_judged() -> None:
    drafts = _drafts(
        _draft(id="a"), _draft(id="b"), medication_request(id="a"), selections=["ServiceRequest/b"]
    )

    assert [order.reference for order in drafts.judged] == ["ServiceRequest/b"]
    assert len(drafts.orders) == 3


@pytest.mark.parametrize("selections", [None, [], [""]])
def test_without_selections_every_draft_is_judged(selections: list[str] | None) -> None:
    assert len(_drafts(_draft(id="a"), _draft(id="b"), selections=selections).judged) == 2


def test_selections_that_name_nothing_are_ignored_and_counted() -> None:
    drafts = _drafts(_draft(id="a"), selections=["ServiceRequest/a", "ServiceRequest/gone", "x"])

    assert [order.reference for order in drafts.judged] == ["ServiceRequest/a"]
    assert drafts.unmatched == 2


@pytest.mark.parametrize(
    "selection",
    [
        f"ServiceRequest/{LONG_ID}",
        LONG_ID,
        f"https://ehr.example/api/FHIR/R4/ServiceRequest/{LONG_ID}",
        f"ServiceRequest/{LONG_ID}/_history/1",
    ],
)
def test_selections_name_long_ids_in_any_form(selection: str) -> None:
    drafts = _drafts(_draft(id=LONG_ID), _draft(id="other"), selections=[selection])

    assert [order.reference for order in drafts.judged] == [f"ServiceRequest/{LONG_ID}"]
    assert drafts.unmatched == 0


def test_an_order_without_an_id_is_known_by_its_type_and_position() -> None:
    order = _one(without(_draft(), "id"))

    assert (order.reference, order.position) == ("ServiceRequest", 0)


def test_a_selected_order_that_is_void_is_not_unmatched() -> None:
    drafts = _drafts(_draft(id="a") | {"status": "cancelled"}, selections=["ServiceRequest/a"])

    assert (drafts.judged, drafts.unmatched) == ((), 0)


def test_a_medication_among_the_entries_is_what_is_ordered() -> None:
    medication = {"resourceType": "Medication", "id": "m1", "code": concept(RXNORM, "5640")}
    draft = without(
        medication_request(medicationReference={"reference": "Medication/m1"}), "medicationCodeableConcept"
    )
    drafts = _drafts(draft, medication)

    assert [order.concept.coded for order in drafts.orders] == [{"pain_relief"}]
    assert drafts.ignored == 1


def test_a_medication_that_is_not_there_is_a_gap_and_the_order_stays() -> None:
    draft = without(
        medication_request(medicationReference={"reference": "Medication/m1"}), "medicationCodeableConcept"
    )
    drafts = _drafts(draft)

    assert [order.concept.sets for order in drafts.orders] == [frozenset()]
    assert drafts.gaps == (Gap("Order", "1 medication reference could not be resolved"),)


@pytest.mark.parametrize("code", [{"coding": [{}]}, {}, None, [], "x"])
def test_a_draft_that_does_not_say_yet_what_it_is_stays_an_order(code: Any) -> None:
    assert _one(_draft(code=code)).concept.sets == frozenset()


@pytest.mark.parametrize(
    "reason",
    [
        concept(ICD, "M54.5"),
        [concept(ICD, "M54.5")],
        {"coding": {"system": ICD, "code": "M545"}},
        "low back pain",
    ],
)
def test_a_reason_may_be_an_object_or_a_list(reason: Any) -> None:
    assert [each.sets for each in _one(_draft(reasonCode=reason)).reasons] == [{"back_pain"}]


@pytest.mark.parametrize("reason", [[], {}, [{}], [{"coding": [{}]}], None, ""])
def test_an_empty_reason_is_none(reason: Any) -> None:
    assert _one(_draft(reasonCode=reason)).reasons == ()


def test_a_reference_leads_to_the_reason() -> None:
    named = _draft(reasonReference=[{"reference": "Condition/x1"}])
    held = _draft(reasonReference={"reference": "#c"}, contained=[condition(id="c")])

    assert [reason.coded for reason in _drafts(named, condition()).orders[0].reasons] == [{"back_pain"}]
    assert [reason.coded for reason in _one(held).reasons] == [{"back_pain"}]


def test_a_reference_leads_to_the_reason_on_the_problem_list() -> None:
    within = scope(others=referable([raw(condition(id="c9"))]))
    sent = raw(_bundle(_draft(reasonReference=[{"reference": "http://ehr/fhir/Condition/c9"}])))

    assert [reason.coded for reason in read_orders(sent, None, within).orders[0].reasons] == [{"back_pain"}]


def test_a_reason_of_another_patient_is_not_used() -> None:
    other = condition(subject={"reference": "Patient/p2"})

    assert _drafts(_draft(reasonReference=[{"reference": "Condition/x1"}]), other).orders[0].reasons == ()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (concept(LOCAL, "77"), [({"cauda_equina"}, "Cauda equina syndrome")]),
        (concept(LOCAL, "77", "see notes"), [({"cauda_equina"}, "Cauda equina syndrome")]),
        (concept(ICD, "M54.5"), [({"back_pain"}, "low back pain")]),
        (concept(ICD, "J45.909", "asthma"), [(set(), "asthma")]),
    ],
    ids=["local code", "local code with words", "listed code", "unlisted code of a classification"],
)
def test_words_of_a_reference_are_heard_where_the_condition_has_a_code_that_nobody_knows(
    code: Any, expected: list[Any]
) -> None:
    pointer = {"reference": "Condition/x1", "display": "Cauda equina syndrome"}
    (order,) = _drafts(_draft(reasonReference=[pointer]), condition(code=code)).orders

    assert [(reason.sets, reason.display) for reason in order.reasons] == expected


def test_words_of_a_reference_are_a_reason() -> None:
    worded = _draft(reasonReference=[{"reference": "Condition/gone", "display": "Low back pain"}])

    assert [reason.worded for reason in _one(worded).reasons] == [{"back_pain"}]


@pytest.mark.parametrize(
    "told",
    [
        {"note": [{"text": "rule out cauda equina"}]},
        {"note": "rule out cauda equina"},
        {"orderDetail": [{"text": "R/O cauda equina"}]},
        {"reasonCode": [concept(ICD, "M54.5", "rule out cauda equina")]},
        {"reasonCode": [{"text": "rule out cauda equina"}]},
        {"code": concept(CPT, "72148", "rule out cauda equina")},
    ],
)
def test_words_of_doubt_anywhere_in_an_order_are_a_suspicion(told: dict[str, Any]) -> None:
    doubted = [reason for reason in _one(_draft(**told)).reasons if "cauda_equina" in reason.worded]

    assert [reason.suspected for reason in doubted] == [True]


def test_a_note_without_doubt_is_no_reason() -> None:
    assert _one(_draft(note=[{"text": "had cauda equina in 2010"}])).reasons == ()


def test_a_modifier_that_is_not_understood_makes_an_order_unreadable() -> None:
    drafts = _drafts(_draft(modifierExtension=[{"url": "http://x"}]))

    assert (drafts.orders, drafts.gaps) == ((), (Gap("Order", "1 Order could not be read"),))


def test_a_fault_in_one_draft_is_a_gap_and_counted() -> None:
    class Faulty:
        def match(self, codings: Any, text: str) -> Concept:
            raise ZeroDivisionError

    within = scope(watch=Faulty())

    drafts = read_orders(raw(_bundle(_draft(), _draft(code=None))), None, within)

    assert drafts.gaps == (Gap("Order", "1 Order could not be read"),)
    assert len(drafts.orders) == 1
    assert within.tally.faults == {"ZeroDivisionError": 1}


def test_foreign_codes_of_orders_are_counted() -> None:
    within = scope()

    read_orders(raw(_bundle(_draft(code=concept(LOCAL, "7")))), None, within)

    assert within.tally.foreign == {LOCAL: 1}


def test_the_order_goes_back_as_it_was_sent_to_the_last_digit() -> None:
    sent = (
        b'{"resourceType":"ServiceRequest","id":"a","subject":{"reference":"Patient/p1"},'
        b'"quantityQuantity":{"value":2.50},"category":{"text":" x "},"_x":null,"reasonCode":[]}'
    )
    order = read_orders(b'{"entry":[{"resource":' + sent + b"}]}", None, scope()).orders[0]

    assert msgspec.json.encode(order.raw) == sent


def test_drafts_that_are_decoded_already_are_read_and_left_alone() -> None:
    sent = _bundle(_draft(reasonCode=concept(ICD, "M54.5")))
    before = msgspec.json.encode(sent)

    drafts = read_orders(sent, None, scope())

    assert drafts.orders[0].raw is sent["entry"][0]["resource"]
    assert msgspec.json.encode(sent) == before


def _sandbox(name: str) -> Drafts:
    context = json.loads((SANDBOX / f"{name}.json").read_text())["body"]["context"]
    within = scope(patient_id=context["patientId"])
    return read_orders(raw(context["draftOrders"]), context.get("selections"), within)


@pytest.mark.parametrize(
    ("name", "sets", "reasons"),
    [
        ("sandbox-order-select-MedicationRequest-empty", set(), 0),
        ("sandbox-order-select-MedicationRequest-with-med", set(), 0),
        ("sandbox-order-sign-MedicationRequest-with-med", {"pain_relief"}, 0),
        ("sandbox-order-select-ServiceRequest-empty", set(), 0),
        ("sandbox-order-select-ServiceRequest-no-reason", {"spine_mri"}, 0),
        ("sandbox-order-select-ServiceRequest-with-reason", {"spine_mri"}, 1),
    ],
)
def test_what_the_sandbox_sends_is_read(name: str, sets: set[str], reasons: int) -> None:
    drafts = _sandbox(name)

    assert (drafts.gaps, drafts.unmatched, len(drafts.judged)) == ((), 0, 1)
    assert drafts.judged[0].concept.sets == sets
    assert len(drafts.judged[0].reasons) == reasons


def test_the_supply_of_a_sandbox_draft_is_read() -> None:
    drug = _sandbox("sandbox-order-select-MedicationRequest-with-med").orders[0].drug

    assert drug is not None
    assert drug.supply_days == 30
    assert [dosage.dose is not None for dosage in drug.dosages] == [True]


def test_what_lies_in_a_bundle_among_the_entries_is_ordered_too() -> None:
    drafts = _drafts(_bundle(_draft(id="a"), _bundle(medication_request(id="m"))), _draft(id="b"))

    assert [order.reference for order in drafts.judged] == [
        "ServiceRequest/a",
        "MedicationRequest/m",
        "ServiceRequest/b",
    ]
    assert [order.position for order in drafts.orders] == [0, 1, 2]
    assert drafts.gaps == ()


def test_a_nested_draft_of_another_patient_is_refused_with_its_place() -> None:
    with pytest.raises(BadRequest) as refused:
        _drafts(_draft(), _bundle(_draft(subject={"reference": "Patient/p2"})))

    assert refused.value.element == "context.draftOrders.entry[1].resource.entry[0].resource.subject"


def test_bundles_nested_deeper_than_anybody_nests_them_are_a_gap() -> None:
    inmost = _draft()
    for _ in range(12):
        inmost = _bundle(inmost)

    assert _drafts(inmost).gaps == (Gap("Order", "1 Order could not be read"),)


def test_more_nested_drafts_than_are_read_are_refused() -> None:
    halves = [_bundle(*[{"resourceType": "Medication"}] * 10_001)] * 2

    with pytest.raises(TooMuch) as refused:
        _drafts(*halves)

    assert refused.value.element == "context.draftOrders"


@pytest.mark.parametrize("kind", ["RequestGroup", "RequestOrchestration", "CarePlan"])
def test_what_a_group_contains_is_ordered_and_cannot_be_changed_by_its_id(kind: str) -> None:
    held = _draft(id="a", reasonReference=[{"reference": "#c"}])
    group = {"resourceType": kind, "id": "g", "contained": [held, condition(id="c")]}
    drafts = _drafts(group, _draft(id="b"), selections=[f"{kind}/g"])

    assert [order.reference for order in drafts.judged] == ["ServiceRequest"]
    assert drafts.judged[0].concept.coded == {"spine_mri"}
    assert [reason.coded for reason in drafts.judged[0].reasons] == [{"back_pain"}]
    assert drafts.judged[0].raw == held
    assert (drafts.gaps, drafts.unmatched) == ((), 0)


def _group(*actions: Any) -> dict[str, Any]:
    return {"resourceType": "RequestGroup", "id": "g", "action": list(actions)}


@pytest.mark.parametrize(
    "action",
    [
        {"resource": {"reference": "ServiceRequest/a"}},
        {"resource": {"reference": "https://ehr.example/ServiceRequest/a"}},
        {"title": "all of it", "action": [{"resource": {"reference": "ServiceRequest/a"}}]},
    ],
)
def test_a_group_of_orders_that_are_here_says_nothing_more(action: dict[str, Any]) -> None:
    drafts = _drafts(_group(action), _draft(id="a"))

    assert (len(drafts.orders), drafts.gaps) == (1, ())


@pytest.mark.parametrize(
    "action",
    [
        {"resource": {"reference": "ServiceRequest/elsewhere"}},
        {"title": "all of it", "action": [{"resource": {"reference": "ServiceRequest/elsewhere"}}]},
        {"title": "a scan"},
        {"resource": {"display": "a scan"}},
        "a scan",
    ],
)
def test_a_group_of_an_order_that_is_not_here_is_a_gap(action: Any) -> None:
    drafts = _drafts(_group(action), _draft(id="a"))

    assert drafts.gaps == (Gap("Order", "1 Order could not be read"),)


@pytest.mark.parametrize("kind", ["MedicationPrescription", "Task", "ImagingOrder", "OperationOutcome"])
def test_a_type_that_is_not_known_may_be_an_order_and_is_a_gap(kind: str) -> None:
    drafts = _drafts(_draft(resourceType=kind), _draft(id="b"))

    assert drafts.gaps == (Gap("Order", "1 Order could not be read"),)
    assert len(drafts.orders) == 1


@pytest.mark.parametrize("kind", ["Medication", "Condition", "Practitioner", "Coverage", "Encounter"])
def test_what_stands_beside_orders_is_no_gap(kind: str) -> None:
    drafts = _drafts({"resourceType": kind, "id": "x"}, _draft())

    assert (len(drafts.orders), drafts.ignored, drafts.gaps) == (1, 1, ())


@pytest.mark.parametrize(
    "selections",
    [["ServiceRequest/gone"], ["MedicationRequest/a"], ["servicerequest/a"], ["urn:uuid:7", "x"]],
)
def test_where_no_selection_names_a_draft_every_draft_is_judged(selections: list[str]) -> None:
    drafts = _drafts(_draft(id="a"), medication_request(id="b"), selections=selections)

    assert len(drafts.judged) == 2
    assert drafts.unmatched == len(selections)


def test_a_draft_without_a_name_is_judged_where_a_selection_is_left_over() -> None:
    unnamed = without(_draft(priority="stat"), "id")
    selections = ["ServiceRequest/a", "ServiceRequest/new"]

    judged = _drafts(_draft(id="a"), unnamed, _draft(id="b"), selections=selections).judged
    assert [order.position for order in judged] == [0, 1]
    judged = _drafts(_draft(id="a"), unnamed, selections=selections[:1]).judged
    assert [order.position for order in judged] == [0]


@pytest.mark.parametrize(
    "selection", ["urn:uuid:0e5c", " urn:uuid:0e5c ", "0e5c", "ServiceRequest/0e5c", "ServiceRequest/0e5c "]
)
def test_a_selection_names_a_draft_by_the_full_url_of_its_entry(selection: str) -> None:
    entries = [
        {"fullUrl": "urn:uuid:0e5c", "resource": without(_draft(), "id")},
        {"fullUrl": "urn:uuid:77aa", "resource": without(_draft(priority="stat"), "id")},
    ]
    drafts = read_orders(raw({"resourceType": "Bundle", "entry": entries}), [selection], scope())

    assert ([order.position for order in drafts.judged], drafts.unmatched) == ([0], 0)


def test_a_reference_leads_to_a_reason_by_the_full_url_of_its_entry() -> None:
    entries = [
        {"resource": _draft(reasonReference=[{"reference": "urn:uuid:0e5c"}])},
        {"fullUrl": "urn:uuid:0e5c", "resource": without(condition(), "id")},
    ]
    drafts = read_orders(raw({"resourceType": "Bundle", "entry": entries}), None, scope())

    assert [reason.coded for reason in drafts.orders[0].reasons] == [{"back_pain"}]


_ELEMENTS = [
    "resourceType", "entry", "resource", "id", "code", "coding", "text", "reasonCode", "reasonReference",
    "fullUrl", "action", "reference", "item", "note", "contained", "medicationReference",
    "dosageInstruction", "status", "subject",
]  # fmt: skip
_SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-9, 9) | st.text(max_size=5)
_ANY = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_ELEMENTS), inner, max_size=4)
    ),
    max_leaves=10,
)
_TYPES = [
    "ServiceRequest",
    "MedicationRequest",
    "DiagnosticOrder",
    "NutritionOrder",
    "Medication",
    "CarePlan",
]


@given(
    drafts=st.lists(st.dictionaries(st.sampled_from(_ELEMENTS), _ANY, max_size=4), max_size=3),
    kind=st.sampled_from(_TYPES),
    selections=st.none() | st.lists(st.text(max_size=5), max_size=2),
    sent=st.none() | _ANY,
)
def test_any_draft_is_read_or_refused(
    drafts: list[dict[str, Any]], kind: str, selections: list[str] | None, sent: Any
) -> None:
    bundle = sent if sent is not None else _bundle(*(each | {"resourceType": kind} for each in drafts))
    within = scope()

    try:
        found = read_orders(msgspec.json.encode(bundle), selections, within)
    except BadRequest:
        return

    assert within.tally.faults == {}
    assert {order.position for order in found.judged} <= {order.position for order in found.orders}
    if sent is None:
        assert len(found.orders) + found.void + found.ignored + len(found.gaps) >= min(1, len(drafts))


def test_a_snomed_reason_is_read() -> None:
    assert [each.coded for each in _one(_draft(reasonCode=[concept(SNOMED, "279039007")])).reasons] == [
        {"back_pain"}
    ]


def test_the_same_order_sent_twice_is_one_order() -> None:
    found = _drafts(_draft(id="s1"), _draft(id="s1"))

    assert (len(found.orders), found.ignored) == (1, 1)


def test_different_orders_under_one_id_are_all_judged_and_told_apart() -> None:
    found = _drafts(_draft(id="s1"), _draft(id="s1", priority="stat"))

    assert [(each.reference, each.twin) for each in found.judged] == [
        ("ServiceRequest/s1", 0),
        ("ServiceRequest/s1", 1),
    ]


def test_equal_orders_without_an_id_are_two_orders() -> None:
    assert len(_drafts(_draft(id=None), _draft(id=None)).orders) == 2
