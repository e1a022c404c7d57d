"""What a fact can be yes on: where nothing of that was read, it is no without being looked into.

This keeps the cost of a call flat in the content that the call does not touch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from types import MappingProxyType

from app.knowledge.criterion import Criterion
from app.knowledge.fact import Fact
from app.knowledge.recommendation import Group, Recommendation
from app.record.values import ORDER

NEEDS: Mapping[str, tuple[str, ...]] = {
    "patient": ("Patient",),
    "condition": ("Condition", "Encounter"),
    "medication": ("MedicationRequest",),
    "observation": ("Observation",),
    "number": ("Observation",),
    "change": ("Observation",),
    "procedure": ("Procedure", "ServiceRequest"),
    "study": ("Procedure", "DiagnosticReport", "ImagingStudy", "ServiceRequest"),
    "referral": ("ServiceRequest",),
    "allergy": ("AllergyIntolerance",),
    "encounter": ("Encounter", "Condition"),
    "span": ("Condition", "Encounter"),
    "supply": ("MedicationRequest",),
    "dose": ("MedicationRequest",),
}
"""The FHIR resource types that each kind of fact reads."""
_BY_SETS = frozenset(NEEDS) - {"patient", "order", "encounter", "supply", "dose"}
_WITH_ORDERS = frozenset({"condition", "span"})
_AMOUNTS = frozenset({"supply", "dose"})

ALWAYS = 1
"""The bit of what needs nothing to be read."""

Traces = Mapping[str, frozenset[str]]
"""Source → the value sets of which at least one must be there for a yes."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Traces as numbers: one bit for each value set of each source, so that one AND tells what is absent.

    ALWAYS is the bit of none of them.
    `sources` has all bits of a source, `whole` those of all of them, `criteria` those of which one is needed
    for a criterion to hold, by its text. A criterion that is not in there must always be looked into.
    """

    sources: Mapping[str, int] = field(default_factory=dict)
    bits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    criteria: Mapping[str, int] = field(default_factory=dict)
    whole: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "whole", reduce(or_, self.sources.values(), 0))


def marks(
    facts: Mapping[str, Fact],
    groups: Mapping[str, Group] = MappingProxyType({}),
    recommendations: Mapping[str, Recommendation] = MappingProxyType({}),
) -> Marks:
    """The marks of every fact as it stands, and of every criterion."""
    search = _Search(facts)
    holders = (facts, recommendations)
    lines = [
        *(Criterion(name, name) for name in facts),
        *(line for held in holders for each in held.values() for line in each.lines),
    ]
    lines += [line for each in groups.values() for line in each.unless]
    found = {line.text: each for line in lines if (each := search.of_line(line)) is not None}
    pairs = sorted({(source, name) for each in found.values() for source in each for name in each[source]})
    bits: dict[str, dict[str, int]] = {}
    for place, (source, name) in enumerate(pairs, 1):
        bits.setdefault(source, {})[name] = 1 << place
    return Marks(
        {source: reduce(or_, each.values()) for source, each in bits.items()},
        bits,
        {text: mark for text, each in found.items() if (mark := _mark(each, bits))},
    )


def _mark(of: Traces, bits: Mapping[str, Mapping[str, int]]) -> int:
    return reduce(or_, (bits[source][name] for source, names in of.items() for name in names), 0)


class _Search:
    """Finds traces from the facts that are read up to those that are derived."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = facts
        self._found: dict[str, Traces | None] = {}
        own = [each for fact in facts.values() if (each := _own(fact))]
        self._often = Counter(name for each in own for name in frozenset().union(*each.values()))

    def of(self, name: str) -> Traces | None:
        if name not in self._found:
            self._found[name] = None  # a fact that leads back to itself is a fault of its own
            fact = self._facts.get(name)
            if fact is not None and fact.kind not in _AMOUNTS:
                self._found[name] = _own(fact) or self._derived(fact)
        return self._found[name]

    def of_line(self, line: Criterion) -> Traces | None:
        """An amount that counts from zero is found by comparing it with more than nothing."""
        fact = self._facts.get(line.fact)
        if fact is not None and fact.kind in _AMOUNTS:
            least = line.operand if isinstance(line.operand, float) else -1.0
            more = (line.operator == ">" and least >= 0) or (line.operator == ">=" and least > 0)
            return _own(fact) if more else None
        return None if line.negated else self.of(line.fact)

    def _derived(self, fact: Fact) -> Traces | None:
        members = fact.any_of or (fact.at_least.of if fact.at_least else ())
        if members:
            return _joined(map(self.of_line, members))
        needed = [each for each in map(self.of_line, fact.all_of) if each is not None]
        return min(needed, key=self._commonness) if needed else None

    def _commonness(self, part: Traces) -> tuple[int, int]:
        """What few facts ask for is what few records hold."""
        names = frozenset().union(*part.values())
        return max(self._often[name] for name in names), len(names)


def _own(fact: Fact) -> Traces | None:
    """The traces of a fact that is read."""
    asked = fact.parameters
    if fact.kind == "order":
        names = asked.in_ or asked.reason_in
        return {ORDER: frozenset(names)} if names else None
    if fact.kind == "encounter":
        names = asked.reason_in or asked.type_in
        sources = ("Encounter", "Condition") if asked.reason_in else ("Encounter",)
        return dict.fromkeys(sources, frozenset(names)) if names else None
    if fact.kind in _AMOUNTS:
        return dict.fromkeys((*NEEDS[fact.kind], ORDER), frozenset(asked.in_))
    if fact.kind not in _BY_SETS:
        return None
    read = NEEDS[fact.kind] + ((ORDER,) if fact.kind in _WITH_ORDERS else ())
    return dict.fromkeys(read, frozenset(asked.in_))


def _joined(parts: Iterable[Traces | None]) -> Traces | None:
    """What any of the members can be yes on; None when one of them must always be looked into."""
    joined: dict[str, frozenset[str]] = {}
    for part in parts:
        if part is None:
            return None
        for source, names in part.items():
            joined[source] = joined.get(source, frozenset()) | names
    return joined
