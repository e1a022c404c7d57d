"""The source attributes of the content, and which of them a recommendation uses: derived, not typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import field

from app.knowledge.coding_systems import HIERARCHICAL, normal
from app.knowledge.fact import Fact, Names
from app.knowledge.shape import Shape
from app.knowledge.value_set import Codes, ValueSet


class Use(Shape, frozen=True):
    """One kind of data that a recommendation may use, and how that is told.

    It is used when a fact reads one of these elements of the Patient (`reads`), one of the value sets,
    or one of the codes; a listed ICD or ATC code stands for all below it.
    """

    title: str
    reads: Names = ()
    value_sets: Names = ()
    codes: Codes = field(default_factory=dict)
    note: str = ""


class Attributes(Shape, frozen=True):
    """`attributes.yaml`: what is the same for every recommendation, and the kinds of data to tell of."""

    developer: str
    funding: str
    released: str
    revised: str
    unreviewed: str
    uses: dict[str, Use]


def used(use: Use, facts: Iterable[Fact], value_sets: Mapping[str, ValueSet]) -> list[Fact]:
    """The facts that read what the use is about, in the order given."""
    return [fact for fact in facts if _reads(use, fact, value_sets)]


def _reads(use: Use, fact: Fact, value_sets: Mapping[str, ValueSet]) -> bool:
    if fact.patient is not None:
        return fact.patient.element in use.reads
    names = _with_parts({name for each in fact.value_sets.values() for name in each}, value_sets)
    return not names.isdisjoint(use.value_sets) or any(_holds(value_sets[name], use.codes) for name in names)


def _with_parts(names: set[str], value_sets: Mapping[str, ValueSet]) -> set[str]:
    """The value sets with all that they include."""
    found = set(names)
    while more := {part for name in found for part in value_sets[name].includes} - found:
        found |= more
    return found


def _holds(value_set: ValueSet, codes: Codes) -> bool:
    """Whether a value set lists one of the codes, or one below or above it where codes have an order."""
    return any(
        _same(system, ours, theirs)
        for system, displays in codes.items()
        for listed in (value_set.codes, value_set.unverified)
        for ours in listed.get(system, ())
        for theirs in displays
    )


def _same(system: str, one: str, other: str) -> bool:
    one, other = normal(system, one), normal(system, other)
    return one == other or (system in HIERARCHICAL and (one.startswith(other) or other.startswith(one)))
