"""Discovery, and the grammar of the prefetch templates that it publishes."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import pytest

from app.protocol.discovery import Discovery, encode
from tests.calls import ask
from tests.conformance import by_hand
from tests.conformance.statements import holds
from tests.conformance.table import README

HOOKS = ("patient-view", "order-select", "order-sign")
TOKEN = re.compile(r"\{\{(.*?)\}\}")


async def services() -> list[dict[str, Any]]:
    """The services as listed."""
    found: list[dict[str, Any]] = (await ask("GET", "/cds-services")).json()["services"]
    return found


async def templates() -> list[str]:
    """Every template of every service."""
    return [template for each in await services() for template in each["prefetch"].values()]


@holds("D-1", "D-2", "D-3", "D-17")
async def test_discovery_is_a_list_of_services_at_its_one_path() -> None:
    answer = await ask("GET", "/cds-services")
    assert (answer.status_code, next(iter(answer.json()))) == (200, "services")
    assert isinstance(answer.json()["services"], list)


@holds("D-4")
def test_no_services_would_be_an_empty_list() -> None:
    assert encode(Discovery([])) == b'{"services":[]}'


@holds("D-6", "D-7", "D-8", "D-9", "D-11")
async def test_every_service_says_its_hook_id_title_description_and_requirements() -> None:
    listed = await services()
    assert tuple(each["hook"] for each in listed) == HOOKS
    assert [each["id"] for each in listed] == [f"low-back-pain-{hook}" for hook in HOOKS]
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+", each["id"]) for each in listed)
    assert all(each[key].strip() for each in listed for key in ("title", "description", "usageRequirements"))


def test_what_is_typed_by_hand_is_what_discovery_says() -> None:
    readme = README.read_text(encoding="utf-8")
    assert by_hand.renewed(readme) == readme, "run `make openapi`"
    for line in by_hand.block().splitlines():
        assert not line.strip() or line.startswith(("#", "`")) or line.count("{{context.patientId}}") == 1


@holds("D-12", "Q-10")
async def test_every_service_says_which_version_of_the_specification_it_speaks() -> None:
    assert {each["version"] for each in await services()} == {"2.0.1"}


@holds("D-16")
async def test_the_path_of_a_service_is_its_id_alone() -> None:
    for each in await services():
        answer = await ask("POST", f"/cds-services/{each['id']}", json={})
        assert answer.status_code == 400


@holds("D-10", "P-1", "P-10", "P-11", "P-12")
async def test_templates_are_relative_reads_of_the_patient_or_searches_by_patient() -> None:
    for template in await templates():
        path, _, query = template.partition("?")
        if query:
            assert re.fullmatch(r"[A-Z][A-Za-z]+", path)
            assert ("patient", "{{context.patientId}}") in parse_qsl(query)
        else:
            assert path == "Patient/{{context.patientId}}"


@holds("P-2", "P-3", "P-4", "P-5", "P-6")
async def test_tokens_are_root_fields_of_the_context_that_every_hook_has() -> None:
    assert {token for template in await templates() for token in TOKEN.findall(template)} == {
        "context.patientId"
    }


@holds("P-13", "P-15", "P-16", "P-17", "P-18")
async def test_searches_use_only_what_the_specification_recommends() -> None:
    for template in await templates():
        parameters = dict(parse_qsl(template.partition("?")[2]))
        assert parameters.keys() <= {"patient", "code", "_sort", "_count"}
        assert parameters.get("_sort", "-date") == "-date"
        assert parameters.get("_count", "1").isdecimal()


@holds("P-33")
async def test_no_two_templates_of_a_service_ask_for_the_same_type() -> None:
    for each in await services():
        types = [re.split(r"[/?]", template)[0] for template in each["prefetch"].values()]
        assert len(types) == len(set(types))


@holds("D-15", "X-1", "X-2", "X-3", "X-4")
async def test_extensions_of_discovery_are_objects_with_reverse_dns_names() -> None:
    body = (await ask("GET", "/cds-services")).json()
    for holder in (body, *body["services"]):
        extension = holder.get("extension", {})
        assert isinstance(extension, dict)
        assert all(re.fullmatch(r"[a-z0-9-]+(\.[A-Za-z0-9-]+)+", name) for name in extension)


@holds("D-1")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_discovery_is_asked_by_get(method: str) -> None:
    assert (await ask(method, "/cds-services")).status_code == 405
