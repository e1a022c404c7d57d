"""The pages under cards/rendered: fresh, short enough to read, and honest about who reviewed them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.casework import card_of, cases_of
from app.knowledge.load import load
from app.pages import RENDERED, attributes_of, pages, stale

ROOT = Path(__file__).parents[2] / "cards"
KNOWLEDGE = load(ROOT)
CASES = cases_of(ROOT, KNOWLEDGE)
MOST_WORDS = 120
"""Of a whole detail: reasons, advice, notes, what could not be checked, evidence. Marks are no words."""
USES = {name: attributes_of(KNOWLEDGE, name)["uses"] for name in KNOWLEDGE.recommendations}


def words(markdown: str) -> int:
    """The words of a text: whatever stands between blanks and holds a letter or a digit."""
    return sum(bool(re.search(r"\w", each)) for each in markdown.split())


def users(use: str) -> set[str]:
    """The recommendations that use one kind of data."""
    return {name for name, uses in USES.items() if uses[use]["used"]}


def test_the_pages_are_what_the_content_says() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / RENDERED).iterdir()}
    assert stale(pages(KNOWLEDGE, CASES), found) == [], "run `make cards`"


@pytest.mark.parametrize("name", KNOWLEDGE.recommendations)
def test_no_detail_is_longer_than_a_clinician_reads(name: str) -> None:
    cards = {case.case: card_of(KNOWLEDGE, name, case) for case in CASES[name]}
    counted = {case: words(card.detail or "") for case, card in cards.items() if card}
    assert counted, "no case shows the card"
    assert {case: count for case, count in counted.items() if count > MOST_WORDS} == {}


STEPS = KNOWLEDGE.groups.groups["pathway"].one_card
TWO_MORE = tuple(KNOWLEDGE.recommendations[name].title for name in STEPS[-2:])


@pytest.mark.parametrize("name", STEPS[:-2])
def test_the_usual_card_of_a_step_has_room_for_two_other_steps(name: str) -> None:
    usual = next(card for case in CASES[name] if (card := card_of(KNOWLEDGE, name, case)))
    others = sum(words(f"- Also consider: {title}") for title in TWO_MORE)
    assert words(usual.detail or "") + others <= MOST_WORDS


def test_words_are_counted_and_marks_are_not() -> None:
    assert words("- **Instead:** 2 to 4 weeks\n\n> & *") == 5


SEEDS = {name for name, each in KNOWLEDGE.evidence.items() if each.kind == "education"}


@pytest.mark.parametrize("name", KNOWLEDGE.recommendations)
def test_guideline_and_seed_are_both_among_the_three_sources_that_a_card_names(name: str) -> None:
    sources = KNOWLEDGE.recommendations[name].because
    assert SEEDS.isdisjoint(sources) or not SEEDS.isdisjoint(sources[:3])
    assert not SEEDS.issuperset(sources), "a page for patients is not enough"


JARGON = ("seed", "in scope", "phenotype", "deterrent", "speaks against", "picture")
BLAME = (
    "you should",
    "you must",
    "inappropriate",
    "failed to",
    "unnecessary",
    "mistake",
    "wrong order",
    "never order",
)
ABSENCE = re.compile(r"\b(no|none|neither|nothing)\b[^.;:|]*\b(recorded|found|on record)\b", re.IGNORECASE)


def texts(name: str) -> list[str]:
    """Every card of the worked patients, summary and detail together."""
    cards = (card_of(KNOWLEDGE, name, case) for case in CASES[name])
    return [f"{card.summary} | {card.detail}" for card in cards if card]


@pytest.mark.parametrize("name", KNOWLEDGE.recommendations)
def test_no_card_uses_words_of_ours_or_blames(name: str) -> None:
    said = {word for word in (*JARGON, *BLAME) for text in texts(name) if word in text.lower()}
    assert said == set()


@pytest.mark.parametrize("name", KNOWLEDGE.recommendations)
def test_what_was_not_found_was_not_found_in_the_data_read(name: str) -> None:
    claims = [text for text in texts(name) if ABSENCE.search(text)]
    assert [text for text in claims if "in the data read" not in text] == []


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("No red flag recorded.", True),
        ("opioid, no supply found", True),
        ("None recorded", True),
        ("No lasting benefit. Found early.", False),
    ],
)
def test_the_search_for_claims_finds_them(text: str, claims: bool) -> None:
    assert bool(ABSENCE.search(text)) is claims


@pytest.mark.parametrize("name", KNOWLEDGE.recommendations)
def test_every_page_says_who_reviewed_it(name: str) -> None:
    said = (ROOT / RENDERED / f"{name}.md").read_text(encoding="utf-8")
    unreviewed = "No clinician has reviewed this content yet." in said
    assert unreviewed is (KNOWLEDGE.recommendations[name].approved is None)


@pytest.mark.parametrize("use", ["ethnicity", "language", "sexual-orientation", "gender-identity"])
def test_what_the_pathway_promises_not_to_use_is_not_used(use: str) -> None:
    assert users(use) == set()


def test_race_is_disclosed_where_an_egfr_by_race_may_be_read_and_nowhere_else() -> None:
    assert "nsaid-caution" in users("race")
    assert "suspect-cauda-equina" not in users("race")
    assert USES["nsaid-caution"]["race"]["through"] == ["kidney function (eGFR)"]


def test_sex_birth_date_and_questionnaires_are_disclosed_where_they_are_read() -> None:
    assert {"suspect-vertebral-fracture", "avoid-radiation-in-pregnancy"} <= users("sex")
    assert {"outside-adult-scope", "suspect-vertebral-fracture"} <= users("date-of-birth")
    assert "assess-psychosocial-risk" in users("health-status-assessments")
    assert "suspect-cauda-equina" not in users("health-status-assessments")


def test_the_attributes_as_data_hold_every_part_that_the_rule_lists() -> None:
    listed = json.loads((ROOT / RENDERED / "attributes.json").read_text(encoding="utf-8"))["recommendations"]
    assert list(listed) == list(KNOWLEDGE.recommendations)
    uses = {
        "race", "ethnicity", "language", "sexual-orientation", "gender-identity", "sex", "date-of-birth",
        "social-determinants", "health-status-assessments",
    }  # fmt: skip
    for each in listed.values():
        assert all(
            each[key]
            for key in ("title", "version", "citations", "developer", "funding", "released", "revised")
        )
        assert set(each["uses"]) == uses
