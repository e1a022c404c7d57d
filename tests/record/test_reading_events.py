"""Procedures, requests, reports, images and encounters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.record.samples import (
    CPT,
    ICD,
    LOCAL,
    SNOMED,
    collection,
    concept,
    encounter,
    one,
    procedure,
    scope,
    service_request,
    why,
    without,
)


def test_a_procedure_is_read() -> None:
    found = one("Procedure", procedure(reasonCode=concept(ICD, "M54.5"), category={"text": "Surgery"}))

    assert found.concept.coded == {"spine_surgery"}
    assert (found.source, found.when.text, found.done) == ("Procedure", "2026-09-01", True)
    assert [reason.coded for reason in found.reasons] == [{"back_pain"}]
    assert found.category.display == "Surgery"


@pytest.mark.parametrize(
    ("status", "done"),
    [("completed", True), ("Completed", True), ("in-progress", False), ("preparation", False)],
)
def test_the_status_of_a_procedure_says_whether_it_is_done(status: str, done: bool) -> None:
    found = one("Procedure", procedure(status=status))
    assert (found.done, found.certain) == (done, True)


@pytest.mark.parametrize("status", ["unknown", "scheduled", None])
def test_a_procedure_whose_status_leaves_it_open_is_only_taken_to_be_done(status: str | None) -> None:
    found = one("Procedure", procedure(status=status))
    assert (found.done, found.certain) == (True, False)


@pytest.mark.parametrize("void", [{"status": "not-done"}, {"status": "stopped"}, {"notDone": True}])
def test_a_procedure_that_was_not_done_is_left_out(void: dict[str, Any]) -> None:
    assert why("Procedure", procedure(**void)) == []


@pytest.mark.parametrize(
    ("period", "text"),
    [
        ({"start": "2026-09-01", "end": "2026-10-01"}, "2026-10-01"),
        ({"start": "2026-09-01", "end": "2030-10-01"}, "2026-09-01"),
        ({"start": "2026-09-01"}, "2026-09-01"),
    ],
)
def test_a_procedure_over_time_is_dated_by_its_end(period: dict[str, str], text: str) -> None:
    dated = without(procedure(performedPeriod=period), "performedDateTime")

    assert one("Procedure", dated).when.text == text


def test_a_procedure_at_an_age_is_dated_from_birth() -> None:
    aged = without(procedure(performedAge={"value": 45, "code": "a"}), "performedDateTime")

    assert one("Procedure", aged).when.text == "2015/2016"


def test_the_body_site_completes_the_words() -> None:
    worded = service_request(code={"text": "MRI"}, bodySite=[{"text": "Lumbar spine"}])

    assert one("ServiceRequest", worded).concept.worded == {"spine_mri"}
    assert why("ServiceRequest", service_request(code={"text": "MRI"})) == []


def test_a_body_site_does_not_stand_for_a_missing_code() -> None:
    assert why("ServiceRequest", service_request(code={}, bodySite={"text": "Lumbar spine"})) == [
        "1 ServiceRequest could not be read"
    ]


def test_a_referral_is_known_by_whom_it_is_for() -> None:
    referral = service_request(
        code={"text": "Referral"}, performerType={"coding": [{"display": "Physical therapist"}]}
    )

    assert one("ServiceRequest", referral).concept.worded == {"physical_therapy"}


@pytest.mark.parametrize(("status", "done"), [("active", False), ("on-hold", False), ("completed", True)])
def test_a_request_is_done_when_completed(status: str, done: bool) -> None:
    assert one("ServiceRequest", service_request(status=status)).done is done


@pytest.mark.parametrize("status", ["unknown", "pending", None])
def test_a_request_whose_status_leaves_it_open_is_only_taken_to_be_asked_for(status: str | None) -> None:
    found = one("ServiceRequest", service_request(status=status))
    assert (found.done, found.certain) == (False, False)


@pytest.mark.parametrize(
    "void",
    [
        {"status": "revoked"},
        {"status": "entered-in-error"},
        {"status": "draft"},
        {"intent": "proposal"},
        {"doNotPerform": True},
    ],
)
def test_a_request_that_is_not_to_be_carried_out_is_left_out(void: dict[str, Any]) -> None:
    assert why("ServiceRequest", service_request(**void)) == []


def test_a_request_for_later_is_dated_by_the_day_it_was_made() -> None:
    later = service_request(occurrenceDateTime="2027-02-01")

    assert one("ServiceRequest", later).when.text == "2026-11-01"


def test_requests_of_earlier_releases_are_read() -> None:
    old = {
        "resourceType": "ProcedureRequest",
        "subject": {"reference": "Patient/p1"},
        "status": "completed",
        "code": concept(CPT, "72148"),
        "orderedOn": "2026-10-01",
    }
    referral = {
        "resourceType": "ReferralRequest",
        "patient": {"reference": "Patient/p1"},
        "status": "active",
        "serviceRequested": [concept(SNOMED, "91251008")],
        "dateSent": "2026-10-02",
    }
    read = collection("ServiceRequest", old, referral)

    assert [(each.done, each.when.text) for each in read.items] == [
        (True, "2026-10-01"),
        (False, "2026-10-02"),
    ]


def _report(**changes: Any) -> dict[str, Any]:
    base = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "code": concept(CPT, "72148"),
        "subject": {"reference": "Patient/p1"},
        "issued": "2026-10-02T10:00:00Z",
    }
    return base | changes


@pytest.mark.parametrize(
    ("status", "done"), [("final", True), ("preliminary", True), ("amended", True), ("registered", False)]
)
def test_a_report_is_a_study_that_was_done(status: str, done: bool) -> None:
    found = one("DiagnosticReport", _report(status=status, category={"text": "Radiology"}))

    assert (found.done, found.when.text, found.link) == (done, "2026-10-02", "DiagnosticReport/r1")


@pytest.mark.parametrize("status", ["unknown", None])
def test_a_report_whose_status_leaves_it_open_is_no_certain_study(status: str | None) -> None:
    found = one("DiagnosticReport", _report(status=status))
    assert (found.done, found.certain) == (True, False)


def test_a_cancelled_report_is_left_out() -> None:
    assert why("DiagnosticReport", _report(status="cancelled")) == []


def _images(**changes: Any) -> dict[str, Any]:
    base = {
        "resourceType": "ImagingStudy",
        "id": "i1",
        "status": "available",
        "subject": {"reference": "Patient/p1"},
        "started": "2026-10-02",
    }
    return base | changes


@pytest.mark.parametrize(
    "said",
    [
        {"procedureCode": [concept(LOCAL, "1"), concept(CPT, "72148")]},
        {"procedureCode": concept(CPT, "72148")},
        {"procedureCode": [{"text": "MRI Lumbar W/O contrast"}]},
        {"modality": [{"code": "MR"}], "description": "Lumbar spine"},
        {"modality": {"code": "MR"}, "series": [{"description": "LUMBAR"}]},
        {"series": [{"modality": {"code": "MR"}, "bodySite": {"display": "Lumbar spine"}}]},
    ],
)
def test_images_are_known_by_code_or_by_modality_and_words(said: dict[str, Any]) -> None:
    found = one("ImagingStudy", _images(**said))

    assert found.concept.sets == {"spine_mri"}
    assert (found.done, found.when.text) == (True, "2026-10-02")


@pytest.mark.parametrize(
    ("said", "certain"),
    [
        ({"status": "available"}, True),
        ({"status": None, "availability": "ONLINE"}, True),
        ({"status": None, "availability": "UNAVAILABLE"}, False),
        ({"status": "unknown"}, False),
        ({"status": None}, False),
    ],
)
def test_images_are_certain_by_their_status_or_as_earlier_releases_say_it(
    said: dict[str, Any], certain: bool
) -> None:
    found = one("ImagingStudy", _images(procedureCode=[concept(CPT, "72148")], **said))
    assert (found.done, found.certain) == (True, certain)


def test_images_of_another_region_are_irrelevant() -> None:
    assert why("ImagingStudy", _images(modality=[{"code": "MR"}], description="Knee")) == []


def test_images_that_say_nothing_are_a_gap() -> None:
    assert why("ImagingStudy", _images()) == ["1 ImagingStudy could not be read"]
    assert why("ImagingStudy", _images(), _images()) == ["2 ImagingStudies could not be read"]


def test_an_encounter_is_read() -> None:
    found = one(
        "Encounter",
        encounter(
            type=[concept(SNOMED, "185349003")],
            reasonCode=[concept(ICD, "M54.5")],
            diagnosis=[
                {"condition": {"reference": "http://ehr/fhir/Condition/c1"}},
                {"condition": "Condition/c2"},
                {"condition": {"display": "cauda equina"}},
            ],
        ),
    )

    assert (found.id, found.class_code, found.status, found.start.text) == (
        "x1",
        "AMB",
        "in-progress",
        "2026-11-20",
    )
    assert [kind.coded for kind in found.types] == [{"visit"}]
    assert [reason.sets for reason in found.reasons] == [{"back_pain"}, {"cauda_equina"}]
    assert found.diagnoses == ("Condition/c1", "Condition/c2")


def test_a_diagnosis_that_the_encounter_contains_is_one_of_its_reasons() -> None:
    inside = {"resourceType": "Condition", "id": "c", "code": concept(ICD, "M54.5")}
    doubted = {**inside, "id": "d", "verificationStatus": concept("http://x", "provisional")}
    refuted = {**inside, "id": "r", "verificationStatus": concept("http://x", "refuted")}
    found = one(
        "Encounter",
        encounter(
            contained=[inside, doubted, refuted],
            diagnosis=[{"condition": {"reference": "#c"}}, {"condition": {"reference": "#r"}}],
            reasonReference=[{"reference": "#d"}, {"reference": "#x", "display": "cauda equina"}],
        ),
    )

    reasons = [(reason.sets, reason.suspected) for reason in found.reasons]
    assert reasons == [({"back_pain"}, False), ({"back_pain"}, True), ({"cauda_equina"}, False)]
    assert (found.diagnoses, found.bare) == ((), ())


def test_a_pointer_of_an_encounter_is_bare_where_it_says_nothing_itself() -> None:
    sent = [{"reference": "Condition/c1"}, {"reference": "#x"}]
    worded = {"reference": "Condition/c2", "display": "asthma"}
    found = one("Encounter", encounter(reasonReference=[*sent, worded]))

    assert found.bare == ("Condition/c1", "#x")
    assert found.diagnoses == ("Condition/c1", "Condition/c2")


def test_encounters_are_found_by_type_and_reason() -> None:
    both = encounter(type=[concept(SNOMED, "185349003")], reasonCode=[concept(SNOMED, "185349003")])
    read = collection("Encounter", both, encounter())

    assert len(read.within(["visit"])) == 1
    assert len(read.items) == 2


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"code": "EMER"}, "EMER"),
        ({"system": "http://hl7.org/fhir/v3/ActCode", "code": "imp"}, "IMP"),
        ([{"coding": [{"code": "EMER"}]}], "EMER"),
        ({"coding": {"code": "EMER"}}, "EMER"),
        ("emergency", "EMER"),
        ({"system": LOCAL, "code": "13", "display": "Emergency"}, "EMER"),
        ({"system": LOCAL, "code": "13", "display": "Support"}, "13"),
        ({"display": "Inpatient"}, "IMP"),
        (None, None),
        ([], None),
        (5, None),
    ],
)
def test_the_class_of_an_encounter_comes_in_many_forms(sent: Any, expected: str | None) -> None:
    assert one("Encounter", encounter(**{"class": sent})).class_code == expected


@pytest.mark.parametrize("sent", ["in-progress", "In-Progress", "IN PROGRESS"])
def test_the_status_of_an_encounter_is_the_same_in_capitals(sent: str) -> None:
    assert one("Encounter", encounter(status=sent)).status == "in-progress"


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error", "Cancelled"])
def test_an_encounter_that_never_was_is_left_out(status: str) -> None:
    assert why("Encounter", encounter(status=status)) == []


def test_the_moment_at_which_an_encounter_began_is_kept_until_it_is_over() -> None:
    period = {"start": "2026-11-20T08:30:00-05:00"}
    now, over = (one("Encounter", encounter(status=each, period=period)) for each in ("arrived", "finished"))

    assert now.at == datetime(2026, 11, 20, 13, 30, tzinfo=UTC)
    assert over.at is None


def test_an_encounter_to_come_has_no_start_yet() -> None:
    planned = encounter(status="planned", period={"start": "2027-01-01T08:00:00Z"})

    assert one("Encounter", planned).start is None


def test_a_reason_of_an_earlier_release_is_read() -> None:
    found = one("Encounter", encounter(reason=[concept(ICD, "M54.5")]))

    assert [reason.coded for reason in found.reasons] == [{"back_pain"}]


def test_types_that_need_no_model_are_not_validated() -> None:
    within = scope()
    collection("Encounter", encounter(), within=within)

    assert within.tally.validations_left == scope().tally.validations_left
