"""The frozen grammar of a criterion, and the nearest right name for a wrong one."""

from __future__ import annotations

import pytest

from app.knowledge.criterion import Criterion, parse
from app.knowledge.nearest import nearest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fever", Criterion("fever", "fever")),
        ("not fever", Criterion("not fever", "fever", negated=True)),
        ("days < 42", Criterion("days < 42", "days", operator="<", operand=42.0)),
        ("days <= 0.5", Criterion("days <= 0.5", "days", operator="<=", operand=0.5)),
        ("days > -1", Criterion("days > -1", "days", operator=">", operand=-1.0)),
        ("days >= 3", Criterion("days >= 3", "days", operator=">=", operand=3.0)),
        ("days is 3", Criterion("days is 3", "days", operator="is", operand=3.0)),
        ("sex is female", Criterion("sex is female", "sex", operator="is", operand="female")),
    ],
)
def test_the_forms_there_are(text: str, expected: Criterion) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Fever",
        "2nd_fever",
        "fever or chill",
        "not not fever",
        "not days < 3",
        "days<3",
        "days = 3",
        "days != 3",
        "days < 3 < 4",
        "days < many",
        "days < nan",
        "days >= inf",
        "days < 1e3",
        "(fever)",
        " fever",
        "fever\n",
        3,
        None,
        True,
        ["fever"],
    ],
)
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"compares with a number|a criterion is"):
        parse(text)


def test_the_nearest_name_is_offered_only_when_it_is_near() -> None:
    assert nearest("fevr", ["chill", "fever"]) == "; did you mean `fever`?"
    assert nearest("cough", ["chill", "fever"]) == ""
    assert nearest("cough", []) == ""
