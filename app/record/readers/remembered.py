"""What elements say that many patients have in common, remembered by their JSON. Raises UNDECODABLE."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from app.record.dosage import Supply, dosages, supply
from app.record.fhir_models import LONG
from app.record.readers import resources
from app.record.readers.conditions import category, clinical_status, doubted, severity
from app.record.readers.elements import matched, quantity, spoken_state
from app.record.readers.encounters import class_named
from app.record.readers.medications import understood
from app.record.readers.observations import interpretation, normal_range
from app.record.readers.shapes import CONCEPT, QUANTITY, Shape, Value, kind_of_visit, shaped, state, told
from app.record.values import Concept, Dosage, Quantity, WatchedCodes


def _read(raw: bytes, shape: Shape) -> Value:
    if len(raw) > LONG:
        raise ValueError("too long to be remembered")
    return shaped(msgspec.json.decode(raw), shape)


@lru_cache(maxsize=16_384)
def concept(raw: bytes, watch: WatchedCodes) -> Concept | None:
    """A CodeableConcept after matching; None for what says nothing."""
    return matched(_read(raw, CONCEPT), watch)


@lru_cache(maxsize=4_096)
def concepts(raw: bytes, watch: WatchedCodes) -> tuple[Concept, ...]:
    """Every concept of a list that says anything."""
    found = [matched(each, watch) for each in _read(raw, (told,)) or ()]
    return tuple(each for each in found if each is not None)


@lru_cache(maxsize=1_024)
def visit_class(raw: bytes) -> str | None:
    """The class of an encounter."""
    return class_named(_read(raw, kind_of_visit))


@lru_cache(maxsize=8_192)
def amount(raw: bytes) -> Quantity | None:
    """A quantity; None without a number."""
    return quantity(_read(raw, QUANTITY))


@lru_cache(maxsize=1_024)
def normal(raw: bytes) -> tuple[Quantity | None, Quantity | None]:
    """The bounds of the normal range."""
    return normal_range(_read(raw, resources.OBSERVATION["referenceRange"]) or ())


@lru_cache(maxsize=1_024)
def flags(raw: bytes) -> frozenset[str]:
    """Interpretation codes."""
    return interpretation(_read(raw, (told,)) or ())


@lru_cache(maxsize=1_024)
def words(raw: bytes) -> frozenset[str]:
    """Every word for a state."""
    return spoken_state(_read(raw, state))


@lru_cache(maxsize=1_024)
def status(raw: bytes) -> str | None:
    """A clinical status."""
    return clinical_status(_read(raw, state))


@lru_cache(maxsize=1_024)
def doubt(raw: bytes) -> bool:
    """Whether a verification status leaves open that it is so."""
    return doubted(_read(raw, state))


@lru_cache(maxsize=1_024)
def kept_as(raw: bytes) -> str | None:
    """The category of a condition."""
    return category(_read(raw, (told,)) or ())


@lru_cache(maxsize=1_024)
def how_bad(raw: bytes) -> str | None:
    """The severity of a condition, in a word."""
    return severity(_read(raw, told))


@lru_cache(maxsize=2_048)
def taken(raw: bytes) -> tuple[Dosage, ...]:
    """Dosage instructions."""
    return dosages([understood(each) for each in _read(raw, (resources.DOSAGE,)) or ()])


@lru_cache(maxsize=2_048)
def dispensed(raw: bytes) -> Supply:
    """What one filling holds."""
    return supply(_read(raw, resources.MEDICATION_REQUEST["dispenseRequest"]) or {})
