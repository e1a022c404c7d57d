"""Medication requests: which product they are about, and what their references hide."""

from __future__ import annotations

from typing import Any

import pytest

from app.record.readers.medications import unresolved_medications
from app.record.readers.references import referable
from tests.record.samples import (
    ICD,
    LOCAL,
    RXNORM,
    collection,
    concept,
    medication_request,
    one,
    raw,
    scope,
    why,
    without,
)

SENT = {"resourceType": "Medication", "id": "m1", "code": concept(RXNORM, "5640")}


def _referring(**reference: Any) -> dict[str, Any]:
    return without(medication_request(medicationReference=reference), "medicationCodeableConcept")


def test_a_prescription_is_read() -> None:
    found = one("MedicationRequest", medication_request(reasonCode=[concept(ICD, "M54.5")]))

    assert found.concept.coded == {"pain_relief"}
    assert (found.status, found.authored.text, found.link) == (
        "active",
        "2026-11-01",
        "MedicationRequest/x1",
    )
    assert [reason.coded for reason in found.reasons] == [{"back_pain"}]


@pytest.mark.parametrize("status", ["active", "on-hold", "completed", "stopped", "unknown"])
def test_what_was_ever_prescribed_keeps_its_status(status: str) -> None:
    assert one("MedicationRequest", medication_request(status=status)).status == status


def test_a_status_in_capitals_is_the_same_status() -> None:
    assert one("MedicationRequest", medication_request(status="Active")).status == "active"
    assert one("MedicationRequest", medication_request(status="On Hold")).status == "on-hold"


def test_a_status_that_fhir_does_not_have_is_unknown_and_not_the_end_of_a_medication() -> None:
    assert one("MedicationRequest", medication_request(status="taking")).status == "unknown"


@pytest.mark.parametrize(
    "void",
    [
        {"status": "entered-in-error"},
        {"status": "Entered in error"},
        {"status": "cancelled"},
        {"status": "draft"},
        {"intent": "option"},
        {"intent": "proposal"},
        {"doNotPerform": True},
        {"doNotPerform": "true"},
    ],
)
def test_what_was_never_to_be_taken_is_left_out_without_a_gap(void: dict[str, Any]) -> None:
    assert why("MedicationRequest", medication_request(**void)) == []
    assert why("MedicationRequest", _referring(reference="Medication/gone") | void) == []


def test_a_plan_of_the_patient_is_a_medication() -> None:
    assert one("MedicationRequest", medication_request(intent="plan", reportedBoolean=True))


def test_a_missing_status_and_intent_do_not_lose_the_medication() -> None:
    within = scope()
    found = one("MedicationRequest", without(medication_request(), "status", "intent"), within=within)

    assert found.status is None
    assert within.tally.unvalidated == 1


def test_codings_of_several_term_types_all_count() -> None:
    several = {
        "coding": [
            {"system": RXNORM, "code": "99"},
            {"system": LOCAL, "code": "b"},
            {"system": RXNORM, "code": "310965"},
        ]
    }
    found = one("MedicationRequest", medication_request(medicationCodeableConcept=several))

    assert found.concept.coded == {"pain_relief"}
    assert ("RxNorm", "310965") in found.concept.codes


@pytest.mark.parametrize(
    "reference",
    ["Medication/m1", "https://ehr.example/fhir/Medication/m1", "Medication/m1/_history/3"],
)
def test_a_reference_leads_to_a_medication_that_was_sent_along(reference: str) -> None:
    within = scope(others=referable([raw(SENT)]))

    found = one("MedicationRequest", _referring(reference=reference), within=within)

    assert found.concept.coded == {"pain_relief"}


def test_a_full_url_leads_to_the_medication_of_the_same_bundle() -> None:
    within = scope(others={"urn:uuid:7b2c": raw(SENT)})

    assert one("MedicationRequest", _referring(reference="urn:uuid:7b2c"), within=within)


@pytest.mark.parametrize("contained", [[SENT], SENT])
def test_a_contained_medication_is_found(contained: Any) -> None:
    found = one("MedicationRequest", _referring(reference="#m1") | {"contained": contained})

    assert found.concept.coded == {"pain_relief"}


def test_a_bare_reference_is_read() -> None:
    bare = without(medication_request(medicationReference="Medication/m1"), "medicationCodeableConcept")

    assert one("MedicationRequest", bare, within=scope(others=referable([raw(SENT)])))


def test_the_ingredients_tell_what_a_local_code_does_not() -> None:
    local = {
        "resourceType": "Medication",
        "id": "m1",
        "code": concept(LOCAL, "1"),
        "ingredient": [{"itemCodeableConcept": concept(RXNORM, "5640")}],
    }
    within = scope(others=referable([raw(local)]))

    assert one("MedicationRequest", _referring(reference="Medication/m1"), within=within)


@pytest.mark.parametrize(
    "code", [concept(LOCAL, "9"), concept("http://hl7.org/fhir/sid/ndc", "0056-0172-70"), {}]
)
@pytest.mark.parametrize("contained", [True, False])
def test_the_words_of_a_reference_are_heard_where_the_medication_has_a_code_that_nobody_knows(
    code: Any, contained: bool
) -> None:
    sent = {**SENT, "code": code}
    request = _referring(reference="#m1" if contained else "Medication/m1", display="Ibuprofen 200 mg")
    within = scope(others={} if contained else referable([raw(sent)]))
    found = one("MedicationRequest", request | ({"contained": [sent]} if contained else {}), within)

    assert (found.concept.worded, found.concept.display) == ({"pain_relief"}, "Ibuprofen 200 mg")


@pytest.mark.parametrize("beside", [concept(LOCAL, "12345"), {"text": "See reference"}])
def test_a_reference_is_followed_where_the_code_beside_it_says_nothing(beside: Any) -> None:
    request = medication_request(
        medicationCodeableConcept=beside, medicationReference={"reference": "#m1"}, contained=[SENT]
    )

    assert one("MedicationRequest", request).concept.coded == {"pain_relief"}


def test_a_code_beside_a_reference_that_leads_nowhere_says_what_it_is() -> None:
    request = medication_request(medicationReference={"reference": "Medication/gone"})

    assert one("MedicationRequest", request).concept.coded == {"pain_relief"}


def test_words_of_a_reference_that_leads_nowhere_are_used() -> None:
    found = one("MedicationRequest", _referring(reference="Medication/m1", display="Ibuprofen 200 mg"))

    assert found.concept.worded == {"pain_relief"}


def test_a_reference_that_leads_nowhere_is_a_gap() -> None:
    said = why("MedicationRequest", _referring(reference="Medication/m1"), _referring(reference="x"))

    assert said == ["2 medication references could not be resolved"]


@pytest.mark.parametrize("broken", [b"{", b"[]", b"5"])
def test_a_medication_that_is_broken_resolves_nothing(broken: bytes) -> None:
    within = scope(others={"Medication/m1": broken})

    said = why("MedicationRequest", _referring(reference="Medication/m1"), within=within)

    assert said == ["1 medication reference could not be resolved"]


@pytest.mark.parametrize(
    "broken",
    [
        {"resourceType": "Medication", "id": "m1"},
        {"resourceType": "Medication", "id": "m1", "code": 5},
        SENT | {"modifierExtension": [{"url": "http://x"}]},
    ],
)
def test_a_medication_that_says_nothing_is_unreadable(broken: dict[str, Any]) -> None:
    within = scope(others=referable([raw(broken)]))

    said = why("MedicationRequest", _referring(reference="Medication/m1"), within=within)

    assert said == ["1 MedicationRequest could not be read"]


def test_no_medication_at_all_is_a_gap() -> None:
    empty = without(medication_request(), "medicationCodeableConcept")

    assert why("MedicationRequest", empty) == ["1 MedicationRequest could not be read"]


def test_an_order_of_an_earlier_release_is_read() -> None:
    old = medication_request(
        resourceType="MedicationOrder",
        patient={"reference": "Patient/p1"},
        dateWritten="2026-11-02",
        reasonCodeableConcept=concept(ICD, "M54.5"),
    )
    found = one("MedicationRequest", without(old, "subject", "authoredOn", "intent"))

    assert found.authored.text == "2026-11-02"
    assert [reason.coded for reason in found.reasons] == [{"back_pain"}]


def test_an_instruction_that_is_refused_stays_as_one_that_cannot_be_computed() -> None:
    within = scope()
    broken = {
        "timing": {"repeat": {"frequency": "often", "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
    }
    whole = {
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
    }
    request = medication_request(dosageInstruction=[broken, whole])

    found = one("MedicationRequest", request, within=within)

    assert len(found.dosages) == 2
    assert found.dosages[0].dose is None
    assert found.dosages[1].dose is not None
    assert within.tally.mended == 1


@pytest.mark.parametrize(
    ("odd", "mended", "unvalidated"),
    [
        ({"text": 5}, 1, 0),
        ({"sequence": "first"}, 1, 0),
        ({"asNeededBoolean": True, "asNeededCodeableConcept": {"text": "pain"}}, 0, 1),
    ],
)
def test_an_instruction_keeps_its_dose_when_something_beside_it_is_refused(
    odd: dict[str, Any], mended: int, unvalidated: int
) -> None:
    within = scope()
    dosed = {"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}]} | odd

    found = one("MedicationRequest", medication_request(dosageInstruction=[dosed]), within=within)

    assert [dosage.dose is not None for dosage in found.dosages] == [True]
    assert (within.tally.mended, within.tally.unvalidated) == (mended, unvalidated)


def test_an_instruction_whose_meaning_an_extension_changes_is_not_computed() -> None:
    changed = {
        "modifierExtension": [{"url": "http://x", "valueBoolean": True}],
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "tablet"}}],
    }

    found = one("MedicationRequest", medication_request(dosageInstruction=[changed]))

    assert [dosage.dose for dosage in found.dosages] == [None]


def test_a_supply_that_is_refused_is_not_recorded() -> None:
    supply = {"expectedSupplyDuration": {"value": 30, "code": "d"}, "numberOfRepeatsAllowed": "some"}

    found = one("MedicationRequest", medication_request(dispenseRequest=supply))

    assert (found.supply_days, found.refills) == (None, None)


def test_a_supply_is_read() -> None:
    supply = {
        "expectedSupplyDuration": {"value": 30, "unit": "days", "code": "d"},
        "numberOfRepeatsAllowed": 2,
    }

    found = one("MedicationRequest", medication_request(dispenseRequest=supply))

    assert (found.supply_days, found.refills) == (30, 2)


def test_the_order_that_is_renewed_is_known() -> None:
    renewed = medication_request(priorPrescription={"reference": "http://ehr/MedicationRequest/old"})

    assert one("MedicationRequest", renewed).prior == "MedicationRequest/old"


def test_two_equal_prescriptions_stay_two() -> None:
    request = without(medication_request(), "id")

    assert len(collection("MedicationRequest", request, request).within(["pain_relief"])) == 2


def test_only_references_that_can_be_fetched_are_asked_for() -> None:
    raws = [
        raw(_referring(reference=reference))
        for reference in (
            "Medication/m1",
            "Medication/m2",
            "http://ehr/fhir/Medication/m3",
            "#m4",
            "urn:uuid:5",
            "Medication?code=6",
            "Patient/7",
            "Medication/../Patient/8",
            "m9",
        )
    ]
    raws += [raw(medication_request()), raw({"medicationReference": 5}), raw({"medicationReference": {}})]

    missing = unresolved_medications(raws, referable([raw(SENT), raw(5), raw({"id": "x"})]))

    assert missing == {"Medication/m2", "http://ehr/fhir/Medication/m3"}
