"""Elements of a resource in shape: concepts, states, quantities and dates, read without raising."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from math import inf, isfinite, nextafter

from app.answer import Interval
from app.record.dates import at_age, instant, past
from app.record.readers.scope import Json, Scope
from app.record.values import Concept, Quantity, WatchedCodes, When

UCUM = "http://unitsofmeasure.org"
Moment = tuple[When | None, datetime | None]
"""A day, and the moment of it where a time of day was recorded."""
_WITHHELD = ("data-absent-reason", "nullflavor", "2.16.840.1.113883.5.1008")
"""How the names of systems end whose codes say why nothing is said."""
_SAYING_NOTHING = frozenset(
    {
        *("unknown", "asked but unknown", "temporarily unknown", "temporarily unavailable", "no information"),
        *("not asked", "not available", "not permitted", "masked", "redacted", "restricted", "withheld"),
    }
)
"""Words that say by themselves that nothing is said."""
_REASONS = _SAYING_NOTHING | {"other", "error", "not applicable", "not present", "unsupported", "un-encoded"}
"""Words that say so where no code says more."""
_NUMBER = re.compile(r"(<=|>=|<|>)?\s*([+-]?\d{1,15}(?:\.\d{1,15})?)", re.ASCII)


def word(value: object) -> str:
    """A string; a number where a code belongs is that code."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def codings(concept: Json | None) -> list[tuple[str, str, str]]:
    """(system, code, display) of every coding that says anything; a reason for its absence does not."""
    found = []
    for coding in (concept or {}).get("coding", ()):
        system, code, display = (word(coding.get(name)) for name in ("system", "code", "display"))
        if (code or display) and not withheld(system):
            found.append((system, code, display))
    return found


def withheld(system: str) -> bool:
    """Whether a code of this system only says why there is no other."""
    return system.partition("|")[0].rstrip("/").lower().endswith(_WITHHELD)


def text_of(concept: Json | None) -> str:
    """The text of a concept."""
    return word((concept or {}).get("text"))


def words_of(concept: Json | None) -> str:
    """How a concept is called: its text, else the first display."""
    return text_of(concept) or next((shown for _, _, shown in codings(concept) if shown), "")


def match(scope: Scope, triples: Sequence[tuple[str, str, str]], text: str) -> Concept | None:
    """Matched against the watched codes; None when there is nothing to match."""
    return scope.watch.match(triples, text) if _says(triples, text) else None


def _says(triples: Sequence[tuple[str, str, str]], text: str) -> bool:
    """Whether somebody could tell what is meant: by a code of a system that is named, or by words."""
    if any(system and code for system, code, _ in triples):
        return True
    return any(
        said and said.lower() not in _SAYING_NOTHING for said in (text, *(shown for _, _, shown in triples))
    )


def matched(value: Json | None, watch: WatchedCodes) -> Concept | None:
    """A CodeableConcept after matching; None when it says nothing."""
    triples, text = said(value)
    return watch.match(triples, text) if _says(triples, text) else None


def said(value: Json | None) -> tuple[list[tuple[str, str, str]], str]:
    """The codings and the text of a CodeableConcept; no text that only repeats why there is no code."""
    triples, text = codings(value), text_of(value)
    if value and text and not triples and "coding" in value:
        reasons = {word(each.get(name)).lower() for each in value["coding"] for name in ("code", "display")}
        text = "" if text.lower() in reasons or text.lower() in _REASONS else text
    return triples, text


def says_nothing(value: Json) -> bool:
    """Whether a CodeableConcept is there and nobody could tell what it means."""
    return not _says(*said(value))


def concept_of(value: Json | None, scope: Scope) -> Concept | None:
    """The same for the codes that this call watches."""
    return matched(value, scope.watch)


def concepts_of(values: Iterable[Json], scope: Scope) -> tuple[Concept, ...]:
    """Every concept of a list that says anything."""
    found = (concept_of(value, scope) for value in values)
    return tuple(concept for concept in found if concept is not None)


def together(values: Sequence[Json], scope: Scope) -> Concept | None:
    """Several CodeableConcepts as one: all their codings, and their texts in a row."""
    triples = [triple for value in values for triple in codings(value)]
    return match(scope, triples, " ".join(filter(None, map(text_of, values))))


def known_or_any(*concepts: Concept | None) -> Concept | None:
    """The first that some value set holds, else the first that says anything."""
    said = [each for each in concepts if each is not None]
    return next((each for each in said if each.sets), said[0] if said else None)


def states(*values: Json | None) -> frozenset[str]:
    """The codes of concepts that say a state, in small letters; their texts where there is no code."""
    found: set[str] = set()
    for value in values:
        if value is None:
            continue
        codes = {code.lower() for _, code, _ in codings(value) if code}
        found |= codes or {text_of(value).lower()}
    return frozenset(found - {""})


def spoken_state(value: Json | None) -> frozenset[str]:
    """Every word for a state: codes, displays and text, in small letters with hyphens for blanks."""
    said = [each for _, code, shown in codings(value) for each in (code, shown)]
    return frozenset(each.lower().replace(" ", "-") for each in (*said, text_of(value)) if each)


def number(value: object) -> float | None:
    """A finite number, also where it was sent as a string."""
    if isinstance(value, str) and _NUMBER.fullmatch(value) and value[0] not in "<>":
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e300 and isfinite(value) else None


def status_of(resource: Json) -> str:
    """The status of a resource, in small letters with hyphens for blanks; nothing where there is none."""
    return word(resource.get("status")).lower().replace(" ", "-")


def is_true(value: object) -> bool:
    """Whether a truth value is there and true; also where it was sent as a string."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def is_false(value: object) -> bool:
    """Whether a truth value is there and false; also where it was sent as a string."""
    return value is False or (isinstance(value, str) and value.lower() == "false")


def quantity(value: Json | None) -> Quantity | None:
    """A Quantity as an interval; a comparator leaves the other bound open."""
    amount = number((value or {}).get("value"))
    if value is None or amount is None:
        return None
    return Quantity(bounded(word(value.get("comparator")), amount), unit_of(value))


def bounded(comparator: str, amount: float) -> Interval:
    """What a comparator says about a number; both bounds of an interval belong to it."""
    if not comparator:
        return Interval(amount, amount)
    return {
        "<": Interval(-inf, nextafter(amount, -inf)),
        "<=": Interval(-inf, amount),
        ">": Interval(nextafter(amount, inf), inf),
        ">=": Interval(amount, inf),
    }.get(comparator, Interval(amount, amount))


def unit_of(value: Json) -> str | None:
    """The UCUM code of a quantity, else its unit as it is written."""
    code, unit = word(value.get("code")), word(value.get("unit"))
    coded = code if not value.get("system") or value["system"] == UCUM else ""
    return coded or unit or code or None


def spelled(value: str) -> Interval | None:
    """A string that is a plain number, with or without a comparator."""
    found = _NUMBER.fullmatch(value)
    return bounded(found[1] or "", float(found[2])) if found else None


def dated(resource: Json, names: Iterable[str], scope: Scope) -> When | None:
    """The first of these elements that holds a date of the past; of a Period its end, else its start."""
    return timed(resource, names, scope)[0]


def timed(resource: Json, names: Iterable[str], scope: Scope) -> Moment:
    """The same with the moment, where that date has a time of day."""
    for text in _texts(resource, names):
        found = past(text, scope.today, scope.first)
        if found is not None:
            return found, instant(text)
    return None, None


def _texts(resource: Json, names: Iterable[str]) -> Iterator[object]:
    for name in names:
        value = resource.get(name)
        if isinstance(value, dict):
            yield value.get("end")
            yield value.get("start")
        else:
            yield value


def aged(value: Json | None, scope: Scope) -> When | None:
    """The days on which the patient had this Age."""
    age = quantity(value)
    return at_age(age.value, age.unit, scope.birth, scope.today) if age else None


def link_of(resource: Json) -> str | None:
    """`Type/id`, when there is an id."""
    return f"{resource['resourceType']}/{word(resource['id'])}" if resource.get("id") else None
