"""Every kind of fact that is read from a record, and how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.answer import Answer
from app.facts import (
    allergy,
    condition,
    dose,
    encounter,
    event,
    medication,
    observation,
    order,
    patient,
    span,
    supply,
)
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import Order

Kind = Callable[[Any, Record, Order | None, Knowledge], Answer]
KINDS: Mapping[str, Kind] = {
    "patient": patient.answer,
    "hook": patient.calling,
    "condition": condition.answer,
    "medication": medication.answer,
    "order": order.answer,
    "observation": observation.answer,
    "number": observation.latest,
    "change": observation.change,
    "procedure": event.procedure,
    "study": event.study,
    "referral": event.referral,
    "allergy": allergy.answer,
    "encounter": encounter.answer,
    "span": span.answer,
    "supply": supply.answer,
    "dose": dose.answer,
}
