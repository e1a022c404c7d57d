"""All that is known for one call. Sources are read when a fact first asks for them, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from typing import Any

from msgspec import Struct, field

from app.record.values import ORDER, Condition, Encounter, Gap, Order, Patient, When

VISIT = "Encounter"
DIAGNOSIS = "Condition"
NOT_SENT = "the current encounter was not sent"
DIAGNOSIS_NOT_SENT = "a diagnosis of the current encounter was not sent"
_WAITING = ("arrived", "triaged")
_NEVER = datetime.min.replace(tzinfo=UTC)


class Collection(Struct, frozen=True):
    """The values of one source that are in some watched value set, and what could not be read of it."""

    items: tuple[Any, ...] = ()
    by_set: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    def within(self, names: Iterable[str]) -> tuple[Any, ...]:
        """The values in any of these value sets, in the order in which they were read, each once."""
        found = [self.by_set[name] for name in names if name in self.by_set]
        if len(found) < 2:
            return found[0] if found else ()
        return tuple({id(item): item for items in found for item in items}.values())


class Record:
    """The record of one call: what the EHR sent and what was fetched, as neutral values.

    `orders` are all drafts, `judged` those that this hook judges. `of(source)` is the Collection of a
    FHIR resource type, or of the ORDERs by what they order and why. `collections` are those that were read
    so far. `sent` tells whether a resource of this name (`Type/id`) was sent along, in a value set or not.
    """

    def __init__(
        self,
        *,
        hook: str,
        today: date,
        patient: Patient,
        read: Callable[[str], Collection],
        orders: tuple[Order, ...] = (),
        judged: tuple[Order, ...] = (),
        order_gaps: tuple[Gap, ...] = (),
        encounter_id: str | None = None,
        sent: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self.hook = hook
        self.today = today
        self.patient = patient
        self.orders = orders
        self.judged = judged
        self.encounter_id = encounter_id
        self._read = read
        self._sent = sent
        self.collections = {ORDER: _of_orders(orders, order_gaps)}

    def of(self, source: str) -> Collection:
        """The values of one FHIR resource type; read on the first call, remembered after."""
        collection = self.collections.get(source)
        if collection is None:
            collection = self.collections[source] = self._read(source)
        return collection

    def gaps(self, source: str) -> tuple[Gap, ...]:
        """What was not read of a source; of encounters also what is missing of the one at hand."""
        return self.of(source).gaps or (self._missing_at_hand if source == VISIT else ())

    @property
    def now(self) -> When:
        """Today, as the date of something."""
        return _day(self.today)

    @cached_property
    def at_hand(self) -> Encounter | None:
        """The encounter that the EHR named, else the latest in progress: some are never closed."""
        encounters: tuple[Encounter, ...] = self.of(VISIT).items
        if self.encounter_id:
            return next((each for each in encounters if each.id == self.encounter_id), None)
        return max((each for each in encounters if self._present(each)), key=_began, default=None)

    def visited(self, diagnosis: Condition) -> When | None:
        """When the latest encounter began that a diagnosis points to, or that points to it."""
        found = [self._starts.get(name) for name in (diagnosis.encounter, diagnosis.link) if name]
        return max(filter(None, found), key=_latest, default=None)

    @cached_property
    def _starts(self) -> Mapping[str, When]:
        """When encounters began, by their ids and by the links of what was diagnosed; the latest of each."""
        begun = sorted((each for each in self.of(VISIT).items if each.start), key=_began)
        return {name: each.start for each in begun for name in (each.id, *each.diagnoses) if name}

    def _present(self, visit: Encounter) -> bool:
        """Whether the patient is there; whoever came before yesterday waits no longer."""
        if visit.status not in _WAITING:
            return visit.status == "in-progress"
        return visit.start is None or visit.start.days_before(self.today).low <= 1

    @cached_property
    def _missing_at_hand(self) -> tuple[Gap, ...]:
        """The encounter that the EHR named, or a diagnosis that it points to and says nothing else of."""
        if self.at_hand is None:
            return (Gap(VISIT, NOT_SENT),) if self.encounter_id else ()
        bare = [each for each in self.at_hand.bare if each.startswith((f"{DIAGNOSIS}/", "#"))]
        if not bare or self.of(DIAGNOSIS).gaps or all(map(self._sent, bare)):
            return ()
        return (Gap(VISIT, DIAGNOSIS_NOT_SENT),)


def _latest(when: When) -> date:
    return when.latest


def _began(visit: Encounter) -> tuple[date, bool, datetime]:
    day = visit.start.latest if visit.start else date.min
    return day, visit.status == "in-progress", visit.at or _NEVER


@lru_cache(maxsize=4)
def _day(day: date) -> When:
    return When(day, day, day.isoformat())


def _of_orders(orders: tuple[Order, ...], gaps: tuple[Gap, ...]) -> Collection:
    by_set: dict[str, tuple[Order, ...]] = {}
    for order in orders:
        for name in order.concept.sets.union(*(reason.sets for reason in order.reasons)):
            by_set[name] = (*by_set.get(name, ()), order)
    return Collection(orders, by_set, gaps)
