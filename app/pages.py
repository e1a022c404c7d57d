"""The content as pages to read: one for each recommendation, with its worked patients and their cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec.structs import fields

from app.casework import Case, Given, card_of
from app.catalogue import reachable
from app.knowledge.attributes import used
from app.knowledge.criterion import Criterion
from app.knowledge.fact import DERIVED, Fact
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import Recommendation
from app.knowledge.seeds import Seeds
from app.protocol.response import Card

RENDERED = "rendered"
"""The folder of the pages, inside the content."""
BEGIN, END = "<!-- seeds: written by `make cards` -->", "<!-- end of seeds -->"
_OPERATORS = {"<": "under", "<=": "at most", ">": "over", ">=": "at least", "is": ""}
_GIVEN = {"unknown": "not read", "worded": "yes, by words"}
_PAGES = Environment(  # noqa: S701 - Markdown for a repository, of our own texts
    loader=PackageLoader("app", "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Worked:
    """A case, its answers in words, its card, and the earlier case of the page that has the same card."""

    case: Case
    given: list[tuple[str, str]]
    card: Card | None
    like: str | None


def pages(knowledge: Knowledge, cases: Mapping[str, Sequence[Case]]) -> dict[str, str]:
    """Every page by its file name; the same content gives the same pages. `cases` by recommendation."""
    index = _PAGES.get_template("index.md").render(
        knowledge=knowledge, groups=_by_group(knowledge), cases=cases
    )
    every = _PAGES.get_template("facts.md").render(knowledge=knowledge, facts=_facts(knowledge))
    own = {f"{name}.md": _page(knowledge, name, cases[name]) for name in knowledge.recommendations}
    stated = msgspec.json.format(msgspec.json.encode(attributes(knowledge)), indent=2).decode()
    return {"README.md": index, "facts.md": every, **own, "attributes.json": f"{stated}\n"}


def with_seeds(readme: str, knowledge: Knowledge) -> str:
    """The README with its tables of seeds as `seeds.yaml` has them, between their two marks."""
    if knowledge.seeds is None or BEGIN not in readme or END not in readme:
        return readme
    before, rest = readme.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    tables = _PAGES.get_template("seeds.md").render(
        seeds=knowledge.seeds,
        sources=_sources(knowledge, knowledge.seeds),
        shorts=lambda names: " · ".join(knowledge.evidence[name].short for name in names),
        links=lambda names: " · ".join(f"[`{name}`](rendered/{name}.md)" for name in names),
    )
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def _sources(knowledge: Knowledge, seeds: Seeds) -> list[tuple[str, list[str], list[str]]]:
    """Each recommendation with its evidence, and with the seeds whose statements it carries or cites."""
    carried: dict[str, list[str]] = {name: [] for name in knowledge.recommendations}
    for each in (each for statements in seeds.statements.values() for each in statements):
        for name in each.carried_by:
            carried[name] += each.by
    pages = {page for statements in seeds.statements.values() for each in statements for page in each.by}
    return [
        (
            name,
            [knowledge.evidence[source].short for source in each.because if source not in pages],
            [
                knowledge.evidence[page].short
                for page in sorted({*carried[name], *pages.intersection(each.because)})
            ],
        )
        for name, each in knowledge.recommendations.items()
    ]


def stale(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """The names of the pages that differ, are missing, or are there without reason."""
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def attributes(knowledge: Knowledge) -> dict[str, Any]:
    """The source attributes of every recommendation, ready for JSON."""
    return {
        "content_version": knowledge.services.content_version,
        "recommendations": {name: attributes_of(knowledge, name) for name in knowledge.recommendations},
    }


def attributes_of(knowledge: Knowledge, name: str) -> dict[str, Any]:
    """What one recommendation rests on, who made it, and which kinds of data it uses, through which facts."""
    each, stated = knowledge.recommendations[name], knowledge.attributes
    known = {key: getattr(each, key) for key in ("title", "status", "version", "approved", "review_by")}
    known["citations"] = [
        {"citation": source.citation, "url": source.url, "doi": source.doi, "checked_on": source.checked_on}
        for source in (knowledge.evidence[because] for because in each.because)
    ]
    if stated is None:
        return known
    facts = sorted(reachable(knowledge, [each]), key=lambda fact: fact.label)
    known |= {key: getattr(stated, key) for key in ("developer", "funding", "released", "revised")}
    known["uses"] = {
        key: {"title": use.title, "used": bool(through), "through": through, "note": use.note}
        for key, use in stated.uses.items()
        for through in [list(dict.fromkeys(fact.label for fact in used(use, facts, knowledge.value_sets)))]
    }
    return known


def _by_group(knowledge: Knowledge) -> list[tuple[str, dict[str, Recommendation]]]:
    """The recommendations under the titles of their groups, in order of precedence."""
    every = knowledge.recommendations.items()
    return [
        (group.title, {name: each for name, each in every if each.group == key})
        for key, group in knowledge.groups.groups.items()
    ]


def _page(knowledge: Knowledge, name: str, cases: Sequence[Case]) -> str:
    each = knowledge.recommendations[name]
    group = knowledge.groups.groups[each.group]
    return _PAGES.get_template("recommendation.md").render(
        id=name,
        each=each,
        group=group,
        hooks=", ".join(f"`{hook}`" for hook in each.hooks),
        unreviewed=knowledge.attributes.unreviewed if knowledge.attributes else "",
        when=_lines(knowledge, each.when),
        unless=_lines(knowledge, each.unless + group.unless),
        gentler=_lines(knowledge, each.gentler_when),
        offers=[
            (
                knowledge.suggestions[offer.suggestion].label,
                _lines(knowledge, offer.when),
                _lines(knowledge, offer.unless),
            )
            for offer in each.offer
        ],
        evidence=[knowledge.evidence[because] for because in each.because],
        attributes=attributes_of(knowledge, name),
        worked=_worked(knowledge, name, cases),
    )


def _worked(knowledge: Knowledge, name: str, cases: Sequence[Case]) -> list[Worked]:
    """The cases with their cards; what was already read on this page is named and not repeated."""
    seen: dict[bytes, str] = {}
    worked = []
    for case in cases:
        shown = card_of(knowledge, name, case)
        first = case.case if shown is None else seen.setdefault(msgspec.json.encode(shown), case.case)
        worked.append(Worked(case, _given(case.facts), shown, None if first == case.case else first))
    return worked


def _lines(knowledge: Knowledge, lines: Iterable[Criterion]) -> list[str]:
    """Criteria in words: the question of the fact, and the answer that is meant."""
    return [
        f"{knowledge.facts[line.fact].ask} **{_meant(line)}** ([{line.fact}](facts.md#{line.fact}))"
        for line in lines
    ]


def _meant(line: Criterion) -> str:
    if line.operator is None or line.operand is None:
        return "no" if line.negated else "yes"
    operand = f"{line.operand:g}" if isinstance(line.operand, float) else line.operand
    return f"{_OPERATORS[line.operator]} {operand}".strip()


def _given(facts: Mapping[str, Given]) -> list[tuple[str, str]]:
    """The answers of a case in words."""
    return [(name, _answer(value)) for name, value in facts.items()]


def _answer(value: Given) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        low, high = (None if each is None else f"{each:g}" for each in value)
        return f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
    return _GIVEN.get(value, value) if isinstance(value, str) else f"{value:g}"


def _facts(knowledge: Knowledge) -> list[tuple[str, Fact, list[tuple[str, list[str]]], str]]:
    """Each fact with what it is derived from, or with how it is read."""
    return [(name, fact, _members(fact), _read(fact)) for name, fact in sorted(knowledge.facts.items())]


def _members(fact: Fact) -> list[tuple[str, list[str]]]:
    counted = (f"at least {fact.at_least.count} of", fact.at_least.of) if fact.at_least else ("", ())
    parts = [("any of", fact.any_of), ("all of", fact.all_of), counted, ("but not", fact.but_not)]
    listed = [(title, [_link(line) for line in lines]) for title, lines in parts if lines]
    points = [f"{_link(line)}: {weight:g}" for line, weight in fact.points]
    return [*listed, *([("points", points)] if points else [])]


def _link(line: Criterion) -> str:
    return f"[{line.text}](#{line.fact})"


def _read(fact: Fact) -> str:
    """The kind of a fact that is read, with its parameters: `condition: in malignancy, status ever`."""
    if fact.kind in DERIVED:
        return ""
    said = ((each, getattr(fact.parameters, each.name)) for each in fields(fact.parameters))
    given = {each.encode_name: value for each, value in said if value != each.default}
    return f"{fact.kind}: " + "; ".join(f"{key} {_listed(value)}" for key, value in given.items())


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
