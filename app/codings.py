"""Which codings of a file the content sees: a report for whoever maps what a site codes.

It holds systems, codes and counts, and displays of our own value sets; nothing else of the file, unless
its own displays are asked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from app.knowledge import coding_systems
from app.knowledge.codes import CodeIndex
from app.record.readers.elements import codings, text_of
from app.record.readers.shapes import CONCEPT, shaped

_REQUEST = ("code", "serviceRequested", "reasonCode", "reasonCodeableConcept", "performerType", "category")
_DRUG = ("medicationCodeableConcept", "reasonCode", "reasonCodeableConcept")
PLACES: dict[str, tuple[str, ...]] = {
    "AllergyIntolerance": ("code", "substance", "reaction.substance"),
    "Condition": ("code",),
    "DiagnosticReport": ("code", "category"),
    "Encounter": ("type", "reasonCode"),
    "ImagingStudy": ("procedureCode",),
    "Medication": ("code", "ingredient.itemCodeableConcept"),
    "MedicationOrder": _DRUG,
    "MedicationRequest": _DRUG,
    "Observation": ("code", "valueCodeableConcept", "component.code", "component.valueCodeableConcept"),
    "Procedure": ("code", "reasonCode", "category"),
    "ProcedureRequest": _REQUEST,
    "ReferralRequest": _REQUEST,
    "ServiceRequest": _REQUEST,
}
"""The elements of each resource type whose codes are looked up in value sets."""
_ADMINISTRATIVE = re.compile(r"https?://(terminology\.hl7\.org/|hl7\.org/fhir/(?!sid/)|unitsofmeasure\.org)")
_PRINTABLE = re.compile(r"[\w.:/^+*-]{1,40}")
_SYSTEM = re.compile(r"[\w.:/#?&=+%~-]{1,120}")
_SHOWN = 12
"""Codings of one element that a table shows."""


class Seen(Enum):
    """What becomes of a coding, what needs a look first."""

    UNMAPPED = "unmapped"
    WORDS = "seen by words only"
    IN_SET = "in a value set"
    BESIDE = "beside a code that is in one"
    IRRELEVANT = "known and irrelevant"


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """One coding at one element: what becomes of it, and how often it is there.

    `display` is ours; the site's own stands in `site_display`, and only where it was asked for. A text
    without a code has neither system nor code.
    """

    seen: str
    element: str
    system: str
    code: str
    display: str
    value_sets: tuple[str, ...]
    count: int
    site_display: str = ""


class Report(msgspec.Struct, frozen=True, rename="camel"):
    """All codings of a file, those that need a look first; types without any place are only counted."""

    resources: int
    codings: int
    counts: dict[str, int]
    rows: tuple[Row, ...]
    other_types: dict[str, int]
    broken: dict[int, str]


class _Key(NamedTuple):
    seen: Seen
    element: str
    system: str
    code: str
    sets: tuple[str, ...]


@dataclass(slots=True)
class Counting:
    """Counts codings resource by resource; memory grows with different codings, not with the file."""

    index: CodeIndex
    displays: bool = False
    resources: int = 0
    broken: dict[int, str] = field(default_factory=dict)
    _found: Counter[_Key] = field(default_factory=Counter)
    _others: Counter[str] = field(default_factory=Counter)
    _shown: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, resource: Any, line: int = 1) -> None:
        """Count a resource, every entry of a Bundle, or every element of a list."""
        if isinstance(resource, list):
            for each in resource:
                self.add(each, line)
            return
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if not isinstance(kind, str):
            self.broken[line] = "no FHIR resource"
        elif kind == "Bundle":
            entries = resource.get("entry") or ()
            for entry in entries if isinstance(entries, list) else (entries,):
                self.add(entry.get("resource") if isinstance(entry, dict) else entry, line)
        else:
            self._one(kind, resource, line)

    def _one(self, kind: str, resource: dict[str, Any], line: int) -> None:
        self.resources += 1
        if kind not in PLACES:
            self._others[kind if _PRINTABLE.fullmatch(kind) else "?"] += 1
        for place in PLACES.get(kind, ()):
            for concept in _at(resource, place.split(".")):
                self._concept(f"{kind}.{place}", concept)
        contained = resource.get("contained")
        for inner in contained if isinstance(contained, list) else ():
            if isinstance(inner, dict) and isinstance(inner.get("resourceType"), str):
                self._one(inner["resourceType"], {**inner, "contained": None}, line)

    def _concept(self, element: str, value: Any) -> None:
        concept = shaped(value, CONCEPT)
        triples, text = codings(concept), text_of(concept)
        if not triples and not text:
            return
        matched = self.index.match(triples, text)
        worded = tuple(sorted(matched.worded))
        for uri, raw, display in triples:
            system, code = coding_systems.name_of(uri), raw.strip()
            sets, _ = self.index.sets_of(system, coding_systems.normal(system, code))
            seen = _seen(system, bool(sets), bool(matched.coded), bool(worded))
            held = tuple(sorted(sets)) or (worded if seen is Seen.WORDS else ())
            key = _Key(seen, element, _system(system), _printable(code), held)
            self._found[key] += 1
            if self.displays and not sets:
                self._shown.setdefault((key.system, key.code), display)
        if not triples:
            self._found[_Key(Seen.WORDS if worded else Seen.UNMAPPED, element, "", "", worded)] += 1

    def report(self) -> Report:
        """What was counted so far."""
        order = list(Seen)
        every = sorted(
            self._found.items(), key=lambda each: (order.index(each[0].seen), -each[1], each[0][1:])
        )
        counts = dict.fromkeys((each.value for each in order), 0)
        for key, number in every:
            counts[key.seen.value] += number
        return Report(
            self.resources,
            sum(counts.values()),
            counts,
            tuple(self._row(key, number) for key, number in every),
            dict(sorted(self._others.items())),
            self.broken,
        )

    def _row(self, key: _Key, number: int) -> Row:
        ours = self.index.sets_of(key.system, coding_systems.normal(key.system, key.code))[1]
        theirs = self._shown.get((key.system, key.code), "")
        return Row(key.seen.value, key.element, key.system, key.code, ours, key.sets, number, theirs)


def _seen(system: str, in_set: bool, coded: bool, worded: bool) -> Seen:
    """What becomes of one coding; `coded` and `worded` are said of the concept that it stands in."""
    if in_set:
        return Seen.IN_SET
    if coded:
        return Seen.BESIDE
    if worded:
        return Seen.WORDS
    decided = coding_systems.known_by_name(system) and system not in coding_systems.SPOKEN
    return Seen.IRRELEVANT if decided or _ADMINISTRATIVE.match(system) else Seen.UNMAPPED


def count(lines: Iterable[bytes], counting: Counting) -> Report:
    """Count a file given as lines: NDJSON line by line, or one JSON document over many lines."""
    numbered = enumerate(lines, 1)
    for number, line in numbered:
        stripped = line.removeprefix(b"\xef\xbb\xbf").strip()
        if number == 1 and stripped and not stripped.endswith((b"}", b"]")):
            _document(stripped, (rest for _, rest in numbered), counting)
        elif stripped:
            _line(stripped, number, counting)
    return counting.report()


def _document(first: bytes, rest: Iterator[bytes], counting: Counting) -> None:
    """The whole file as one document; where it is none, its lines one by one."""
    lines = [first, *rest]
    try:
        counting.add(msgspec.json.decode(b"\n".join(lines)))
    except msgspec.DecodeError:
        for number, line in enumerate(lines, 1):
            if stripped := line.strip():
                _line(stripped, number, counting)


def _line(line: bytes, number: int, counting: Counting) -> None:
    try:
        resource = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        counting.broken[number] = "not JSON"
        return
    counting.add(resource, number)


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    """Every value at a path, through arrays."""
    if isinstance(value, list):
        for each in value:
            yield from _at(each, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _printable(code: str) -> str:
    """A code as it may be printed: what is no code may be somebody's name."""
    return code if _PRINTABLE.fullmatch(code) else "(not a code)" if code else ""


def _system(name: str) -> str:
    known = coding_systems.known_by_name(name) or _SYSTEM.fullmatch(name)
    return name if known else "(not a system)" if name else ""


def in_words(report: Report) -> str:
    """The report as tables, what needs a look first; what is irrelevant is counted by system."""
    lines = [f"{report.resources} resources, {report.codings} codings where the service looks for codes:"]
    lines += [f"{count:>9}  {seen}" for seen, count in report.counts.items()]
    for seen in (Seen.UNMAPPED, Seen.WORDS, Seen.IN_SET, Seen.BESIDE):
        lines += _table(seen, [row for row in report.rows if row.seen == seen.value])
    irrelevant: Counter[str] = Counter()
    for row in report.rows:
        if row.seen == Seen.IRRELEVANT.value:
            irrelevant[row.system] += row.count
    if irrelevant:
        lines += ["", f"{Seen.IRRELEVANT.value}, by system:"]
        lines += [f"{count:>9}  {system}" for system, count in irrelevant.most_common()]
    if report.other_types:
        others = ", ".join(f"{kind} {count}" for kind, count in report.other_types.items())
        lines += ["", f"types that the service does not look up codes of: {others}"]
    return "\n".join(lines)


def _table(seen: Seen, rows: list[Row]) -> list[str]:
    """One section: of each element the most frequent codings."""
    if not rows:
        return []
    by_element: dict[str, list[Row]] = {}
    for row in rows:
        by_element.setdefault(row.element, []).append(row)
    lines = ["", f"{seen.value}:"]
    for element, found in sorted(by_element.items()):
        shown = [_cells(row) for row in found[:_SHOWN]]
        widths = [max(len(cells[column]) for cells in shown) for column in range(2)]
        lines.append(f"  {element}")
        for row, (system, code, *said) in zip(found, shown, strict=False):
            line = (
                f"{row.count:>9}  {system:<{widths[0]}}  {code:<{widths[1]}}  {'  '.join(filter(None, said))}"
            )
            lines.append(line.rstrip())
        lines += (
            [f"           and {len(found) - _SHOWN} more; --json lists all"] if len(found) > _SHOWN else []
        )
    return lines


def _cells(row: Row) -> tuple[str, ...]:
    """System, code, and what is known of it."""
    said = row.display or (f'"{row.site_display}"' if row.site_display else "")
    sets = f"[{', '.join(row.value_sets)}]" if row.value_sets else ""
    return (row.system or ("no system" if row.code else "text without a code"), row.code, said, sets)
