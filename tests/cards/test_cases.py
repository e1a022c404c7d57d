"""The worked patients of every recommendation come out as they say, and leave no criterion undecided."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from app.casework import Case, Worked, check_cases, read_cases, work
from app.knowledge.fact import DERIVED
from app.knowledge.load import Files, Knowledge, load
from app.knowledge.recommendation import Recommendation
from tests.cards.mutants import Mutant, of_card, of_fact, of_group

ROOT = Path(__file__).parents[2] / "cards"
TEMPLATE = "_template"


def with_template(knowledge: Knowledge) -> Knowledge:
    """The content with the template as one recommendation more: it is held to the same rules."""
    card = Files(ROOT).read(f"recommendations/{TEMPLATE}/card.yaml", Recommendation)
    assert isinstance(card, Recommendation)
    return replace(knowledge, recommendations={**knowledge.recommendations, TEMPLATE: card})


KNOWLEDGE = with_template(load(ROOT))
RECOMMENDATIONS = tuple(KNOWLEDGE.recommendations)
READ = {name: read_cases(ROOT, name) for name in RECOMMENDATIONS}
CASES: dict[str, list[Case]] = {name: [case for case, _ in cases] for name, (cases, _) in READ.items()}
OUTCOMES = {"applies", "does not apply", "cannot tell"}


@cache
def beneath(fact: str) -> frozenset[str]:
    """The fact, and every fact that it is derived from."""
    lines = KNOWLEDGE.facts[fact].lines
    return frozenset({fact}).union(*(beneath(line.fact) for line in lines))


@cache
def asked(name: str) -> frozenset[str]:
    """Every fact that a recommendation may ask for."""
    card = KNOWLEDGE.recommendations[name]
    group = KNOWLEDGE.groups.groups[card.group]
    facts = [line.fact for line in card.lines + group.unless]
    facts += [fact for fact in (group.unchecked_fact, *(offer.order for offer in card.offer)) if fact]
    return frozenset().union(*map(beneath, facts))


DERIVED_FACTS = sorted(
    fact for fact in frozenset().union(*map(asked, RECOMMENDATIONS)) if KNOWLEDGE.facts[fact].kind in DERIVED
)


def faults(knowledge: Knowledge, name: str, case: Case) -> list[str]:
    """How a case does not come out as it says."""
    return list(Worked(case, 0, work(knowledge, name, case)).faults())


def noticed(knowledge: Knowledge, name: str, case: Case) -> bool:
    """Whether the case does not come out as it says any more, or has a note more or less."""
    decision = work(knowledge, name, case)
    return any(Worked(case, 0, decision).faults()) or decision.notes != notes(name, case.case)


@cache
def notes(name: str, case: str) -> tuple[str, ...]:
    """The notes of a case as the content stands."""
    return next(work(KNOWLEDGE, name, each).notes for each in CASES[name] if each.case == case)


def patients(names: Iterable[str], about: frozenset[str]) -> Iterator[tuple[str, Case]]:
    """The cases of the recommendations, those first that say something about these facts."""
    found = [(name, case) for name in names for case in CASES[name]]
    return iter(sorted(found, key=lambda each: about.isdisjoint(each[1].facts)))


def undecided(
    mutants: Iterable[Mutant], names: Iterable[str], about: frozenset[str] = frozenset()
) -> list[str]:
    """The changes of content after which every case still comes out as it says."""
    ordered = list(patients(names, about))
    return [
        mutant.what
        for mutant in mutants
        if not any(noticed(mutant.knowledge, name, case) for name, case in ordered)
    ]


@pytest.mark.parametrize("name", RECOMMENDATIONS)
def test_the_cases_can_be_read(name: str) -> None:
    assert READ[name][1] == []


@pytest.mark.parametrize("name", RECOMMENDATIONS)
def test_every_worked_patient_comes_out_as_the_case_says(name: str) -> None:
    wrong = {case.case: found for case in CASES[name] if (found := faults(KNOWLEDGE, name, case))}
    assert not wrong, "\n".join(f"{case}: {found}" for case, found in wrong.items())


@pytest.mark.parametrize("name", RECOMMENDATIONS)
def test_there_is_a_case_for_each_outcome(name: str) -> None:
    assert {case.expect for case in CASES[name]} == OUTCOMES


@pytest.mark.parametrize("name", RECOMMENDATIONS)
def test_no_two_cases_have_the_same_name(name: str) -> None:
    names = [case.case for case in CASES[name]]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("name", RECOMMENDATIONS)
def test_a_case_gives_only_facts_that_the_recommendation_asks_for(name: str) -> None:
    given = {fact for case in CASES[name] for fact in case.facts}
    assert sorted(given - asked(name)) == []


@pytest.mark.parametrize("name", RECOMMENDATIONS)
def test_every_line_of_a_card_is_decided_by_one_of_its_cases(name: str) -> None:
    left = undecided(of_card(KNOWLEDGE, name), [name])
    assert not left, "\n".join([f"no case of {name} decides this change:", *left])


@pytest.mark.parametrize("group", KNOWLEDGE.groups.groups)
def test_every_line_of_a_group_is_decided_by_a_case_of_the_group(group: str) -> None:
    names = [name for name, each in KNOWLEDGE.recommendations.items() if each.group == group]
    gentlest = all(KNOWLEDGE.recommendations[name].say.indicator == "info" for name in names)
    left = undecided(of_group(KNOWLEDGE, group), names)
    # A card that is information already cannot be seen to become gentler.
    left = [what for what in left if not (gentlest and what.startswith("softened_by"))]
    assert not left, "\n".join([f"no case of the group {group} decides this change:", *left])


@pytest.mark.parametrize("fact", DERIVED_FACTS)
def test_every_part_of_a_derived_fact_is_decided_by_some_case(fact: str) -> None:
    names = [name for name in RECOMMENDATIONS if fact in asked(name)]
    left = undecided(of_fact(KNOWLEDGE, fact), names, beneath(fact))
    assert not left, "\n".join([f"no case decides this change of {fact}:", *left])


def test_a_copy_of_the_template_passes_the_checks(tmp_path: Path) -> None:
    root = tmp_path / "cards"
    shutil.copytree(ROOT, root)
    shutil.copytree(ROOT / "recommendations" / TEMPLATE, root / "recommendations" / "avoid-what-it-says")
    knowledge = load(root)
    assert "avoid-what-it-says" in knowledge.recommendations
    assert check_cases(root, knowledge) == []
