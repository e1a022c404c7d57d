"""Ratings of orders are checked like all content: every name leads somewhere, every rule says something."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.knowledge.load import load
from tests.content import only_fault, write

RULES = """
rated: [picture_ordered]
rules:
  - rating: appropriate
    when: [numb_thumb]
    because: thumb-2020
  - rating: not-appropriate
    applies: [avoid-thumb-picture]
  - rating: no-criteria-apply
    when: [glove]
    unless: [sore_thumb]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(tmp_path)


def rules(root: Path, text: str) -> Path:
    (root / "ratings.yaml").write_text(text.lstrip("\n"), encoding="utf-8")
    return root


def test_content_may_leave_its_orders_unrated(root: Path) -> None:
    assert load(root).ratings is None


def test_rules_are_read_in_their_order(root: Path) -> None:
    found = load(rules(root, RULES)).ratings
    assert found is not None
    assert [rule.rating for rule in found.rules] == ["appropriate", "not-appropriate", "no-criteria-apply"]


def test_ratings_are_part_of_the_digest(root: Path) -> None:
    before = load(root).digest
    assert load(rules(root, RULES)).digest != before


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (
            "picture_ordered",
            "picture_order",
            "there is no fact `picture_order`; did you mean `picture_ordered`?",
        ),
        ("numb_thumb", "numb_tumb", "there is no fact `numb_tumb`; did you mean `numb_thumb`?"),
        ("sore_thumb", "thumb_days", "`thumb_days` is a number: compare it, as in `thumb_days < 42`"),
        ("thumb-2020", "thumb-2021", "there is no evidence `thumb-2021`; did you mean `thumb-2020`?"),
        (
            "avoid-thumb-picture",
            "avoid-thumb-pictures",
            "there is no recommendation `avoid-thumb-pictures`; did you mean `avoid-thumb-picture`?",
        ),
        (
            "    when: [glove]\n    unless: [sore_thumb]\n",
            "    unless: [sore_thumb]\n",
            "a rule needs `when` or `applies`: this one would rate every order",
        ),
    ],
)
def test_a_rule_that_leads_nowhere_is_a_fault(root: Path, right: str, wrong: str, said: str) -> None:
    fault = only_fault(rules(root, RULES.replace(right, wrong)))
    assert (fault.file, fault.what) == ("ratings.yaml", said)


def test_a_rating_is_one_of_three_words(root: Path) -> None:
    assert (
        "not-appropriate"
        in only_fault(rules(root, RULES.replace("no-criteria-apply", "no-guidelines-apply"))).what
    )
