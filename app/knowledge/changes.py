"""What a site sets otherwise in the content: recommendations that are off, thresholds, codes of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from msgspec import structs

from app.knowledge.criterion import Criterion, parse
from app.knowledge.fact import Fact
from app.knowledge.recommendation import Suggestion
from app.knowledge.relevance import marks

if TYPE_CHECKING:
    from app.knowledge.load import Knowledge

Coding = tuple[str, str]
"""A system and a code."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Recommendations that are `off`; numbers by the name of their fact; codes by the id of a suggestion."""

    off: frozenset[str] = frozenset()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    order_codes: Mapping[str, tuple[Coding, ...]] = field(default_factory=dict)


def changed(knowledge: Knowledge, changes: Changes) -> Knowledge:
    """The content as one client has it; the same object where nothing is changed."""
    if changes == Changes():
        return knowledge
    facts = {name: _with_number(knowledge.facts[name], each) for name, each in changes.thresholds.items()}
    codes = {
        name: _with_codes(knowledge.suggestions[name], each) for name, each in changes.order_codes.items()
    }
    kept = {name: each for name, each in knowledge.recommendations.items() if name not in changes.off}
    said = repr(
        (sorted(changes.off), sorted(changes.thresholds.items()), sorted(changes.order_codes.items()))
    )
    asked = {**knowledge.facts, **facts}
    return replace(
        knowledge,
        facts=asked,
        marks=marks(asked, knowledge.groups.groups, kept),
        suggestions={**knowledge.suggestions, **codes},
        recommendations=kept,
        digest=hashlib.sha256(f"{knowledge.digest}|{said}".encode()).hexdigest(),
    )


def threshold(fact: Fact) -> Criterion | None:
    """The one line of a fact that compares with a number; None where it has no such line, or others too."""
    lines = fact.any_of + fact.all_of
    numeric = len(fact.lines) == len(lines) == 1 and isinstance(lines[0].operand, float)
    return lines[0] if numeric else None


def _with_number(fact: Fact, number: float) -> Fact:
    line = threshold(fact)
    if line is None:  # the checks refuse the site file first
        raise ValueError(f"no threshold in {fact.label}")
    told = parse(f"{line.fact} {line.operator} {number:g}")
    return Fact(ask=fact.ask, label=fact.label, because=fact.because, any_of=(told,))


def coded(suggestion: Suggestion) -> tuple[str, str] | None:
    """Where a suggestion says what it orders: `resource` or `changes`, and the element; None: nowhere."""
    for part in ("resource", "changes"):
        for element in ("code", "medicationCodeableConcept"):
            if element in getattr(suggestion, part):
                return part, element
    return None


def _with_codes(suggestion: Suggestion, codes: tuple[Coding, ...]) -> Suggestion:
    """The suggestion with more codings of what it orders, ahead of those it has."""
    place = coded(suggestion)
    if place is None:  # the checks refuse the site file first
        raise ValueError(f"no code in {suggestion.label}")
    part, element = place
    whole: dict[str, Any] = getattr(suggestion, part)
    concept = whole[element]
    added = tuple({"system": system, "code": code} for system, code in codes)
    told = {**concept, "coding": (*added, *concept.get("coding", ()))}
    return structs.replace(suggestion, **{part: {**whole, element: told}})
