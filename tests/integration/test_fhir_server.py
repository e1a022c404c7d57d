"""The stand-in FHIR server behaves as the tests that lean on it believe."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.integration.servers import Running

pytestmark = pytest.mark.integration


def get(url: str, **headers: str) -> tuple[int, Any]:
    """Status and JSON of a GET, whatever the status."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_metadata_names_r4_even_to_a_client_that_asks_for_the_old_mime_type(fhir: Running) -> None:
    status, body = get(f"{fhir.url}/metadata", Accept="application/json+fhir")
    assert (status, body["fhirVersion"]) == (200, "4.0.1")


def test_search_by_patient_finds_only_that_patient(fhir: Running) -> None:
    _, bundle = get(f"{fhir.url}/Condition?patient=cancer")
    subjects = {entry["resource"]["subject"]["reference"] for entry in bundle["entry"]}
    assert (bundle["total"], subjects) == (3, {"Patient/cancer"})


def test_the_list_of_patients_holds_everyone(fhir: Running) -> None:
    _, bundle = get(f"{fhir.url}/Patient?_count=100")
    assert bundle["total"] == 14


def test_search_by_form_gives_what_the_plain_search_gives(fhir: Running) -> None:
    form = urllib.parse.urlencode({"patient": "fever", "code": "http://loinc.org|8310-5"}).encode()
    with urllib.request.urlopen(f"{fhir.url}/Observation/_search", data=form, timeout=10) as response:
        posted = json.load(response)
    _, plain = get(f"{fhir.url}/Observation?{form.decode()}")
    assert posted["total"] == 2
    assert [each["fullUrl"] for each in posted["entry"]] == [each["fullUrl"] for each in plain["entry"]]


def test_observations_come_newest_first_when_asked(fhir: Running) -> None:
    _, bundle = get(f"{fhir.url}/Observation?patient=fever&_sort=-date")
    assert [entry["resource"]["id"] for entry in bundle["entry"]] == ["fever-now", "fever-old"]


def test_a_long_search_comes_in_pages_until_all_is_read(fhir: Running) -> None:
    found: list[str] = []
    url: str | None = f"{fhir.url}/Condition?patient=pages"
    pages = 0
    while url is not None:
        _, bundle = get(url)
        found += [entry["resource"]["id"] for entry in bundle["entry"]]
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)
        pages += 1
    assert (pages, len(set(found)), found[-1]) == (3, 60, "pages-last")


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_a_refusal_is_an_operation_outcome(fhir: Running, status: int) -> None:
    answered, body = get(f"{fhir.url}/faulty/{status}/Patient/acute")
    assert (answered, body["resourceType"]) == (status, "OperationOutcome")


def test_a_fault_for_one_type_leaves_the_others_alone(fhir: Running) -> None:
    base = f"{fhir.url}/faulty/500:Condition,Observation"
    answers = {
        name: get(f"{base}/{name}?patient=acute")[0] for name in ("Condition", "Observation", "Encounter")
    }
    assert answers == {"Condition": 500, "Observation": 500, "Encounter": 200}


def test_the_token_fault_opens_for_its_token_only(fhir: Running) -> None:
    url = f"{fhir.url}/faulty/token-secret/Patient/acute"
    assert get(url)[0] == 401
    assert get(url, Authorization="Bearer other")[0] == 401
    assert get(url, Authorization="Bearer secret")[0] == 200


def test_endless_pages_always_name_a_next_one(fhir: Running) -> None:
    _, first = get(f"{fhir.url}/faulty/endless/Condition?patient=acute")
    _, second = get(first["link"][0]["url"])
    assert second["link"][0]["relation"] == "next"
    assert second["link"][0]["url"] != first["link"][0]["url"]
