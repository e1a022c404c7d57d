"""What must hold for any entry: reading never raises, and looking ahead changes nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.fhir import model_of, model_without_nulls
from app.record.prefetch import page
from app.record.reading import KINDS, in_shape, read_collection
from tests.record.samples import (
    CPT,
    ICD,
    LOCAL,
    LOINC,
    RXNORM,
    SNOMED,
    concept,
    condition,
    encounter,
    medication_request,
    observation,
    procedure,
    scope,
    service_request,
    without,
)

SAMPLES: dict[str, dict[str, Any]] = {
    "Condition": condition(),
    "MedicationRequest": medication_request(),
    "ServiceRequest": service_request(),
    "Procedure": procedure(),
    "Observation": observation(),
    "Encounter": encounter(),
    "DiagnosticReport": procedure(resourceType="DiagnosticReport", code=concept(CPT, "72148")),
    "ImagingStudy": procedure(resourceType="ImagingStudy", procedureCode=[concept(CPT, "72148")]),
    "AllergyIntolerance": condition(resourceType="AllergyIntolerance", code=concept(RXNORM, "5640")),
}
ELEMENTS = sorted({name for kind in KINDS.values() for name in kind.shape})
WORDS = [
    "", " ", "active", "low back pain", "Patient/p1", "Patient/p2", "#x", "2026-03", "2026-02-30",
    "entered-in-error", "provisional", "true", "5", "< 5", "ibuprofen", "Medication/m1", "mri lumbar",
]  # fmt: skip
CODINGS = st.fixed_dictionaries(
    {},
    optional={
        "system": st.sampled_from([SNOMED, ICD, LOINC, CPT, RXNORM, LOCAL, "", " "]) | st.none(),
        "code": st.sampled_from(["279039007", "M54.5", "8310-5", "72148", "5640", "1", "", " "]) | st.none(),
        "display": st.sampled_from(WORDS) | st.none(),
    },
)
CONCEPTS = st.fixed_dictionaries(
    {},
    optional={"coding": st.lists(CODINGS | st.none(), max_size=3) | CODINGS, "text": st.sampled_from(WORDS)},
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
)
ANY_JSON = st.recursive(
    SCALARS | st.sampled_from(WORDS) | st.text(max_size=8) | CONCEPTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*ELEMENTS, "reference", "value", "coding", "text"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
NOTHING_MORE = {"resourceType": "OperationOutcome", "issue": [{"severity": "information"}]}
SUBJECTS = st.sampled_from(WORDS).map(lambda text: {"reference": text}) | ANY_JSON


@st.composite
def entries(draw: st.DrawFn, source: str) -> Any:
    """A resource of the source with some elements replaced by anything, others taken away."""
    resource = dict(SAMPLES[source])
    shape = KINDS[source].shape
    changed = draw(
        st.dictionaries(
            st.sampled_from([*sorted(shape), "patient", "extra"]), ANY_JSON | CONCEPTS, max_size=3
        )
    )
    resource |= changed
    code = KINDS[source].peek or "code"
    if draw(st.booleans()):
        resource[code] = draw(CONCEPTS)
    if draw(st.integers(0, 4)) == 0:
        resource["subject"] = draw(SUBJECTS)
    for name in draw(st.sets(st.sampled_from(sorted(resource)), max_size=2)):
        del resource[name]
    return resource


@pytest.mark.parametrize("source", sorted(KINDS))
@given(data=st.data())
def test_looking_ahead_changes_nothing(source: str, data: st.DataObject) -> None:
    sent = [msgspec.json.encode(each) for each in data.draw(st.lists(entries(source), max_size=3))]
    ahead, whole = scope(), scope(filtering=False)

    assert read_collection(source, sent, (), ahead) == read_collection(source, sent, (), whole)
    assert ahead.tally == whole.tally
    assert ahead.tally.faults == {}


@pytest.mark.parametrize("source", sorted(KINDS))
@given(data=st.data())
def test_a_bundle_is_read_as_its_entries_are_one_by_one(source: str, data: st.DataObject) -> None:
    resources = data.draw(st.lists(entries(source), max_size=3))
    whole = scope(filtering=False)
    others = data.draw(st.lists(st.sampled_from([NOTHING_MORE, {"resourceType": "Basic"}]), max_size=2))
    mixed = data.draw(st.permutations([*resources, *others]))
    alone = [msgspec.json.encode(each) for each in mixed if each.get("resourceType") == source]
    bundle = {"resourceType": "Bundle", "entry": [{"resource": each} for each in mixed]}

    found = page(msgspec.Raw(msgspec.json.encode(bundle)), source).entries.get(source, ())

    assert read_collection(source, found, (), scope()) == read_collection(source, alone, (), whole)


def refused(model: Any, resource: dict[str, Any]) -> list[Any]:
    """What a model says against a resource."""
    try:
        model.model_validate(resource)
    except ValidationError as error:
        return [(each["type"], each["loc"]) for each in error.errors(include_url=False)]
    return []


@pytest.mark.parametrize("source", sorted(name for name, kind in KINDS.items() if kind.validated))
@given(data=st.data())
def test_in_shape_a_resource_is_judged_alike_where_nobody_looks_for_nulls(
    source: str, data: st.DataObject
) -> None:
    resource = in_shape(KINDS[source], data.draw(entries(source)) | {"resourceType": source})
    judged = without(resource, "modifierExtension", "contained", "id")
    assert refused(model_without_nulls(source), judged) == refused(model_of(source), judged)


@pytest.mark.parametrize("source", sorted(KINDS))
@given(data=st.data())
def test_an_entry_is_read_or_irrelevant_or_void_or_a_gap(source: str, data: st.DataObject) -> None:
    entry = data.draw(entries(source) | ANY_JSON)
    within = scope()

    read = read_collection(source, [msgspec.json.encode(entry)], (), within)

    assert within.tally.faults == {}
    typed = isinstance(entry, dict) and isinstance(entry.get("resourceType"), str)
    other = typed and entry["resourceType"].strip() not in KINDS[source].types
    left_out = within.tally.irrelevant + within.tally.void + bool(other)
    if source == "Observation" and not read.gaps:
        return
    assert bool(read.items) + len(read.gaps) + left_out == 1


@given(noise=st.binary(max_size=60), source=st.sampled_from(sorted(KINDS)))
def test_any_bytes_are_a_gap_or_nothing(noise: bytes, source: str) -> None:
    within = scope()

    read_collection(source, [noise, b'{"resourceType":"' + source.encode() + b'",' + noise], (), within)

    assert within.tally.faults == {}
