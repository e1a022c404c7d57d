"""Worked patients: cases that do not come out as they say are reported with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.casework import Case, check_cases, read_cases, work
from app.decide import Outcome
from app.knowledge.shaped import written
from tests.content import knowledge, write

NAME = "avoid-thumb-picture"
FILE = f"recommendations/{NAME}/cases.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path)


def told(root: Path, text: str) -> list[str]:
    """What checking reports of these cases."""
    (root / FILE).write_text(text.lstrip("\n"), encoding="utf-8")
    return [str(each) for each in check_cases(root, knowledge())]


APPLIES = """
- case: A fresh sore thumb.
  facts:
    picture_ordered: true
    sore_thumb: true
    thumb_days: 10
  expect: applies
  indicator: warning
  offers: [remove-order, rest-the-thumb]
  says: early pictures
"""


def test_cases_that_come_out_as_they_say_are_silent(root: Path) -> None:
    assert told(root, APPLIES) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("expect: applies", "expect: cannot tell", "expected `cannot tell`, got `applies`"),
        ("thumb_days: 10", "thumb_days: 42", "expected `applies`, got `does not apply` (early_thumb)"),
        ("indicator: warning", "indicator: info", "expected the indicator info, got warning"),
        (
            "offers: [remove-order, ",
            "offers: [",
            "expected the offers ['rest-the-thumb'], got ['remove-order', 'rest-the-thumb']",
        ),
        ("says: early pictures", "says: late pictures", "the card does not say `late pictures`"),
    ],
)
def test_a_wrong_expectation_is_reported_with_file_and_line(
    root: Path, old: str, new: str, said: str
) -> None:
    assert old in APPLIES
    before = "- case: Nothing.\n  expect: does not apply\n"
    found = told(root, before + APPLIES.lstrip("\n").replace(old, new))
    assert len(found) == 1
    assert found[0].startswith(f"{FILE}:3: A fresh sore thumb.: {said}")


def test_every_wrong_expectation_is_reported(root: Path) -> None:
    text = APPLIES.replace("indicator: warning", "indicator: info").replace("says: early", "says: late")
    assert len(told(root, text)) == 2


def test_an_unknown_fact_is_reported_with_the_nearest(root: Path) -> None:
    found = told(root, APPLIES.replace("sore_thumb: true", "sore_thum: true"))
    assert found == [f"{FILE}:1: there is no fact `sore_thum`; did you mean `sore_thumb`?"]


def test_an_unknown_key_is_reported_with_the_nearest(root: Path) -> None:
    found = told(root, APPLIES.replace("expect: applies", "expects: applies"))
    assert f"{FILE}:6: there is no `expects` here; did you mean `expect`?" in found


def test_a_file_without_cases_and_one_that_is_no_yaml_are_reported(root: Path) -> None:
    assert told(root, "[]\n")[0].startswith(f"{FILE}:1: ")
    assert told(root, "- case: [\n")[0].startswith(f"{FILE}:2: not YAML")


def test_an_outcome_that_does_not_exist_is_reported(root: Path) -> None:
    assert told(root, APPLIES.replace("expect: applies", "expect: fires"))[0].startswith(
        f"{FILE}:6: `0.expect`"
    )


def test_cases_are_read_with_their_lines(root: Path) -> None:
    (root / FILE).write_text("- case: a\n  expect: applies\n- case: b\n  expect: applies\n", encoding="utf-8")
    cases, faults = read_cases(root, NAME)
    assert [(case.case, line) for case, line in cases] == [("a", 1), ("b", 3)]
    assert faults == []


# What a case may give


@pytest.mark.parametrize(
    ("facts", "outcome", "indicator"),
    [
        ({}, Outcome.DOES_NOT_APPLY, None),
        ({"thumb_days": 41}, Outcome.APPLIES, "warning"),
        ({"thumb_days": 42}, Outcome.DOES_NOT_APPLY, None),
        ({"thumb_days": 41.5}, Outcome.APPLIES, "warning"),
        ({"thumb_days": (50, None)}, Outcome.DOES_NOT_APPLY, None),
        ({"thumb_days": (10, None)}, Outcome.APPLIES, "warning"),
        ({"thumb_days": (None, 20)}, Outcome.APPLIES, "warning"),
        ({"thumb_days": "unknown"}, Outcome.APPLIES, "warning"),
        ({"sore_thumb": "unknown"}, Outcome.CANNOT_TELL, None),
        ({"sore_thumb": "worded"}, Outcome.APPLIES, "info"),
        ({"sore_thumb": False}, Outcome.DOES_NOT_APPLY, None),
        ({"splint_fitted": "unknown"}, Outcome.APPLIES, "info"),
        ({"in_hospital": "unknown"}, Outcome.APPLIES, "warning"),
        ({"early_thumb": True, "sore_thumb": False}, Outcome.APPLIES, "warning"),
    ],
)
def test_answers_that_a_case_may_give(
    facts: dict[str, object], outcome: Outcome, indicator: str | None
) -> None:
    given = {"picture_ordered": True, **({"sore_thumb": True} if facts else {}), **facts}
    case = written(Case, {"case": "x", "facts": given, "expect": "applies"})
    decision = work(knowledge(), NAME, case)
    assert decision.outcome is outcome
    if indicator:
        assert decision.indicator == indicator


def test_a_word_may_be_given() -> None:
    case = written(Case, {"case": "x", "facts": {"sex": "female"}, "expect": "applies"})
    assert work(knowledge(), NAME, case).outcome is Outcome.DOES_NOT_APPLY


def test_a_card_about_the_patient_is_worked_without_an_order() -> None:
    case = written(Case, {"case": "x", "facts": {"sore_thumb": True}, "expect": "applies"})
    decision = work(knowledge(), "thumb-care", case)
    assert (decision.outcome, decision.order) == (Outcome.APPLIES, None)
