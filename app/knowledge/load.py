"""Loading cards/: every file is read, every fault is collected, and only a faultless whole is served."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from msgspec import structs

from app.knowledge.attributes import Attributes
from app.knowledge.codes import CodeIndex
from app.knowledge.fact import Fact
from app.knowledge.nearest import nearest
from app.knowledge.ratings import Ratings
from app.knowledge.recommendation import (
    Evidence,
    Groups,
    OverrideReason,
    Recommendation,
    Service,
    Services,
    Suggestion,
)
from app.knowledge.relevance import Marks, marks
from app.knowledge.seeds import Seeds
from app.knowledge.shape import Shape
from app.knowledge.shaped import shaped
from app.knowledge.source import Fault, Source
from app.knowledge.value_set import Codes, LicensedCodes, ValueSet
from app.knowledge.words import Cues

T = TypeVar("T")


class FaultyContent(Exception):
    """The content cannot be served; all of its faults, sorted by file and line."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(set(faults), key=lambda fault: (fault.file, fault.line, fault.what)))
        super().__init__("\n".join(map(str, self.faults)))


class Contents(Shape, frozen=True, kw_only=True):
    """What stands in the files, checked; `digest` is the SHA-256 of every file that was read."""

    services: Services
    groups: Groups
    cues: Cues
    facts: dict[str, Fact]
    evidence: dict[str, Evidence]
    override_reasons: dict[str, OverrideReason]
    suggestions: dict[str, Suggestion]
    value_sets: dict[str, ValueSet]
    recommendations: dict[str, Recommendation]
    ratings: Ratings | None = None
    attributes: Attributes | None = None
    seeds: Seeds | None = None
    digest: str


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Knowledge:
    """The whole content, checked.

    `order_facts` are those whose answer depends on the order at hand, `marks` say what a fact or a
    recommendation needs to be read; `digest` is the SHA-256 of every file that was read.
    """

    services: Services
    groups: Groups
    facts: dict[str, Fact]
    evidence: dict[str, Evidence]
    override_reasons: dict[str, OverrideReason]
    suggestions: dict[str, Suggestion]
    value_sets: dict[str, ValueSet]
    recommendations: dict[str, Recommendation]
    codes: CodeIndex
    order_facts: frozenset[str]
    marks: Marks
    digest: str
    ratings: Ratings | None = None
    attributes: Attributes | None = None
    seeds: Seeds | None = None

    @property
    def version(self) -> str:
        """As the content names itself."""
        return self.services.content_version

    @property
    def named(self) -> dict[str, dict[str, str]]:
        """The content as an extension of the wire says which it is."""
        return {self.services.extension_key: {"version": self.version, "digest": self.digest}}

    def service(self, service_id: str) -> Service | None:
        """The service with this id."""
        return next((each for each in self.services.services if each.id == service_id), None)


@dataclass(slots=True)
class Files:
    """The files of one cards/ directory while they are read and checked."""

    root: Path
    faults: list[Fault] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    _digest: Any = field(default_factory=hashlib.sha256)

    def read(self, name: str, shape: type[T]) -> T | None:
        """One file as its shape, or None with its faults noted."""
        from app.knowledge import yaml_source  # not needed where the content was compiled before

        path = self.root / name
        if not path.is_file():
            self.faults.append(Fault(name, 1, "this file is missing"))
            return None
        self._digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
        source = self.sources[name] = yaml_source.read(path, name)
        self.faults += source.faults
        if source.faults:
            return None
        value, faults = shaped(source, shape)
        self.faults += faults
        return value

    def read_any(self, name: str, shape: type[T]) -> T | None:
        """One file that may be missing."""
        return self.read(name, shape) if (self.root / name).is_file() else None

    def read_each(self, names: list[str], shape: type[T]) -> dict[str, T]:
        """Many files, each as its shape, by file name without its ending."""
        found = {Path(name).stem: self.read(name, shape) for name in names}
        return {name: each for name, each in found.items() if each is not None}

    def glob(self, pattern: str) -> list[str]:
        """Relative names of the files that match, sorted."""
        return sorted(path.relative_to(self.root).as_posix() for path in self.root.glob(pattern))

    def sound(self, folder: str) -> list[str]:
        """Relative names of the files of a folder that were read and have no fault."""
        faulty = {fault.file for fault in self.faults}
        return [name for name in self.sources if name.startswith(folder) and name not in faulty]

    def unparsed(self) -> bool:
        """Whether a file is missing or no YAML, so that the names in it cannot be told."""
        return any(
            fault.file not in self.sources or self.sources[fault.file].data is None for fault in self.faults
        )

    def unread(self) -> frozenset[str]:
        """The names that stand in files with faults: what they mean is not known, but they are there."""
        names: set[str] = set()
        for file in {fault.file for fault in self.faults}:
            keys = self.sources[file].data
            names |= {Path(file).stem, Path(file).parent.name, *(keys if isinstance(keys, dict) else ())}
        return frozenset(names)

    def digest(self) -> str:
        """The digest of all that was read so far."""
        return str(self._digest.hexdigest())


def load(root: Path) -> Knowledge:
    """Load and check a cards/ directory; FaultyContent lists every fault at once.

    Only a file that is missing or no YAML keeps the rest from being cross-checked as well.
    """
    return known(contents(root))


def contents(root: Path) -> Contents:
    """Read and check a cards/ directory, as `load` does it."""
    from app.knowledge.check import check  # not needed where the content was compiled before

    files = Files(root)
    services = files.read("services.yaml", Services)
    groups = files.read("groups.yaml", Groups)
    cues = files.read("words.yaml", Cues)
    evidence = files.read("evidence.yaml", dict[str, Evidence]) or {}
    reasons = files.read("override-reasons.yaml", dict[str, OverrideReason]) or {}
    suggestions = files.read_each(files.glob("suggestions/*.yaml"), Suggestion)
    facts = _merged_facts(files)
    value_sets = _value_sets(files)
    recommendations = _recommendations(files)
    ratings = files.read_any("ratings.yaml", Ratings)
    stated = files.read_any("attributes.yaml", Attributes)
    seeds = files.read_any("seeds.yaml", Seeds)
    if services is None or groups is None or cues is None or files.unparsed():
        raise FaultyContent(files.faults)
    read = Contents(
        services=services,
        groups=groups,
        cues=cues,
        facts=facts,
        evidence=evidence,
        override_reasons=reasons,
        suggestions=suggestions,
        value_sets=value_sets,
        recommendations=recommendations,
        ratings=ratings,
        attributes=stated,
        seeds=seeds,
        digest=files.digest(),
    )
    unindexed = CodeIndex({}, Cues(negating=(), doubting=(), ending=(), reach=0))
    if faults := files.faults + check(_known(read, unindexed), files):
        raise FaultyContent(faults)
    return read


def known(read: Contents) -> Knowledge:
    """The content with what follows from it."""
    return _known(read, CodeIndex(read.value_sets, read.cues))


def _known(read: Contents, codes: CodeIndex) -> Knowledge:
    return Knowledge(
        services=read.services,
        groups=read.groups,
        facts=read.facts,
        evidence=read.evidence,
        override_reasons=read.override_reasons,
        suggestions=read.suggestions,
        value_sets=read.value_sets,
        recommendations=read.recommendations,
        codes=codes,
        order_facts=_order_facts(read.facts),
        marks=marks(read.facts, read.groups.groups, read.recommendations),
        digest=read.digest,
        ratings=read.ratings,
        attributes=read.attributes,
        seeds=read.seeds,
    )


def _recommendations(files: Files) -> dict[str, Recommendation]:
    return {
        Path(folder).name: each
        for folder in files.glob("recommendations/[!_]*/")
        if (each := files.read(f"{folder}/card.yaml", Recommendation)) is not None
    }


def _merged_facts(files: Files) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for name in files.glob("facts/*.yaml"):
        for key, fact in (files.read(name, dict[str, Fact]) or {}).items():
            if key in facts:
                files.faults.append(files.sources[name].fault((key,), f"the fact `{key}` exists already"))
            facts[key] = fact
    return facts


def _order_facts(facts: dict[str, Fact]) -> frozenset[str]:
    """The facts that look at the order at hand, themselves or through what they are derived from."""
    found = {name for name, fact in facts.items() if _looks_at_order(fact)}
    while more := {
        name
        for name, fact in facts.items()
        if name not in found and any(line.fact in found for line in fact.lines)
    }:
        found |= more
    return frozenset(found)


def _looks_at_order(fact: Fact) -> bool:
    supply, dose = fact.supply, fact.dose
    of_order = supply is not None and (supply.draft or supply.element != "days")
    of_order = of_order or (fact.medication is not None and fact.medication.another)
    at_hand = fact.order is not None and fact.order.among not in ("all", "called")
    return at_hand or of_order or (dose is not None and dose.element == "not_computed")


def _value_sets(files: Files) -> dict[str, ValueSet]:
    """The value sets; licensed codes in folders of their own join the set of the same name."""
    value_sets = files.read_each(files.glob("value-sets/*.yaml"), ValueSet)
    for name in files.glob("value-sets/*/*.yaml"):
        licensed, concept = files.read(name, LicensedCodes), Path(name).stem
        if not (files.root / f"value-sets/{concept}.yaml").is_file():
            what = f"there is no value set `{concept}` to add to{nearest(concept, value_sets)}"
            files.faults.append(Fault(name, 1, what))
        elif licensed is not None and concept in value_sets:
            value_set = value_sets[concept]
            value_sets[concept] = structs.replace(
                value_set,
                codes=_joined(value_set.codes, licensed.codes),
                sources=value_set.sources + licensed.sources,
            )
    return value_sets


def _joined(ours: Codes, added: Codes) -> Codes:
    return {
        system: {**ours.get(system, {}), **added.get(system, {})} for system in dict.fromkeys([*ours, *added])
    }
