"""The published contract: valid, with fresh examples, and what the application really does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from app import errors
from app.protocol import discovery, response
from tests.calls import ask, service
from tests.conformance.examples import FOLDER, examples
from tests.conformance.statements import holds

FILE = Path(__file__).parents[2] / "openapi" / "openapi.yaml"
CONTRACT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SCHEMAS = CONTRACT["components"]["schemas"]
STRUCTS = {
    "Discovery": discovery.Discovery,
    "Service": discovery.ServiceEntry,
    "HookResponse": response.Response,
    "Card": response.Card,
    "Source": response.Source,
    "Coding": response.Coding,
    "Suggestion": response.Suggestion,
    "Action": response.Action,
    "Link": response.Link,
}


def check(name: str, value: Any) -> None:
    """Fails when a value is not as a schema of the contract says."""
    registry = Registry().with_resource("contract", Resource(CONTRACT, DRAFT202012))
    schema = {"$ref": f"contract#/components/schemas/{name}"}
    Draft202012Validator(schema, registry=registry).validate(value)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of the contract: path, method, what it says."""
    for path, item in CONTRACT["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method.upper(), operation


def test_the_contract_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(CONTRACT, base_uri=FILE.as_uri()).validate()


def test_the_contract_has_every_route_of_the_application_and_no_other() -> None:
    routes = {
        (route.path, method)
        for route in _flat(service().router.routes)
        for method in route.methods - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method, _ in operations()} == routes


def _flat(routes: list[Any]) -> Iterator[Any]:
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from _flat(included.routes) if included is not None else [route]


def test_the_contract_has_every_status_that_a_hook_call_can_be_refused_with() -> None:
    statuses = {
        each.status for each in vars(errors).values() if isinstance(each, type) and hasattr(each, "status")
    }
    documented = {
        int(each) for each in CONTRACT["paths"]["/cds-services/{id}"]["post"]["responses"] if each.isdigit()
    }
    assert statuses - {405} <= documented


@pytest.mark.parametrize("name", STRUCTS)
def test_the_contract_has_every_element_that_can_be_sent(name: str) -> None:
    schema = msgspec.json.schema(STRUCTS[name])
    ours = schema["$defs"][STRUCTS[name].__name__]
    assert ours["properties"].keys() <= SCHEMAS[name]["properties"].keys()
    assert set(ours["required"]) <= set(SCHEMAS[name]["required"])


@holds("J-7")
async def test_examples_are_what_the_service_answers() -> None:
    for name, text in (await examples()).items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name}: run `make openapi`"


def test_every_group_of_cards_has_its_example_and_every_file_is_used() -> None:
    used = set(re.findall(r"examples/(\S+\.json)", FILE.read_text(encoding="utf-8")))
    assert used == {each.name for each in FOLDER.iterdir()}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.json")), ids=lambda file: file.stem)
def test_examples_are_as_the_contract_says(file: Path) -> None:
    kind = file.stem.rpartition("-")[2]
    name = {"request": "HookRequest", "response": "HookResponse", "discovery": "Discovery"}[kind]
    check(name, json.loads(file.read_text(encoding="utf-8"))["value"])


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/cds-services/low-back-pain-order-sign", b"{", 400),
        ("POST", "/cds-services/none", b"{}", 404),
        ("DELETE", "/cds-services", b"", 405),
        ("GET", "/nowhere", b"", 404),
    ],
)
async def test_refusals_are_as_the_contract_says(method: str, path: str, body: bytes, status: int) -> None:
    answer = await ask(method, path, content=body)
    assert answer.status_code == status
    check("OperationOutcome", answer.json())


async def test_readiness_is_as_the_contract_says() -> None:
    check("Readiness", (await ask("GET", "/health/ready")).json())
