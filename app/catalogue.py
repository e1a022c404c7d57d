"""Which recommendations answer which hook, and what they need from FHIR: prefetch and discovery."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from app.knowledge import coding_systems
from app.knowledge.fact import Fact
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import Recommendation, Service
from app.knowledge.relevance import NEEDS
from app.protocol.discovery import VERSION, Discovery, ServiceEntry
from app.record.prefetch import Query

_KEYS = {
    "Patient": "patient",
    "Condition": "conditions",
    "MedicationRequest": "medications",
    "Observation": "observations",
    "Procedure": "procedures",
    "ServiceRequest": "serviceRequests",
    "AllergyIntolerance": "allergies",
    "Encounter": "encounters",
    "DiagnosticReport": "diagnosticReports",
    "ImagingStudy": "imagingStudies",
}
_ID = "{{context.patientId}}"
_BLANK = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def recommendations_of(knowledge: Knowledge, hook: str) -> list[Recommendation]:
    """The active recommendations that answer a hook."""
    return [
        each for each in knowledge.recommendations.values() if each.status == "active" and hook in each.hooks
    ]


def queries(knowledge: Knowledge, hook: str) -> tuple[Query, ...]:
    """What the hook needs, one query a resource type, asked broadly and filtered here."""
    facts = list(reachable(knowledge, recommendations_of(knowledge, hook)))
    sources = {source for fact in facts for source in NEEDS.get(fact.kind, ())}
    return tuple(
        Query(key, source, _template(knowledge, source, facts))
        for source, key in _KEYS.items()
        if source in sources
    )


def _template(knowledge: Knowledge, source: str, facts: list[Fact]) -> str:
    if source == "Patient":
        return f"Patient/{_ID}"
    if source == "Observation":
        codes = ",".join(f"{coding_systems.uri_of('LOINC')}|{code}" for code in _loinc(knowledge, facts))
        narrowed = f"&code={codes}" if codes else ""
        return f"Observation?patient={_ID}{narrowed}&_sort=-date&_count=100"
    return f"{source}?patient={_ID}"


def _loinc(knowledge: Knowledge, facts: list[Fact]) -> list[str]:
    names = {
        name for fact in facts if "Observation" in NEEDS.get(fact.kind, ()) for name in fact.parameters.in_
    }
    found: set[str] = set()
    while names:
        value_set = knowledge.value_sets[names.pop()]
        names.update(value_set.includes)
        found.update(value_set.codes.get("LOINC", ()))
        found.update(value_set.unverified.get("LOINC", ()))
    return sorted(found)


def reachable(knowledge: Knowledge, recommendations: Iterable[Recommendation]) -> Iterator[Fact]:
    """Every fact that the recommendations ask for, themselves or through other facts."""
    waiting = [name for each in recommendations for name in _asked(knowledge, each)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        fact = knowledge.facts[name]
        waiting += [line.fact for line in fact.lines]
        waiting += [each for each in (getattr(fact.parameters, "since", None),) if each]
        yield fact


def _asked(knowledge: Knowledge, recommendation: Recommendation) -> Iterator[str]:
    group = knowledge.groups.groups[recommendation.group]
    yield from (line.fact for line in recommendation.lines + group.unless)
    yield from (offer.order for offer in recommendation.offer if offer.order)
    if group.unchecked_fact:
        yield group.unchecked_fact
    yield from (name for text in _texts(recommendation) for name in _BLANK.findall(text) if name != "order")
    yield from recommendation.say.link_to


def _texts(recommendation: Recommendation) -> Iterator[str]:
    """The words in which blanks may name facts."""
    say = recommendation.say
    yield from (say.summary, say.detail)
    yield from (text for each in say.variants for text in (each.summary, each.detail) if text)
    yield from (note.say for note in say.notes)


def discovery(
    knowledge: Knowledge, services: Iterable[tuple[Service, tuple[Query, ...]]], *, later: bool = True
) -> Discovery:
    """What `GET /cds-services` answers: services with their queries; `later` than 1.0 are some fields."""
    return Discovery(
        [
            ServiceEntry(
                hook=service.hook,
                id=service.id,
                title=service.title,
                description=service.description,
                prefetch={query.key: query.template for query in asked},
                usage_requirements=service.usage_requirements if later else "",
                version=VERSION if later else "",
            )
            for service, asked in services
        ],
        extension=knowledge.named,
    )
