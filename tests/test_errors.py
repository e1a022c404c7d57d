"""Failures as OperationOutcomes."""

from __future__ import annotations

import pytest

from app import errors
from app.errors import Failure, outcome

EVERY = [
    (errors.BadRequest("hook", "hook is missing."), 400, "invalid"),
    (errors.Unauthorised("signature"), 401, "login"),
    (errors.UnknownService(), 404, "not-found"),
    (errors.NotAllowed("POST"), 405, "not-supported"),
    (errors.PreconditionFailed("Nothing was sent."), 412, "incomplete"),
    (errors.TooLarge(10), 413, "too-long"),
    (errors.TooMuch("There is too much.", "prefetch.x"), 413, "too-costly"),
    (errors.HeadTooLarge(10), 431, "too-long"),
    (errors.TooSlow(10), 408, "timeout"),
    (errors.Overloaded("late"), 503, "throttled"),
    (errors.UnsupportedMediaType("The body must be JSON."), 415, "not-supported"),
    (errors.Internal(), 500, "exception"),
]


@pytest.mark.parametrize(("failure", "status", "code"), EVERY, ids=lambda each: type(each).__name__)
def test_every_failure_has_its_status_its_code_and_a_sentence(
    failure: Failure, status: int, code: str
) -> None:
    issue = outcome(failure)["issue"][0]
    assert (failure.status, issue["code"], issue["severity"]) == (status, code, "error")
    assert issue["details"]["text"].endswith(".")


def test_the_element_at_fault_is_its_expression() -> None:
    assert outcome(errors.BadRequest("context.patientId", "It is missing."))["issue"][0]["expression"] == [
        "context.patientId"
    ]


def test_without_an_element_there_is_no_expression_and_nothing_empty() -> None:
    issue = outcome(errors.BadRequest("", "The body is not JSON."))["issue"][0]
    assert sorted(issue) == ["code", "details", "severity"]


def test_an_unexpected_failure_leads_to_its_line_in_the_log() -> None:
    assert "abc123" in outcome(errors.Internal("abc123"))["issue"][0]["diagnostics"]


def test_the_outcomes_are_valid_fhir() -> None:
    from fhir.resources.R4B.operationoutcome import OperationOutcome

    for failure, _, _ in EVERY:
        assert len(OperationOutcome.model_validate(outcome(failure)).issue) == 1
