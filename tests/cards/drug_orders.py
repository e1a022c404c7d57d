"""Drug orders for back pain and the cards that a whole call gives for them."""

from __future__ import annotations

from typing import Any

from tests.calls import (
    LOW_BACK_PAIN,
    Json,
    actions,
    cards,
    concept,
    condition,
    day,
    drug,
    prefetched,
    prescription,
)

HYDROCODONE_5_APAP_325, OXYCODONE_5, OXYCODONE_ER_10 = "857002", "1049621", "1049504"
FENTANYL_75, METHADONE_10, SUBOXONE_8, BUPRENORPHINE_PATCH = "197696", "864706", "351267", "904870"
ACETAMINOPHEN_500, IBUPROFEN_600, NAPROXEN_500, ASPIRIN_81 = "198440", "197806", "198014", "243670"
DIAZEPAM_5, LORAZEPAM_1, CYCLOBENZAPRINE_10, PREDNISONE_10 = "197591", "197901", "828348", "198145"
GABAPENTIN_300, WARFARIN_5, NALOXONE, TRAMADOL_50 = "310431", "855332", "7242", "835603"

ACUTE = condition(LOW_BACK_PAIN, id="lbp", days_ago=10)
CHRONIC = condition(LOW_BACK_PAIN, id="lbp", days_ago=400)
ON_OPIOIDS = prescription(OXYCODONE_5, days_ago=80, supply=90)


def taken(tablets: float, times: float, *, days: float | None = None, **more: Any) -> Json:
    """So many tablets, so many times a day, for so many days."""
    dosage = {
        "timing": {"repeat": {"frequency": times, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": {"value": tablets, "unit": "tablet"}}],
        **more,
    }
    held = {"dispenseRequest": {"expectedSupplyDuration": {"value": days, "unit": "days", "code": "d"}}}
    return {"dosageInstruction": [dosage], **(held if days else {})}


def ordered(rxcui: str, *, id: str = "m1", **more: Any) -> Json:
    """A draft for low back pain."""
    return drug(rxcui, LOW_BACK_PAIN, id=id, **more)


def visit(code: str) -> Json:
    """The encounter in progress, of that class."""
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"system": system, "code": code},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": f"{day(0)}T08:00:00Z"},
    }


def allergy(rxcui: str) -> Json:
    """An allergy on record."""
    return {
        "resourceType": "AllergyIntolerance",
        "patient": {"reference": "Patient/p1"},
        "code": concept(("rxnorm", rxcui)),
    }


async def found(*resources: Json, drafts: tuple[Json, ...] = (), **more: Any) -> dict[str, Json]:
    """The cards by topic; orders are signed, unless another hook is named."""
    sent = prefetched(*resources, patient=more.pop("patient", None), without=more.pop("without", ()))
    shown = await cards(more.pop("hook", "order-sign"), *drafts, prefetch=sent, **more)
    return {card["source"]["topic"]["code"]: card for card in shown}


async def shown(*resources: Json, drafts: tuple[Json, ...] = (), **more: Any) -> dict[str, str]:
    """Topic → indicator."""
    return {
        topic: card["indicator"] for topic, card in (await found(*resources, drafts=drafts, **more)).items()
    }


def created(card: Json) -> list[str]:
    """What the card offers to order, by its text."""
    kinds = ("medicationCodeableConcept", "code")
    resources = [each["resource"] for each in actions(card) if each["type"] == "create"]
    return [next(each[kind]["text"] for kind in kinds if kind in each) for each in resources]
