"""What the seeds say is carried by recommendations that really say it, or is out of scope for a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from app.casework import card_of, cases_of
from app.knowledge.load import load
from app.knowledge.seeds import Conflict, Seeds, Statement
from app.pages import with_seeds

ROOT = Path(__file__).parents[2] / "cards"
KNOWLEDGE = load(ROOT)
CASES = cases_of(ROOT, KNOWLEDGE)
assert KNOWLEDGE.seeds is not None
SEEDS: Seeds = KNOWLEDGE.seeds
STATEMENTS = [(topic, each) for topic, every in SEEDS.statements.items() for each in every]
PAGES = {name for name, each in KNOWLEDGE.evidence.items() if "Seed of this pathway" in each.note}
TOPICS = {
    "Red flags", "Imaging", "First-line care without drugs", "Drugs and their limits", "Procedures",
    "Timeline",
    "Matching the intervention to the cause", "Special populations", "Pitfalls", "Phases of rehabilitation",
    "Psychosocial care", "When to see a specialist",
}  # fmt: skip


@cache
def told(name: str) -> str:
    """All that the reader of a recommendation is told: its cards, its offers and its rationale."""
    cards = [card for case in CASES[name] if (card := card_of(KNOWLEDGE, name, case))]
    offers = [KNOWLEDGE.suggestions[each.suggestion] for each in KNOWLEDGE.recommendations[name].offer]
    rationale = (ROOT / "recommendations" / name / "rationale.md").read_text(encoding="utf-8")
    said = [f"{card.summary} {card.detail}" for card in cards]
    said += [f"{each.label} {each.description}" for each in offers]
    said.append(rationale)
    return re.sub(r"\s+", " ", " ".join(said)).lower()


def silent(carriers: tuple[str, ...], words: tuple[str, ...]) -> Iterator[str]:
    """The carriers that say none of the words, and the words that no carrier says."""
    yield from (name for name in carriers if not any(word.lower() in told(name) for word in words))
    yield from (word for word in words if not any(word.lower() in told(name) for name in carriers))


@pytest.mark.parametrize(("topic", "statement"), STATEMENTS, ids=[each.says[:50] for _, each in STATEMENTS])
def test_a_statement_is_carried_by_recommendations_that_say_it(topic: str, statement: Statement) -> None:
    assert PAGES.issuperset(statement.by)
    assert list(silent(statement.carried_by, statement.words)) == []


@pytest.mark.parametrize("conflict", SEEDS.conflicts, ids=[each.seed[:50] for each in SEEDS.conflicts])
def test_a_conflict_is_stated_where_it_is_said_to_be(conflict: Conflict) -> None:
    assert list(silent(conflict.stated_on, conflict.words)) == []


def test_every_topic_and_every_seed_is_there() -> None:
    assert set(SEEDS.statements) == TOPICS
    assert len(PAGES) == 5
    assert {page for _, each in STATEMENTS for page in each.by} == PAGES


def test_a_carrier_that_does_not_say_it_is_found() -> None:
    assert list(silent(("avoid-bed-rest",), ("bed rest",))) == []
    assert list(silent(("avoid-bed-rest",), ("acupuncture",))) == ["avoid-bed-rest", "acupuncture"]


@pytest.mark.parametrize("name", KNOWLEDGE.recommendations)
def test_every_recommendation_has_a_guideline_a_study_or_a_label_and_says_where_the_seeds_stand(
    name: str,
) -> None:
    because = KNOWLEDGE.recommendations[name].because
    assert not PAGES.issuperset(because)
    carried = {page for _, each in STATEMENTS if name in each.carried_by for page in each.by}
    cited = PAGES.intersection(because)
    assert cited <= carried, "a card that cites a seed carries a statement of it"


def test_the_tables_of_the_readme_are_what_the_seeds_say() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_seeds(readme, KNOWLEDGE) == readme, "run `make cards`"
    rows = [line for line in readme.splitlines() if line.startswith("| [`")]
    assert [line.split("`")[1] for line in rows] == list(KNOWLEDGE.recommendations)
