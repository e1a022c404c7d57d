"""What was read from FHIR, as neutral frozen values. Dates are days; nothing here knows JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from msgspec import Struct, field

from app.answer import Interval

ORDER = "Order"
"""The source of what the orders of this call say themselves; beside it sources are FHIR types."""
ACTIVE = frozenset({"active", "recurrence", "relapse"})
"""The clinical statuses of what is in force."""


class When(Struct, frozen=True):
    """A date that may be partial: 2026-03 is any day of that March."""

    earliest: date
    latest: date
    text: str

    def days_before(self, today: date) -> Interval:
        """How many days ago, as an interval."""
        return Interval((today - self.latest).days, (today - self.earliest).days)


class Concept(Struct, frozen=True):
    """A CodeableConcept after matching: the value sets that hold it, and how it may be shown.

    `coded` are matched by a code, `worded` only by words. `suspected` says that the words themselves
    doubt ("rule out"). `later` marks an ICD-10-CM seventh character of a later encounter or sequela.
    `codes` are (system, code) pairs in canonical names; `foreign` are systems without any value set.
    """

    coded: frozenset[str] = frozenset()
    worded: frozenset[str] = frozenset()
    display: str = ""
    suspected: bool = False
    later: bool = False
    codes: tuple[tuple[str, str], ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def sets(self) -> frozenset[str]:
        """Every value set that holds the concept, however it was matched."""
        return self.coded | self.worded if self.worded else self.coded


class WatchedCodes(Protocol):
    """The codes that some fact asks for; `record` is handed them and knows nothing behind them."""

    def match(self, codings: Sequence[tuple[str, str, str]], text: str) -> Concept:
        """Match (system, code, display) triples and the text of one CodeableConcept."""
        ...

    def __hash__(self) -> int:
        """By identity: what a concept matches is remembered for each content."""
        ...


class Gap(Struct, frozen=True):
    """Something that was not read: a whole search, or what a page or a cap cut off.

    `complete_since`: when given, everything from that day on was read all the same.
    """

    source: str
    why: str
    complete_since: date | None = None


class Patient(Struct, frozen=True):
    """Age and sex as far as they are recorded; `deceased` only when the record says so."""

    birth: When | None = None
    sex: str | None = None
    deceased: bool = False


class Condition(Struct, frozen=True):
    """A Condition; `clinical_status` None means absent. `category` is problem, encounter or None.

    `abated` says that it is over by its end, which a clinical status may outweigh.
    """

    concept: Concept
    clinical_status: str | None = None
    suspected: bool = False
    onset: When | None = None
    recorded: When | None = None
    abated: bool = False
    category: str | None = None
    encounter: str | None = None
    severity: str | None = None
    link: str | None = None


class Quantity(Struct, frozen=True):
    """A measured value as an interval in `unit` (a UCUM code, or None when none is recorded)."""

    value: Interval
    unit: str | None = None


class Dosage(Struct, frozen=True):
    """One dosage instruction. `dose` is per administration; `per_day` administrations a day.

    None means not recorded or not computable; `why` then says what is missing. Doses are in mg, mL, `1`
    (a tablet, a patch), or by the hour (mg/h, mL/h, then `per_day` is 24); `others` state the same dose
    in other units. `max_per_day` is a stated ceiling scaled to a day. `days` bounds the course.
    Instructions of one `sequence` go together, those of different ones follow each other.
    """

    dose: Quantity | None = None
    per_day: Interval | None = None
    as_needed: bool = False
    max_per_day: Quantity | None = None
    days: Interval | None = None
    others: tuple[Quantity, ...] = ()
    why: str = ""
    sequence: int | None = None


class Medication(Struct, frozen=True):
    """A MedicationRequest that is or was in force (drafts too, inside an Order)."""

    concept: Concept
    status: str | None = None
    authored: When | None = None
    dosages: tuple[Dosage, ...] = ()
    supply_days: float | None = None
    quantity: Quantity | None = None
    refills: int | None = None
    reasons: tuple[Concept, ...] = ()
    prior: str | None = None
    link: str | None = None


class Order(Struct, frozen=True):
    """One order of `draftOrders`: what is ordered, why, and the EHR's own JSON to echo.

    `reference` is `Type/id` (or `Type` alone when it has no id by which the EHR could change it),
    `position` its index among all entries of the call. `twin` counts the orders before it that have
    the same reference. `drug` is set for medication orders. `reason_unread` says that it names a reason
    which could not be read; `categories` are the words in which it says where it belongs ("inpatient").
    """

    kind: str
    reference: str
    position: int
    concept: Concept
    reasons: tuple[Concept, ...] = ()
    priority: str | None = None
    status: str | None = None
    categories: frozenset[str] = frozenset()
    reason_unread: bool = False
    twin: int = 0
    drug: Medication | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


class Observation(Struct, frozen=True):
    """One observed value (a component counts as an observation of its own).

    `at` is the moment, where a time of day was recorded: of two values of one day it tells the later.
    """

    concept: Concept
    value: Quantity | None = None
    answer: Concept | None = None
    when: When | None = None
    interpretation: frozenset[str] = frozenset()
    reference_low: Quantity | None = None
    reference_high: Quantity | None = None
    link: str | None = None
    at: datetime | None = None


class Event(Struct, frozen=True):
    """A Procedure, ServiceRequest, DiagnosticReport or ImagingStudy: done, or asked for.

    `done` is True for completed, False for requested or in progress; `certain` is False where the status
    leaves that open, so that it is only taken to be so.
    """

    concept: Concept
    source: str
    when: When | None = None
    done: bool = False
    certain: bool = True
    category: Concept | None = None
    reasons: tuple[Concept, ...] = ()
    link: str | None = None


class Encounter(Struct, frozen=True):
    """An Encounter; `class_code` is a v3-ActCode such as AMB or EMER.

    `diagnoses` are the links of what it was about; those of them that it says nothing else of are `bare`,
    beside references into the encounter that lead nowhere. `at` is the moment at which it started, where
    that is told and it is not finished.
    """

    id: str | None
    class_code: str | None = None
    status: str | None = None
    types: tuple[Concept, ...] = ()
    reasons: tuple[Concept, ...] = ()
    diagnoses: tuple[str, ...] = ()
    start: When | None = None
    end: When | None = None
    link: str | None = None
    bare: tuple[str, ...] = ()
    at: datetime | None = None


class Allergy(Struct, frozen=True):
    """An AllergyIntolerance that is not refuted or entered in error."""

    concept: Concept
    clinical_status: str | None = None
    suspected: bool = False
    recorded: When | None = None
    link: str | None = None
