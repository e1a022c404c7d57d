"""Prescriptions for the tests of drug facts, written as FHIR says them and read as the service reads them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from app.record.dosage import dosages, supply
from app.record.record import Collection, Record
from app.record.values import Concept, Gap, Medication, Order, Patient, When
from tests.cards.drug_sets import code_of, index

TODAY = date(2026, 6, 1)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"

OXYCODONE_5 = code_of("opioid-analgesic", "oxycodone", 5, form="tablet", release="immediate")
OXYCODONE_10 = code_of("opioid-analgesic", "oxycodone", 10, form="tablet", release="immediate")
OXYCODONE_ER_20 = code_of("opioid-analgesic", "oxycodone", 20, form="tablet", release="extended")
FENTANYL_75 = "197696"
FENTANYL_12 = "583490"
HYDROCODONE_5_APAP_325 = "857002"
OXYCODONE_5_APAP_325 = "1049221"
ACETAMINOPHEN_500 = "198440"
LORAZEPAM_1 = "197901"
PREDNISONE_10 = "198145"
PRN = {"asNeededBoolean": True}


def drug(*codes: str, text: str = "") -> Concept:
    """A medication by RxNorm codes, by its words, or both."""
    return index().match([(RXNORM, code, "") for code in codes], text)


def ago(days: int) -> When:
    """The day that many days ago."""
    day = TODAY - timedelta(days=days)
    return When(day, day, day.isoformat())


def mg(value: float) -> dict[str, Any]:
    """A dose in milligrams."""
    return {"doseQuantity": {"value": value, "unit": "mg", "code": "mg"}}


def tablets(value: float) -> dict[str, Any]:
    """A dose in tablets."""
    return {"doseQuantity": {"value": value, "unit": "tablet", "code": "{tbl}"}}


def every(period: float, unit: str = "h", most: float | None = None) -> dict[str, Any]:
    """A timing: every so many hours, or between two intervals."""
    repeat = {"frequency": 1, "period": period, "periodUnit": unit}
    return {"timing": {"repeat": repeat | ({"periodMax": most} if most else {})}}


def sig(dose: dict[str, Any], timing: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """One dosage instruction as R4 has it."""
    return [{"doseAndRate": [dose], **timing, **more}]


def prescription(
    concept: Concept,
    instructions: Any = None,
    *,
    days_ago: int | None = 0,
    status: str | None = "active",
    dispense: dict[str, Any] | None = None,
    reasons: tuple[Concept, ...] = (),
    authored: When | None = None,
    link: str | None = None,
) -> Medication:
    """A medication request on record, or the drug of a draft."""
    days, quantity, refills = supply(dispense)
    written = authored or (ago(days_ago) if days_ago is not None else None)
    return Medication(
        concept, status, written, dosages(instructions), days, quantity, refills, reasons, link=link
    )


def draft(concept: Concept, instructions: Any = None, *, position: int = 0, **more: Any) -> Order:
    """A draft order for a drug."""
    medication = prescription(concept, instructions, status="draft", **more)
    reference = f"MedicationRequest/draft-{position}"
    return Order("MedicationRequest", reference, position, concept, drug=medication)


def days_supply(days: float) -> dict[str, Any]:
    """A dispense request that says how long it lasts."""
    return {"expectedSupplyDuration": {"value": days, "unit": "days", "code": "d"}}


def record(
    *medications: Medication,
    drafts: tuple[Order, ...] = (),
    gaps: tuple[Gap, ...] = (),
    order_gaps: tuple[Gap, ...] = (),
) -> Record:
    """A record with these medications, all drafts judged."""
    by_set = defaultdict(list)
    for each in medications:
        for name in each.concept.sets:
            by_set[name].append(each)
    collection = Collection(medications, {name: tuple(each) for name, each in by_set.items()}, gaps)
    return Record(
        hook="order-sign",
        today=TODAY,
        patient=Patient(),
        read=lambda source: collection if source == "MedicationRequest" else Collection(),
        orders=drafts,
        judged=drafts,
        order_gaps=order_gaps,
    )


def opioid(
    ingredient: str,
    strength: float,
    form: str = "tablet",
    release: str = "immediate",
    value_set: str = "opioid-analgesic",
    with_: str = "",
) -> str:
    """The RxNorm code of an opioid product."""
    return code_of(value_set, ingredient, strength, form=form, release=release, with_=with_)


def per_day(times: float, most: float | None = None) -> dict[str, Any]:
    """A timing: so many times a day."""
    repeat = {"frequency": times, "period": 1, "periodUnit": "d"}
    return {"timing": {"repeat": repeat | ({"frequencyMax": most} if most else {})}}


def between(low: float, high: float, unit: str = "tablet") -> dict[str, Any]:
    """A range of doses."""
    return {"doseRange": {"low": {"value": low, "unit": unit}, "high": {"value": high, "unit": unit}}}


def amount(value: float, unit: str) -> dict[str, Any]:
    """A dose in any unit."""
    return {"doseQuantity": {"value": value, "unit": unit}}


def code(text: str) -> dict[str, Any]:
    """A timing by its code."""
    return {"timing": {"code": {"coding": [{"code": text}]}}}


def most_a_day(value: float, unit: str = "tablet", days: float = 1) -> dict[str, Any]:
    """The most that may be taken in so many days."""
    return {
        "maxDosePerPeriod": {
            "numerator": {"value": value, "unit": unit},
            "denominator": {"value": days, "unit": "d", "code": "d"},
        }
    }
