"""A CDS Hooks service as people would write it with FastAPI and fhir.resources: some sixty lines, no more.

pydantic reads the request, fhir.resources each Bundle of the prefetch as a whole, and one card says what
was found. It knows no missing data, no drafts but their number, and one rule.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import uuid4

from fastapi import FastAPI, HTTPException
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.patient import Patient
from pydantic import BaseModel, Field

BACK_PAIN = {"278862001", "279039007"}
app = FastAPI()


class Context(BaseModel):
    patientId: str
    userId: str
    draftOrders: dict[str, Any] | None = None


class HookRequest(BaseModel):
    hook: str
    hookInstance: str
    context: Context
    prefetch: dict[str, Any] = Field(default_factory=dict)


class Source(BaseModel):
    label: str


class Card(BaseModel):
    uuid: str
    summary: str
    indicator: Literal["info", "warning", "critical"]
    source: Source


class HookResponse(BaseModel):
    cards: list[Card]


@app.get("/cds-services")
def services() -> dict[str, Any]:
    listed = {"hook": "order-sign", "id": "low-back-pain-order-sign", "description": "A peer"}
    return {"services": [listed]}


@app.post("/cds-services/{name}")
def call(name: str, request: HookRequest) -> HookResponse:
    resources: list[Any] = []
    for value in request.prefetch.values():
        if value.get("resourceType") == "Patient":
            Patient.model_validate(value)
        elif value.get("resourceType") == "Bundle":
            resources += [each.resource for each in Bundle.model_validate(value).entry or []]
        else:
            raise HTTPException(412)
    sore = [
        coding
        for each in resources
        if each.__class__.__name__ == "Condition"
        for coding in each.code.coding
        if coding.code in BACK_PAIN
    ]
    if not sore:
        return HookResponse(cards=[])
    card = Card(
        uuid=str(uuid4()), summary="Back pain on record", indicator="info", source=Source(label="Peer")
    )
    return HookResponse(cards=[card])
