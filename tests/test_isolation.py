"""Calls of different patients, clients and profiles at the same time: each gets what it would get alone."""

from __future__ import annotations

import asyncio
import io
import json
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from app.main import create_app
from app.settings import Settings
from tests.calls import (
    LOW_BACK_PAIN,
    TODAY,
    Json,
    condition,
    content,
    drug,
    observation,
    person,
    prefetched,
    request,
)
from tests.calls import study as ordered_study
from tests.tokens import BASE, claims, head, jwks, signed

EHR = "https://ehr.example/fhir"
PROFILES = ("spec", "epic", "sandbox")
STUDY = ordered_study("72148", LOW_BACK_PAIN)
OPIOID = drug("1049621", LOW_BACK_PAIN)
BACK_PAIN = condition(LOW_BACK_PAIN)
PATIENTS: dict[str, tuple[Json, tuple[Json, ...]]] = {
    "plain": (person(), (BACK_PAIN,)),
    "retention": (person(), (BACK_PAIN, condition(("icd", "R33.9"), days_ago=2))),
    "cancer": (person(age=71), (BACK_PAIN, condition(("snomed", "254837009"), days_ago=3000))),
    "fever": (person(), (BACK_PAIN, observation("8310-5", 39, "Cel"))),
    "child": (person(age=12), (BACK_PAIN,)),
    "nothing": (person(), ()),
}
HOOKS: dict[str, tuple[str, tuple[Json, ...]]] = {
    "view": ("patient-view", ()),
    "study": ("order-sign", (STUDY,)),
    "opioid": ("order-select", (OPIOID,)),
    "both": ("order-sign", (STUDY, OPIOID)),
}
TODAY_AT_NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
NUMBERS = count()

CALLS = st.lists(
    st.tuples(
        st.sampled_from(PROFILES),
        st.sampled_from(sorted(PATIENTS)),
        st.sampled_from(sorted(HOOKS)),
        st.booleans(),
        st.integers(0, 4),
        st.integers(0, 4),
    ),
    min_size=2,
    max_size=10,
)
"""Client, patient, orders, whether the record is sent along, steps before the call and of the FHIR server."""

Call = tuple[str, str, str, bool, int, int]


def body(call: Call, number: int, instance: str) -> Json:
    """The call about the patient of this number."""
    _, patient, hook, sent, _, _ = call
    name, orders = HOOKS[hook]
    record = prefetched(*PATIENTS[patient][1], patient=PATIENTS[patient][0]) if sent else {}
    whole = request(name, *orders, prefetch=record)
    text = json.dumps({**whole, "hookInstance": instance, "fhirServer": f"{EHR}/{number}"})
    text = text.replace('"p1"', f'"p{number}"').replace("Patient/p1", f"Patient/p{number}")
    renamed: Json = json.loads(text)
    return renamed


class Ehr:
    """The FHIR servers of all calls: each has one patient, and takes its own number of steps."""

    def __init__(self, calls: list[Call]) -> None:
        self.calls = calls

    async def __call__(self, asked: httpx.Request) -> httpx.Response:
        _, _, number, kind = asked.url.path.split("/")[:4]
        call = self.calls[int(number)]
        assert f"p{number}" in str(asked.url)
        for _ in range(call[5]):
            await asyncio.sleep(0)
        patient, resources = PATIENTS[call[1]]
        if kind == "Patient":
            return httpx.Response(200, json={**patient, "id": f"p{number}"})
        found = [{"resource": each} for each in resources if each["resourceType"] == kind]
        text = json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": found})
        return httpx.Response(
            200,
            content=text.replace("Patient/p1", f"Patient/p{number}"),
            headers={"content-type": "application/fhir+json"},
        )


def service(folder: Path, calls: list[Call], memory: int) -> FastAPI:
    """A production service that knows the clients, and remembers so many calls."""
    clients = {
        name: {
            "profile": name,
            "fhir_servers": [f"{EHR}/{number}" for number in range(len(calls))],
            "deadline_ms": 30_000,
            "ratings": {"given": name != "epic"},
            "trust": {"iss": f"https://{name}.example", "jwks": jwks("ES384")},
        }
        for name in PROFILES
    }
    site = folder / "site.yaml"
    site.write_text(yaml.safe_dump({"clients": clients}, default_flow_style=False), encoding="utf-8")
    options = {"site_file": site, "store_url": f"sqlite:///{folder}/journal.sqlite", "memory_calls": memory}
    return create_app(
        Settings.model_validate({"mode": "production", "public_url": BASE, **options}),
        content(),
        clock=lambda: TODAY_AT_NOON,
        transport=httpx.MockTransport(Ehr(calls)),
        log_file=io.BytesIO(),
    )


async def answered(client: httpx.AsyncClient, calls: list[Call], at: int) -> tuple[int, Any]:
    """What a call is answered. Patients differ, but those of whom the same is told for the same orders."""
    call = calls[at]
    number = next(first for first, other in enumerate(calls) if other[1:4] == call[1:4])
    for _ in range(call[4]):
        await asyncio.sleep(0)
    path = f"/cds-services/low-back-pain-{HOOKS[call[2]][0]}"
    moment = time.time()
    said = {"iss": f"https://{call[0]}.example", "aud": f"{BASE}{path}", "jti": f"token-{next(NUMBERS)}"}
    token = signed(head(), claims(**said, iat=moment, exp=moment + 300))
    answer = await client.post(
        path, json=body(call, number, f"call-{at}"), headers={"authorization": f"Bearer {token}"}
    )
    return answer.status_code, answer.json()


def at(app: FastAPI) -> httpx.AsyncClient:
    """A client of the service."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cds.example")


async def compared(folder: Path, calls: list[Call]) -> None:
    """One after the other, by a service that remembers nothing; then all at once, twice, by one that does."""
    async with at(service(folder, calls, 0)) as client:
        alone = [await answered(client, calls, each) for each in range(len(calls))]
    async with at(service(folder, calls, 100)) as client:
        for _ in range(2):
            together = [answered(client, calls, each) for each in range(len(calls))]
            assert await asyncio.gather(*together) == alone
    assert {status for status, _ in alone} == {200}


@given(CALLS)
@settings(max_examples=15)
def test_calls_at_the_same_time_get_what_they_would_get_alone(
    tmp_path_factory: pytest.TempPathFactory, calls: list[Call]
) -> None:
    asyncio.run(compared(tmp_path_factory.mktemp("isolation"), calls))
