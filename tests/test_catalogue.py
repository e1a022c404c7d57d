"""The catalogue: what a hook needs from FHIR follows from what its recommendations ask."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec
import pytest
from msgspec import structs

from app.catalogue import discovery, queries, reachable, recommendations_of
from app.knowledge.check import SOURCES
from app.knowledge.load import Knowledge, load
from app.knowledge.relevance import NEEDS
from app.protocol.discovery import encode
from tests.content import change, knowledge, write

THUMB = "facts/thumb.yaml"
SCHOOL = "recommendations/thumb-school/card.yaml"
PICTURE = "recommendations/avoid-thumb-picture/card.yaml"
ALLOWED = {"patient", "code", "_sort", "_count"}


def sources(content: Knowledge, hook: str) -> set[str]:
    """The resource types that a hook asks for."""
    return {query.source for query in queries(content, hook)}


def test_each_hook_asks_for_what_its_recommendations_read() -> None:
    assert sources(knowledge(), "order-sign") == {
        "Patient", "Condition", "Encounter", "Observation", "Procedure", "ServiceRequest",
        "AllergyIntolerance", "MedicationRequest",
    }  # fmt: skip
    assert sources(knowledge(), "patient-view") == {
        "Patient", "Condition", "Encounter", "Observation", "Procedure", "ServiceRequest",
    }  # fmt: skip
    assert queries(knowledge(), "appointment-book") == ()


def test_one_query_for_each_resource_type_under_its_own_key() -> None:
    found = queries(knowledge(), "order-sign")
    assert len({query.source for query in found}) == len({query.key for query in found}) == len(found)
    assert all(query.template.startswith(query.source) for query in found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("when: [sore_thumb]", "when: [sore_thumb, wax_allergy]"),
        ("unless: [referred]", "unless: [referred, wax_allergy]"),
        ("unless: [referred]", "unless: [referred]\ngentler_when: [wax_allergy]"),
        ("  detail: A course.", "  detail: A course for {wax_allergy}."),
        (
            "  detail: A course.",
            "  detail: A course.\n  notes:\n    - when: [wax_allergy]\n      say: No wax.",
        ),
        (
            "  detail: A course.",
            "  detail: A course.\n  variants:\n    - when: [wax_allergy]\n      summary: No wax.",
        ),
        ("  detail: A course.", "  detail: A course.\n  link_to: [wax_allergy]"),
        (
            "  detail: A course.",
            "  detail: A course.\noffer:\n  - suggestion: rest-the-thumb\n    unless: [wax_allergy]",
        ),
    ],
)
def test_a_fact_of_a_new_source_adds_its_query_wherever_it_is_asked(
    tmp_path: Path, old: str, new: str
) -> None:
    root = write(tmp_path)
    assert "AllergyIntolerance" not in sources(load(root), "patient-view")
    change(root, SCHOOL, old, new)
    assert "AllergyIntolerance" in sources(load(root), "patient-view")


def test_a_fact_deep_inside_others_adds_its_query(tmp_path: Path) -> None:
    root = write(tmp_path)
    change(root, THUMB, "    - numb_thumb\n", "    - numb_thumb\n    - plaster_worn\n")
    assert "MedicationRequest" in sources(load(root), "patient-view")


def test_the_beginning_of_a_since_is_asked_for_as_well(tmp_path: Path) -> None:
    root = write(tmp_path)
    change(root, SCHOOL, "unless: [referred]", "unless: [pictured]")
    content = load(root)
    found = reachable(content, [content.recommendations["thumb-school"]])
    assert "thumb_days" in {name for fact in found for name in content.facts if content.facts[name] is fact}
    assert {"DiagnosticReport", "ImagingStudy"} <= sources(content, "patient-view")


def test_what_no_active_recommendation_asks_is_not_asked_for(tmp_path: Path) -> None:
    root = write(tmp_path)
    name = "recommendations/avoid-salve-with-plaster/card.yaml"
    change(root, name, "status: active", "status: draft")
    assert "MedicationRequest" not in sources(load(root), "order-sign")


def test_a_fact_that_nobody_asks_for_asks_for_nothing(tmp_path: Path) -> None:
    root = write(tmp_path)
    change(
        root,
        THUMB,
        "sore_thumb:\n  ask",
        "lonely:\n  ask: x\n  label: x\n  study: {in: splint}\nsore_thumb:\n  ask",
    )
    assert "ImagingStudy" not in sources(load(root), "order-sign")


def test_facts_about_orders_and_hooks_ask_for_nothing() -> None:
    assert {"order", "hook"}.isdisjoint(NEEDS)


def test_every_source_that_a_kind_reads_has_a_query_and_a_name() -> None:
    read = {source for needs in NEEDS.values() for source in needs}
    assert read | {"Order"} == set(SOURCES)
    content = knowledge()
    some = content.recommendations["thumb-care"]
    every = structs.replace(some, when=lines_of_all(content))
    asked = sources(replace(content, recommendations={"ask-everything": every}), every.hooks[0])
    assert asked == read


def lines_of_all(content: Knowledge) -> tuple[object, ...]:
    """A criterion for every fact there is."""
    lines = [line for each in content.recommendations.values() for line in each.lines]
    example = lines[0]
    return tuple(structs.replace(example, fact=name, text=name) for name in content.facts)


# Templates


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_templates_are_legal_in_the_published_release(hook: str) -> None:
    for query in queries(knowledge(), hook):
        tokens = re.findall(r"\{\{(.*?)\}\}", query.template)
        assert tokens == ["context.patientId"]
        if query.source == "Patient":
            assert query.template == "Patient/{{context.patientId}}"
        else:
            path, _, parameters = query.template.partition("?")
            names = [name for name, _ in parse_qsl(parameters, strict_parsing=True)]
            assert path == query.source
            assert set(names) <= ALLOWED
            assert len(names) == len(set(names))


def observations(content: Knowledge) -> str:
    """The query for observations."""
    return next(each.template for each in queries(content, "order-sign") if each.source == "Observation")


def test_observations_are_asked_for_by_the_codes_of_the_value_sets_latest_first() -> None:
    assert observations(knowledge()) == (
        "Observation?patient={{context.patientId}}&code=http://loinc.org|8310-5&_sort=-date&_count=100"
    )


def test_a_code_that_is_added_to_a_value_set_is_asked_for(tmp_path: Path) -> None:
    root = write(tmp_path)
    name = "value-sets/temperature.yaml"
    change(
        root,
        name,
        '{LOINC: {"8310-5": temperature}}',
        '{LOINC: {"8310-5": temperature, "8331-1": oral temperature}}',
    )
    assert "&code=http://loinc.org|8310-5,http://loinc.org|8331-1&" in observations(load(root))


def test_codes_of_included_sets_and_unverified_ones_are_asked_for(tmp_path: Path) -> None:
    root = write(tmp_path)
    change(root, "value-sets/wax.yaml", "codes: {", 'unverified: {LOINC: {"8331-1": wax}}\ncodes: {')
    change(root, "value-sets/temperature.yaml", "codes: {", "includes: [wax]\ncodes: {")
    assert "http://loinc.org|8331-1" in observations(load(root))


def test_observations_without_any_code_are_asked_for_without_an_empty_list(tmp_path: Path) -> None:
    root = write(tmp_path)
    change(root, THUMB, "observation: {in: temperature,", "observation: {in: wax,")
    assert observations(load(root)) == "Observation?patient={{context.patientId}}&_sort=-date&_count=100"


# Discovery


def test_discovery_lists_every_service_with_its_prefetch() -> None:
    services = [(each, queries(knowledge(), each.hook)) for each in knowledge().services.services]
    listing = msgspec.json.decode(encode(discovery(knowledge(), services)))
    assert [(each["id"], each["hook"]) for each in listing["services"]] == [
        ("thumb-view", "patient-view"),
        ("thumb-select", "order-select"),
        ("thumb-sign", "order-sign"),
    ]
    for each in listing["services"]:
        expected = {query.key: query.template for query in queries(knowledge(), each["hook"])}
        assert each["prefetch"] == expected
        assert each["title"]
        assert each["description"]


def test_a_hook_is_answered_by_its_active_recommendations() -> None:
    titles = {each.title for each in recommendations_of(knowledge(), "patient-view")}
    assert "Avoid a picture of the thumb" not in titles
    assert "Send to thumb school" in titles
