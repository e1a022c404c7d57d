"""Pages to read: what the criteria mean in words, the cards of worked patients, and the source attributes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs
from typer.testing import CliRunner

from app import cli
from app.casework import Case, card_of
from app.knowledge.load import load
from app.pages import BEGIN, END, attributes_of, pages, stale, with_seeds
from tests.content import change, knowledge, only_fault, write

NAME = "avoid-thumb-picture"
FRESH = Case(
    case="A fresh sore thumb",
    facts={"picture_ordered": True, "sore_thumb": True, "thumb_days": (10, None)},
    expect="applies",
)
LATER = structs.replace(FRESH, **{"case": "The same, in words", "facts": {**FRESH.facts, "glove": False}})
OLD = Case(
    case="An old sore thumb", facts={"picture_ordered": True, "thumb_days": 42.5}, expect="does not apply"
)
UNREAD = Case(
    case="Nobody could look", facts={"picture_ordered": True, "sore_thumb": "unknown"}, expect="cannot tell"
)


def page(*cases: Case, name: str = NAME) -> str:
    """One page of the thumbs, with these cases."""
    every: dict[str, list[Case]] = {each: [] for each in knowledge().recommendations}
    return pages(knowledge(), {**every, name: list(cases)})[f"{name}.md"]


def section(text: str, title: str) -> str:
    """What stands under a heading."""
    return text.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_criteria_are_questions_with_the_answer_that_is_meant() -> None:
    said = section(page(), "Any one of these stops it")
    assert "- Was a splint fitted? **yes** ([splint_fitted](facts.md#splint_fitted))" in said
    assert "- Has the patient died? **yes**" in said, "what holds for the class stands there too"
    facts = pages(knowledge(), dict.fromkeys(knowledge().recommendations, ()))["facts.md"]
    assert "But not: [thumb_days >= 42](#thumb_days)" in facts
    assert "Points: [fever](#fever): 1 · [glove](#glove): 2 · [age_years >= 70](#age_years): 1" in facts
    assert "At least 2 of: [fever](#fever)" in facts
    assert "Read as condition: in numb-thumb; within_days 14." in facts


def test_the_card_of_a_case_is_the_card_of_the_service() -> None:
    shown = card_of(knowledge(), NAME, FRESH)
    assert shown is not None
    assert shown.summary == "thumb-picture: early pictures rarely help."
    said = section(page(FRESH), "Worked patients")
    assert f"> **WARNING: {shown.summary}**" in said
    assert all(f"> {line}".rstrip() in said for line in (shown.detail or "").splitlines())
    assert "> One click: **[ Remove thumb-picture ]**" in said
    assert "> To set it aside: Seen already · Does not fit" in said


def test_the_answers_of_a_case_stand_above_its_card() -> None:
    said = page(FRESH, OLD, UNREAD)
    assert "[thumb_days](facts.md#thumb_days) at least 10." in said
    assert "[thumb_days](facts.md#thumb_days) 42.5.\n\nNo card: does not apply." in said
    assert "[sore_thumb](facts.md#sore_thumb) not read.\n\nNo card: cannot tell." in said


def test_a_card_that_was_read_before_is_named_and_not_repeated() -> None:
    said = page(FRESH, LATER)
    assert said.count("> **WARNING") == 1
    assert "The same card as for *A fresh sore thumb*." in said


def test_a_page_says_that_nobody_has_reviewed_it_until_somebody_did() -> None:
    assert "**Nobody has reviewed this.**" in page()
    approved = structs.replace(knowledge().recommendations[NAME], approved="2026-03-01")
    content = replace(knowledge(), recommendations={NAME: approved})
    said = pages(content, {NAME: []})[f"{NAME}.md"]
    assert "Nobody has reviewed" not in said
    assert "**Approved on 2026-03-01.**" in said


def test_what_a_recommendation_uses_is_told_by_the_facts_that_it_reaches() -> None:
    uses = attributes_of(knowledge(), "suspect-numb-thumb")["uses"]
    through = {name: use["through"] for name, use in uses.items()}
    assert through == {
        "sex": [],
        "birth": [],
        "feeling": ["numb thumb"],
        "soreness": ["sore thumb"],
        "handedness": [],
    }
    assert uses["feeling"]["used"] is True
    assert uses["handedness"]["used"] is False


def test_a_fact_about_the_patient_is_found_through_the_criteria() -> None:
    asked = knowledge().recommendations[NAME]
    lines = (*asked.unless, knowledge().facts["child"].any_of[0])
    content = replace(knowledge(), recommendations={NAME: structs.replace(asked, unless=lines)})
    assert attributes_of(content, NAME)["uses"]["birth"]["through"] == ["age"]


def test_content_without_attributes_still_has_pages() -> None:
    content = replace(knowledge(), attributes=None)
    assert "uses" not in attributes_of(content, NAME)
    assert "Developer" not in pages(content, dict.fromkeys(content.recommendations, ()))[f"{NAME}.md"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "value_sets: [acute-thumb]",
            "value_sets: [acute-thum]",
            "no value set `acute-thum`; did you mean `acute-thumb`?",
        ),
        ("reads: [sex]", "reads: [sexx]", "no element of the Patient `sexx`; did you mean `sex`?"),
        ('revised: "2026-02-01"', 'revised: "2026-02-30"', "`2026-02-30` is not a date"),
    ],
)
def test_a_wrong_name_or_date_among_the_attributes_is_a_fault(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    line = change(write(tmp_path), "attributes.yaml", old, new)
    fault = only_fault(tmp_path)
    assert (fault.file, fault.line) == ("attributes.yaml", line)
    assert said in fault.what


def test_the_tables_of_seeds_stand_between_their_marks_and_nothing_else_changes() -> None:
    written = with_seeds(f"# Thumbs\n\n{BEGIN}\nold\n{END}\nthe end\n", knowledge())
    assert written.startswith(f"# Thumbs\n\n{BEGIN}\n")
    assert written.endswith(f"{END}\nthe end\n")
    assert "old" not in written
    care = "[`avoid-thumb-picture`](rendered/avoid-thumb-picture.md) · [`thumb-care`](rendered/thumb-care.md)"
    assert f"| Thumbs need rest. | Finger 2010 | {care} |" in written
    assert "| Fingers matter too. | Finger 2010 · Thumb 2020 | out of scope: No thumbs. |" in written
    assert "| Pictures first. | Rest first. | Rest. |" in written
    assert with_seeds(written, knowledge()) == written


def test_a_readme_without_marks_and_content_without_seeds_stay_as_they_are() -> None:
    assert with_seeds("# Thumbs\n", knowledge()) == "# Thumbs\n"
    marked = f"{BEGIN}{END}"
    assert with_seeds(marked, replace(knowledge(), seeds=None)) == marked


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("thumb-care]", "thumb-car]", "there is no recommendation `thumb-car`; did you mean `thumb-care`?"),
        (
            "by: finger-2010",
            "by: finger-2011",
            "there is no evidence `finger-2011`; did you mean `finger-2010`?",
        ),
        ("out_of_scope: No thumbs.", "words: x", "is carried by recommendations, or out of scope"),
        ("out_of_scope: No thumbs.", "carried_by: [thumb-care]", "says by which words of its carriers"),
        ("stated_on: [avoid-thumb-picture]", "stated_on: [avoid-thumbs]", "no recommendation `avoid-thumbs`"),
    ],
)
def test_a_statement_without_carrier_or_reason_or_with_an_unknown_name_is_a_fault(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    change(write(tmp_path), "seeds.yaml", old, new)
    fault = only_fault(tmp_path)
    assert fault.file == "seeds.yaml"
    assert said in fault.what


def test_a_statement_that_only_retired_recommendations_carry_is_a_fault(tmp_path: Path) -> None:
    change(write(tmp_path), "recommendations/thumb-care/card.yaml", "status: active", "status: retired")
    assert load(tmp_path), "another one carries it still"
    change(tmp_path, f"recommendations/{NAME}/card.yaml", "status: active", "status: retired")
    assert only_fault(tmp_path).what == "only retired recommendations carry it"


def test_a_page_is_stale_when_it_differs_is_missing_or_is_left_over() -> None:
    assert stale({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "0", "d": "4"}) == ["b", "c", "d"]


def test_the_command_writes_what_is_stale_and_then_finds_nothing(tmp_path: Path) -> None:
    root, run = write(tmp_path / "cards"), CliRunner()
    refused = run.invoke(cli.main, ["pages", "--check", str(root)])
    assert refused.exit_code == 1
    assert "rendered/README.md: not what the content says: run `make cards`" in refused.stdout
    (root / "README.md").write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
    assert not (root / "rendered").exists(), "a check writes nothing"
    assert run.invoke(cli.main, ["pages", str(root)]).exit_code == 0
    assert "Thumbs need rest." in (root / "README.md").read_text(encoding="utf-8")
    (root / "rendered" / "left-over.md").write_text("old", encoding="utf-8")
    assert run.invoke(cli.main, ["pages", str(root)]).stdout.count("written") == 1
    again = run.invoke(cli.main, ["pages", "--check", str(root)])
    assert (again.exit_code, again.stdout) == (0, "")


def test_cases_that_cannot_be_read_are_faults_of_the_content(tmp_path: Path) -> None:
    root = write(tmp_path)
    (root / f"recommendations/{NAME}/cases.yaml").write_text("- cas: x\n", encoding="utf-8")
    refused = CliRunner().invoke(cli.main, ["pages", str(root)])
    assert refused.exit_code == 1
    assert f"recommendations/{NAME}/cases.yaml:1:" in refused.stderr
