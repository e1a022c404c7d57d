"""All that is known for one call. Sources are read when a fact first asks for them, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.record.values import ORDER, Gap, Order, Patient


@dataclass(frozen=True, slots=True)
class Collection:
    """The values of one source that are in some watched value set, and what could not be read of it."""

    items: tuple[Any, ...] = ()
    by_set: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    def within(self, names: Iterable[str]) -> tuple[Any, ...]:
        """The values in any of these value sets, in the order in which they were read, each once."""
        found = {id(item): item for name in names for item in self.by_set.get(name, ())}
        return tuple(found.values())


class Record:
    """The record of one call: what the EHR sent and what was fetched, as neutral values.

    `orders` are all drafts, `judged` those that this hook judges. `of(source)` is the Collection of a
    FHIR resource type, or of the ORDERs by what they order and why; its gaps say what was not read.
    `collections` are those that were read so far.
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
    ) -> None:
        self.hook = hook
        self.today = today
        self.patient = patient
        self.orders = orders
        self.judged = judged
        self.encounter_id = encounter_id
        self._read = read
        self.collections = {ORDER: _of_orders(orders, order_gaps)}

    def of(self, source: str) -> Collection:
        """The values of one FHIR resource type; read on the first call, remembered after."""
        if source not in self.collections:
            self.collections[source] = self._read(source)
        return self.collections[source]


def _of_orders(orders: tuple[Order, ...], gaps: tuple[Gap, ...]) -> Collection:
    by_set: dict[str, tuple[Order, ...]] = {}
    for order in orders:
        for name in order.concept.sets.union(*(reason.sets for reason in order.reasons)):
            by_set[name] = (*by_set.get(name, ()), order)
    return Collection(orders, by_set, gaps)
