"""What reading needs to know about its call, what it counts, and how an entry is lost."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec.structs import force_setattr

from app.record.dates import first_day
from app.record.readers.sent import Resource
from app.record.values import Concept, Gap, WatchedCodes, When

K = TypeVar("K", bound=Hashable)
Json = dict[str, Any]
"""One FHIR resource or element as decoded JSON."""


@dataclass(slots=True)
class Tally:
    """What one call read, in numbers, for its log line; and how many validations it may still do.

    `accepted` are elements of the patient's resources that were checked already.
    """

    validations_left: int = 2000
    irrelevant: int = 0
    void: int = 0
    mended: int = 0
    unvalidated: int = 0
    foreign: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    accepted: dict[tuple[str, str, bytes], Any] = field(default_factory=dict, compare=False, repr=False)

    def odd(self) -> dict[str, object]:
        """What should be seldom: resources that were mended or used unvalidated, and faults of ours."""
        told = {"mended": self.mended, "unvalidated": self.unvalidated, "faults": self.faults}
        return {name: what for name, what in told.items() if what}


def count(numbers: dict[K, int], each: K) -> None:
    """One more of these. A Counter would be made anew a dozen times a call, and takes longer each time."""
    numbers[each] = numbers.get(each, 0) + 1


class Named(Protocol):
    """Resources by their names, as a dictionary has them."""

    def get(self, name: str, /) -> Resource | None:
        """The resource of this name, if there is one."""
        ...


class Scope(msgspec.Struct, frozen=True):
    """One call: the watched codes, the patient, today, and resources that references may point to.

    `others` maps `Type/id` (or a full URL) to a resource, `drafts` does so for what lies among the orders.
    `filtering` off reads every entry the long way; it must change nothing but the time that it takes.
    `about` is the plain reference to the patient, `first` the first day that a date may lie on.
    """

    watch: WatchedCodes
    patient_id: str
    today: date
    birth: When | None = None
    others: Named = msgspec.field(default_factory=dict[str, Resource])
    drafts: Mapping[str, Json] = msgspec.field(default_factory=dict)
    filtering: bool = True
    tally: Tally = msgspec.field(default_factory=Tally)
    about: str = ""
    first: date = date.min

    def __post_init__(self) -> None:
        force_setattr(self, "about", f"Patient/{self.patient_id}")
        force_setattr(self, "first", first_day(self.birth, self.today))


class Loss(Enum):
    """Why an entry that was sent could not be used."""

    __hash__ = object.__hash__  # Enum hashes the name, in Python

    UNREADABLE = "could not be read"
    OTHER_PATIENT = "belongs to another patient"
    UNRESOLVED = "medication reference could not be resolved"
    UNREASONED = "reason could not be read"
    TOO_LONG = "not read: the record is too long"


class Lost(Exception):
    """An entry cannot be used; the others go on. It is of `until` at the latest, where that is known."""

    def __init__(self, loss: Loss, until: date = date.max) -> None:
        self.loss, self.until = loss, until
        super().__init__(loss.value)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one source is read: its types, shape, concept, values, and what is left out.

    `peek` names the element whose code decides relevance, `further` those that may add to it.
    `void` are the statuses of what never was, or is not yet: left out without a gap. `dates` are the
    elements with its day, where facts ask for nothing of it but what lies in a window.
    """

    source: str
    types: frozenset[str]
    shape: dict[str, Any]
    concept: Callable[[Json, Scope], Concept | None]
    read: Callable[[Json, Concept, Scope], Iterable[Any]]
    renames: Mapping[str, str] = field(default_factory=dict)
    void: frozenset[str] = frozenset({"entered-in-error"})
    peek: str | None = "code"
    further: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    validated: bool = True


def gaps_of(
    source: str, losses: Mapping[Loss, int], until: Mapping[Loss, date] | None = None
) -> tuple[Gap, ...]:
    """One gap for each way in which entries were lost, with their number.

    `until` is the latest day of which they may be; nothing of a later one is missing.
    """
    if not losses:
        return ()
    latest = {loss: day for loss, day in (until or {}).items() if day < date.max}
    return tuple(
        Gap(source, _sentence(source, loss, losses[loss]), _after(latest.get(loss)))
        for loss in Loss
        if losses.get(loss)
    )


def _after(day: date | None) -> date | None:
    return day + timedelta(days=1) if day else None


def _sentence(source: str, loss: Loss, count: int) -> str:
    if loss is Loss.OTHER_PATIENT:
        return f"{counted(count, 'resource')} {'belongs' if count == 1 else 'belong'} to another patient"
    if loss is Loss.UNRESOLVED:
        return f"{counted(count, 'medication reference')} could not be resolved"
    if loss is Loss.UNREASONED:
        return f"{counted(count, 'reason')} of an order could not be read"
    return f"{counted(count, source)} {loss.value}"


def counted(count: int, noun: str) -> str:
    """A number with its noun."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"
