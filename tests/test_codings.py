"""The report on codings: what the content sees of a file, and that nothing else of the file is printed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app import cli
from app.codings import PLACES, Counting, Report, Seen, count, in_words
from app.knowledge.codes import CodeIndex
from app.record.values import Concept
from tests.record import samples
from tests.record.samples import CPT, LOCAL, LOINC, RXNORM, SNOMED, WATCH, concept

Json = dict[str, Any]


def reported(*resources: Json, displays: bool = False) -> Report:
    """The report on resources, one a line."""
    lines = [json.dumps(each).encode() for each in resources]
    return count(lines, Counting(WATCH, displays))


def seen(*resources: Json) -> dict[str, str]:
    """Code → what becomes of it."""
    return {row.code: row.seen for row in reported(*resources).rows}


def of(system: str, code: str, display: str = "", text: str = "") -> Json:
    """A condition with one coding."""
    coding = {"system": system, "code": code, **({"display": display} if display else {})}
    return samples.condition(code={"coding": [coding], **({"text": text} if text else {})})


ICD = "http://hl7.org/fhir/sid/icd-10-cm"


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        (of(SNOMED, "279039007"), Seen.IN_SET),
        (of(ICD, "M5450"), Seen.IN_SET),
        (of("urn:oid:2.16.840.1.113883.6.90", "M54.59"), Seen.IN_SET),
        (of(LOCAL, "LBP", text="Low back pain"), Seen.WORDS),
        (of(SNOMED, "404684003", display="low back pain"), Seen.WORDS),
        (of(SNOMED, "404684003", display="a finding"), Seen.UNMAPPED),
        (of(LOCAL, "LBP"), Seen.UNMAPPED),
        (of("", "LBP"), Seen.UNMAPPED),
        (of("http://hl7.org/fhir/sid/icd-9-cm", "724.2"), Seen.UNMAPPED),
        (of(ICD, "J45.9", display="low back pain"), Seen.IRRELEVANT),
        (of("http://terminology.hl7.org/CodeSystem/condition-category", "x"), Seen.IRRELEVANT),
    ],
)
def test_what_becomes_of_a_coding(condition: Json, what: Seen) -> None:
    assert [row.seen for row in reported(condition).rows] == [what.value]


def test_a_coding_beside_one_that_is_listed_needs_no_look() -> None:
    both = [{"system": SNOMED, "code": "279039007"}, {"system": LOCAL, "code": "LBP"}]
    assert seen(samples.condition(code={"coding": both})) == {
        "279039007": Seen.IN_SET.value,
        "LBP": Seen.BESIDE.value,
    }


def test_what_is_in_a_value_set_comes_with_our_display_and_the_sets() -> None:
    rows = reported(of(SNOMED, "279039007", display="Mrs Doe's back"), of(SNOMED, "279039007")).rows
    assert [(row.element, row.system, row.display, row.value_sets, row.count) for row in rows] == [
        ("Condition.code", "SNOMED CT", "low back pain", ("back_pain",), 2)
    ]


def test_a_text_without_a_code_is_counted_and_never_printed() -> None:
    heard = samples.condition(code={"text": "Low back pain of John Doe"})
    unheard = samples.condition(code={"text": "Jane Doe called"})
    rows = reported(heard, unheard, unheard).rows
    assert [(row.seen, row.code, row.value_sets, row.count) for row in rows] == [
        (Seen.UNMAPPED.value, "", (), 2),
        (Seen.WORDS.value, "", ("back_pain",), 1),
    ]
    assert "Doe" not in in_words(reported(heard, unheard))


@pytest.mark.parametrize("displays", [False, True])
def test_displays_of_the_site_are_printed_only_when_asked_for(displays: bool) -> None:
    report = reported(of(LOCAL, "LBP7", display="back trouble"), displays=displays)
    assert ("back trouble" in in_words(report)) is displays
    assert (report.rows[0].site_display == "back trouble") is displays


@pytest.mark.parametrize(("system", "code"), [(LOCAL, "Jane Doe"), ("Jane Doe", "LBP"), (LOCAL, "x" * 41)])
def test_what_is_no_code_or_no_system_is_not_printed(system: str, code: str) -> None:
    said = in_words(reported(of(system, code)))
    assert "(not a " in said
    assert "Doe" not in said
    assert "xxx" not in said


def test_entries_of_bundles_and_contained_medications_are_counted() -> None:
    inside = {"resourceType": "Medication", "code": concept(RXNORM, "5640")}
    drug = samples.without(samples.medication_request(contained=[inside]), "medicationCodeableConcept")
    bundle = {"resourceType": "Bundle", "entry": [{"resource": drug}, {"resource": of(SNOMED, "279039007")}]}
    rows = reported({"resourceType": "Bundle", "entry": [{"resource": bundle}, {"fullUrl": "urn:x"}]}).rows
    assert {row.element for row in rows} == {"Medication.code", "Condition.code"}


def test_types_without_codes_that_the_service_looks_up_are_counted_by_name() -> None:
    report = reported({"resourceType": "Claim"}, {"resourceType": "Claim"}, {"resourceType": "Jane Doe"})
    assert report.other_types == {"?": 1, "Claim": 2}
    assert "Claim 2" in in_words(report)


def test_broken_lines_are_told_by_their_number_and_the_others_are_counted() -> None:
    good = json.dumps(of(SNOMED, "279039007")).encode()
    report = count(
        [good, b"\n", b'{"resourceType": "Cond\n', b"7\n", b'{"id": "x"}\n', good], Counting(WATCH)
    )
    assert report.broken == {3: "not JSON", 4: "no FHIR resource", 5: "no FHIR resource"}
    assert report.rows[0].count == 2


def test_a_first_line_that_is_broken_does_not_hide_the_others() -> None:
    good = json.dumps(of(SNOMED, "279039007")).encode()
    report = count([b'{"resourceType": "Cond\n', good], Counting(WATCH))
    assert (report.broken, report.resources) == ({1: "not JSON"}, 1)


def test_a_document_over_many_lines_is_read_as_one() -> None:
    text = json.dumps({"resourceType": "Bundle", "entry": [{"resource": of(SNOMED, "279039007")}]}, indent=1)
    assert count(text.encode().splitlines(keepends=True), Counting(WATCH)).resources == 1
    listed = json.dumps([of(SNOMED, "279039007")] * 3).encode()
    assert count([b"\xef\xbb\xbf" + listed], Counting(WATCH)).resources == 3


def test_a_table_shows_the_most_frequent_and_says_how_many_more_there_are() -> None:
    many = [of(LOCAL, f"c{number}") for number in range(20)]
    said = in_words(reported(*many, of(LOCAL, "c19"))).splitlines()
    assert said[said.index("  Condition.code") + 1].split() == ["2", LOCAL, "c19"]
    assert "           and 8 more; --json lists all" in said


class Recorder:
    """Remembers every code that reading asks the value sets about."""

    def __init__(self, index: CodeIndex) -> None:
        self.index = index
        self.codes: set[str] = set()

    def match(self, codings: Sequence[tuple[str, str, str]], text: str) -> Concept:
        """As the index, remembering the codes."""
        self.codes |= {code for _, code, _ in codings}
        return self.index.match(codings, text)


ELEMENTS = (
    "code", "category", "performerType", "valueCodeableConcept", "medicationCodeableConcept", "severity",
    "substance", "method", "outcome", "serviceType",
)  # fmt: skip
LISTS = ("reasonCode", "type", "procedureCode", "bodySite", "orderDetail", "conclusionCode", "interpretation")
WATCHED = {
    "AllergyIntolerance": (RXNORM, "5640"),
    "Condition": (SNOMED, "279039007"),
    "Observation": (LOINC, "8310-5"),
    "Procedure": (SNOMED, "387731002"),
    "ServiceRequest": (CPT, "72148"),
    "DiagnosticReport": (CPT, "72148"),
}
STATUS = {"Procedure": "completed", "Observation": "final", "DiagnosticReport": "final"}
ONLY_OF_DRAFTS = {"MedicationRequest": {"at-reasonCode"}}


def everywhere(kind: str, watched: bool) -> Json:
    """A resource with a code of its own at every element that could hold one."""
    elements: Json = {name: concept(LOCAL, f"at-{name}") for name in ELEMENTS}
    elements |= {name: [concept(LOCAL, f"at-{name}")] for name in LISTS}
    if watched and kind in WATCHED:
        elements["code"] = {"coding": [*elements["code"]["coding"], *concept(*WATCHED[kind])["coding"]]}
    places = ("code", "valueCodeableConcept")
    return {
        "resourceType": kind,
        "id": "x",
        "subject": {"reference": "Patient/p1"},
        "patient": {"reference": "Patient/p1"},
        "status": STATUS.get(kind, "active"),
        "intent": "order",
        "component": [{place: concept(LOCAL, f"at-component.{place}") for place in places}],
        "reaction": [{"substance": concept(LOCAL, "at-reaction.substance")}],
        **elements,
    }


def asked(kind: str) -> set[str]:
    """The codes that reading looks up, whether it knows the code of the resource or there is none."""
    recorder = Recorder(WATCH)
    known = everywhere(kind, watched=True)
    part = {
        "code": concept(LOINC, "8310-5"),
        "valueCodeableConcept": known["component"][0]["valueCodeableConcept"],
    }
    for resource in (
        known,
        everywhere(kind, watched=False),
        samples.without(known, "code"),
        samples.without(known, "code", "substance"),
        {**known, "component": [part]},
    ):
        samples.collection(kind, resource, within=samples.scope(watch=recorder, filtering=False))
    return recorder.codes


@pytest.mark.parametrize("kind", [*WATCHED, "Encounter", "ImagingStudy", "MedicationRequest"])
def test_the_report_looks_where_the_service_looks(kind: str) -> None:
    counted = {row.code for watched in (True, False) for row in reported(everywhere(kind, watched)).rows}
    assert counted == asked(kind) | ONLY_OF_DRAFTS.get(kind, set())


@pytest.mark.parametrize("kind", ["MedicationOrder", "ProcedureRequest", "ReferralRequest", "Medication"])
def test_older_names_of_what_the_service_reads_have_their_places(kind: str) -> None:
    assert PLACES[kind]


# The command


def run(*words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    result = CliRunner().invoke(cli.main, ["codes", *words])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_reads_packed_files_and_prints_json(tmp_path: Path) -> None:
    file = tmp_path / "data.ndjson.gz"
    lines = [json.dumps(of(SNOMED, "279039007")), json.dumps(of(ICD, "Q99.9"))]
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    code, out, err = run(str(file), "--json")
    report = json.loads(out)
    assert (code, err, report["resources"]) == (0, "", 2)
    assert "back-pain-nonspecific" in report["rows"][0]["valueSets"]
    assert [row["code"] for row in report["rows"]] == ["279039007", "Q99.9"]
    assert "back-pain-nonspecific" in run(str(file))[1]


def test_broken_lines_end_with_1_after_the_report(tmp_path: Path) -> None:
    file = tmp_path / "data.ndjson"
    file.write_text(json.dumps(of(SNOMED, "279039007")) + "\n{\n", encoding="utf-8")
    code, out, err = run(str(file))
    assert code == 1
    assert out.startswith("1 resources, 1 codings")
    assert err.strip() == f"{file}:2: not JSON"


def test_a_packed_file_that_is_cut_is_an_error_and_no_short_report(tmp_path: Path) -> None:
    file = tmp_path / "data.ndjson.gz"
    file.write_bytes(gzip.compress(json.dumps(of(SNOMED, "279039007")).encode() * 50)[:-12])
    code, out, err = run(str(file))
    assert (code, out) == (1, "")
    assert "cannot be read" in err
