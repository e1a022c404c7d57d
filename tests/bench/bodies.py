"""Request bodies from 1 KB to 3 MB around those records, as templates of bytes."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.records import (
    CPT,
    PATIENT_MARK,
    SNOMED,
    TODAY,
    WHO,
    Json,
    concept,
    others,
    patient,
    relevant,
    subject,
)

INSTANCE_MARK = "IIIIIIIIIIII"
DRAFT_MARK = "DDDDDDDD"


@dataclass(frozen=True, slots=True)
class Body:
    """A request as a template of bytes: the hook, and the JSON with its marks."""

    name: str
    hook: str
    template: bytes

    def repeated(self, number: int) -> bytes:
        """The same patient again, in another hook instance."""
        return self.template.replace(INSTANCE_MARK.encode(), b"%012d" % number, 1)

    def redrafted(self, number: int) -> bytes:
        """The same patient again, with another draft."""
        return self.repeated(number).replace(DRAFT_MARK.encode(), b"%08d" % number)

    def first(self, number: int) -> bytes:
        """A patient never seen before, in another hook instance."""
        return self.repeated(number).replace(PATIENT_MARK.encode(), b"%08d" % number)


def draft() -> Json:
    """A lumbar CT for low back pain, not yet signed."""
    return {
        "resourceType": "ServiceRequest",
        "id": f"draft-{PATIENT_MARK}-{DRAFT_MARK}",
        "status": "draft",
        "intent": "order",
        "code": concept((CPT, "72131", "CT lumbar spine without contrast")),
        "subject": subject(),
        "authoredOn": TODAY.isoformat(),
        "reasonCode": [concept((SNOMED, "279039007", "Low back pain"))],
    }


def entry(resource: Json) -> Json:
    """A match of a search."""
    url = f"https://fhir.example.org/r4/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": "match"}}


def searchset(resources: list[Json]) -> Json:
    """The Bundle that a FHIR server answers a search with."""
    found = {"entry": [entry(each) for each in resources]} if resources else {}
    return {"resourceType": "Bundle", "type": "searchset", "total": len(resources), **found}


def request(hook: str, keys: Mapping[str, str], resources: list[Json]) -> Json:
    """A hook request; keys maps each prefetch key of the service to its resource type."""
    context: Json = {"patientId": WHO, "userId": "Practitioner/practitioner-17"}
    if hook != "patient-view":
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft()}]}
        context["draftOrders"] = bundle
    if hook == "order-select":
        context["selections"] = [f"ServiceRequest/{draft()['id']}"]
    prefetch = {
        key: patient()
        if kind == "Patient"
        else searchset([each for each in resources if each["resourceType"] == kind])
        for key, kind in keys.items()
    }
    instance = f"7f0c2a44-1c1d-4c8e-9d3e-{INSTANCE_MARK}"
    return {"hook": hook, "hookInstance": instance, "context": context, "prefetch": prefetch}


def build(name: str, hook: str, keys: Mapping[str, str], size: int) -> Body:
    """A body of at least `size` bytes, as close to it as whole resources allow; size 0 is an empty record."""
    resources: list[Json] = relevant() if size else []
    written = len(encode(request(hook, keys, resources)))
    record = others(random.Random(size))
    while written < size:
        resources.append(next(record))
        written += (
            len(encode(searchset(resources[-1:]))) - len(encode(searchset([]))) - len(b',"entry":[]') + 1
        )
    return Body(name, hook, encode(request(hook, keys, resources)))


def encode(body: Json) -> bytes:
    """Compact JSON."""
    return json.dumps(body, separators=(",", ":")).encode()


def all_bodies(keys: Mapping[str, Mapping[str, str]]) -> list[Body]:
    """The four sizes whose ratios are committed; keys gives the prefetch keys of each hook."""
    return [
        build("1 KB", "patient-view", keys["patient-view"], 0),
        build("20 KB", "order-sign", keys["order-sign"], 20_000),
        build("100 KB", "order-sign", keys["order-sign"], 100_000),
        build("500 KB", "order-sign", keys["order-sign"], 500_000),
    ]


def more_bodies(keys: Mapping[str, Mapping[str, str]]) -> list[Body]:
    """The other hooks, and the largest size."""
    return [
        build("20 KB view", "patient-view", keys["patient-view"], 20_000),
        build("20 KB select", "order-select", keys["order-select"], 20_000),
        build("3 MB", "order-sign", keys["order-sign"], 3_000_000),
    ]
