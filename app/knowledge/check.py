"""Cross-checks of the whole content: every name leads somewhere, every rule of the house holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from app.knowledge.attributes import Attributes
from app.knowledge.changes import threshold
from app.knowledge.check_cards import check_date, check_recommendation
from app.knowledge.check_codes import check_phrases, check_value_sets
from app.knowledge.check_lines import Report, check_line, known, leads_to
from app.knowledge.criterion import Criterion
from app.knowledge.fact import DERIVED, ELEMENTS, Fact, SiteRange
from app.knowledge.ratings import Ratings
from app.knowledge.seeds import Seeds
from app.knowledge.source import Fault, Where
from app.knowledge.templates import check_suggestions

if TYPE_CHECKING:
    from app.knowledge.load import Files, Knowledge

SOURCES = (
    "Order", "Patient", "Condition", "MedicationRequest", "Observation", "Procedure", "ServiceRequest",
    "DiagnosticReport", "ImagingStudy", "AllergyIntolerance", "Encounter",
)  # fmt: skip
"""What findings and reasons may come from: the FHIR resource types that facts read, and the orders."""
_BEGINNINGS = frozenset({"span", "condition", "procedure", "study", "referral", "any_of"})


def check(knowledge: Knowledge, files: Files) -> list[Fault]:
    """Every fault in the content that reading its files one by one could not show.

    What is said of a name whose own file has faults may be wrong, and is left out.
    """
    faults: list[Fault] = []
    unread = files.unread()

    def report_in(name: str) -> Report:
        source = files.sources[name]

        def report(where: Where, what: str) -> None:
            if unread.isdisjoint(re.findall(r"`(?:not )?([\w-]+)`", what)):
                faults.append(source.fault(where, what))

        return report

    for name in files.sound("facts/"):
        for key in files.sources[name].data:
            _check_fact(knowledge, key, report_in(name))
    for recommendation_id in knowledge.recommendations:
        folder = f"recommendations/{recommendation_id}"
        report = report_in(f"{folder}/card.yaml")
        check_recommendation(knowledge, recommendation_id, report)
        for beside in ("rationale.md", "cases.yaml"):
            if not (files.root / folder / beside).is_file():
                report((), f"`{beside}` is missing beside it")
    _check_groups(knowledge, report_in("groups.yaml"))
    _check_services(knowledge, report_in("services.yaml"))
    _check_optional(knowledge, report_in)
    for part in ("negating", "doubting", "ending"):
        check_phrases(files.sources["words.yaml"].data[part], part, report_in("words.yaml"))
    check_value_sets(knowledge, files, report_in)
    check_suggestions(knowledge, lambda name: report_in(f"suggestions/{name}.yaml"))
    return faults


def _check_optional(knowledge: Knowledge, report_in: Callable[[str], Report]) -> None:
    """The files that other content may do without."""
    if knowledge.ratings is not None:
        _check_ratings(knowledge, knowledge.ratings, report_in("ratings.yaml"))
    if knowledge.attributes is not None:
        _check_attributes(knowledge, knowledge.attributes, report_in("attributes.yaml"))
    if knowledge.seeds is not None:
        _check_seeds(knowledge, knowledge.seeds, report_in("seeds.yaml"))


def _check_fact(knowledge: Knowledge, name: str, report: Report) -> None:
    fact = knowledge.facts[name]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        report((name,), f"a fact is a snake_case noun phrase; `{name}` is not")
    for where, line in _lines(fact):
        check_line(knowledge, line, (name, *where), report)
    if fact.at_least and fact.at_least.count > len(fact.at_least.of):
        report((name, "at_least", "count"), f"{fact.at_least.count} of {len(fact.at_least.of)} never hold")
    if leads_to(knowledge, fact, name):
        report((name,), f"`{name}` is derived from itself")
    for evidence in fact.because:
        known(evidence, knowledge.evidence, "evidence", (name, "because"), report)
    if fact.site_may_set:
        _check_range(fact, fact.site_may_set, (name, "site_may_set"), report)
    if fact.kind in DERIVED:
        return
    for key, value_sets in fact.value_sets.items():
        for value_set in value_sets:
            place = (name, fact.kind, key.removesuffix("_"))
            known(value_set, knowledge.value_sets, "value set", place, report)
    if since := getattr(fact.parameters, "since", None):
        known(since, knowledge.facts, "fact", (name, fact.kind, "since"), report)
        if since in knowledge.facts and knowledge.facts[since].kind not in _BEGINNINGS:
            report((name, fact.kind, "since"), f"`{since}` does not say when something began")


def _check_range(fact: Fact, bounds: SiteRange, where: Where, report: Report) -> None:
    line = threshold(fact)
    if line is None:
        report(where, "a site sets the number of a fact that has one line, and that line compares with it")
    elif not isinstance(line.operand, float) or not bounds.from_ <= line.operand <= bounds.to:
        report(where, f"our own number ({line.text}) does not lie within")


def _lines(fact: Fact) -> Iterator[tuple[Where, Criterion]]:
    """The criteria of a fact, each with its place."""
    for part in ("any_of", "all_of", "but_not"):
        yield from (((part, index), line) for index, line in enumerate(getattr(fact, part)))
    if fact.at_least:
        yield from ((("at_least", "of", index), line) for index, line in enumerate(fact.at_least.of))
    yield from ((("points", line.text), line) for line, _ in fact.points)


def _check_groups(knowledge: Knowledge, report: Report) -> None:
    for source in SOURCES:
        if source not in knowledge.groups.sources:
            report(("sources",), f"what people call `{source}` is missing")
    for name, group in knowledge.groups.groups.items():
        where: Where = ("groups", name)
        for place, line in enumerate(group.unless):
            check_line(knowledge, line, (*where, "unless", place), report)
        if group.unchecked_fact:
            known(group.unchecked_fact, knowledge.facts, "fact", (*where, "unchecked_fact"), report)
        for part in ("softened_by", "not_softened_by"):
            for source in getattr(group, part):
                known(source, knowledge.groups.sources, "source", (*where, part), report)
        for each in group.one_card:
            known(each, knowledge.recommendations, "recommendation", (*where, "one_card"), report)
    for index, rule in enumerate(knowledge.groups.replaces):
        known(
            rule.stronger,
            knowledge.recommendations,
            "recommendation",
            ("replaces", index, "stronger"),
            report,
        )
        for each in rule.weaker:
            known(each, knowledge.recommendations, "recommendation", ("replaces", index, "weaker"), report)


def _check_ratings(knowledge: Knowledge, ratings: Ratings, report: Report) -> None:
    for line in ratings.rated:
        check_line(knowledge, line, ("rated",), report)
    for index, rule in enumerate(ratings.rules):
        where: Where = ("rules", index)
        for line in rule.when + rule.unless:
            check_line(knowledge, line, where, report)
        for each in rule.applies:
            known(each, knowledge.recommendations, "recommendation", (*where, "applies"), report)
        if rule.because:
            known(rule.because, knowledge.evidence, "evidence", (*where, "because"), report)
        if not rule.when and not rule.applies:
            report(where, "a rule needs `when` or `applies`: this one would rate every order")


def _check_attributes(knowledge: Knowledge, attributes: Attributes, report: Report) -> None:
    for day in ("released", "revised"):
        check_date(getattr(attributes, day), (day,), report)
    for name, use in attributes.uses.items():
        for value_set in use.value_sets:
            known(value_set, knowledge.value_sets, "value set", ("uses", name, "value_sets"), report)
        for element in use.reads:
            known(element, ELEMENTS, "element of the Patient", ("uses", name, "reads"), report)


def _check_seeds(knowledge: Knowledge, seeds: Seeds, report: Report) -> None:
    named: list[tuple[Where, tuple[str, ...]]] = []
    for topic, statements in seeds.statements.items():
        for index, each in enumerate(statements):
            where: Where = ("statements", topic, index)
            named.append(((*where, "carried_by"), each.carried_by))
            for page in each.by:
                known(page, knowledge.evidence, "evidence", (*where, "by"), report)
            found = [knowledge.recommendations.get(name) for name in each.carried_by]
            if found and all(carrier and carrier.status == "retired" for carrier in found):
                report((*where, "carried_by"), "only retired recommendations carry it")
    named += [
        (("conflicts", index, "stated_on"), each.stated_on) for index, each in enumerate(seeds.conflicts)
    ]
    for place, carriers in named:
        for name in carriers:
            known(name, knowledge.recommendations, "recommendation", place, report)


def _check_services(knowledge: Knowledge, report: Report) -> None:
    seen: set[str] = set()
    for index, service in enumerate(knowledge.services.services):
        if not re.fullmatch(r"[A-Za-z0-9.-]+", service.id):
            report(("services", index), f"`{service.id}` does not fit into a URL")
        if service.id in seen:
            report(("services", index), f"the id `{service.id}` stands here twice")
        seen.add(service.id)
