"""Every statement is proved by a test of this folder, or says why it is not ours."""

from __future__ import annotations

from tests.conformance.statements import NOT_OURS, STATEMENTS
from tests.conformance.table import README, proofs, renewed


def test_every_statement_is_proved_or_says_why_it_is_not_ours() -> None:
    proved = proofs().keys()
    assert STATEMENTS.keys() - proved - NOT_OURS.keys() == set()
    assert proved & NOT_OURS.keys() == set()
    assert NOT_OURS.keys() <= STATEMENTS.keys()


def test_the_table_of_statements_is_fresh() -> None:
    readme = README.read_text(encoding="utf-8")
    assert renewed(readme) == readme, "run `make openapi`"
