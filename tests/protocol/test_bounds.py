"""How much a body may hold: found before it is decoded, and in time that grows with its length only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.errors import BadRequest, Failure, TooMuch
from app.protocol.bounds import MOST_ENTRIES, MOST_ID, MOST_PARTS, MOST_STRING, check_bounds
from app.protocol.request import parse
from app.record.prefetch import Query, sort
from tests.routes.standins import body


def refusal(sent: bytes | dict[str, Any]) -> Failure:
    """How a body is refused."""
    with pytest.raises(Failure) as caught:
        parse(sent if isinstance(sent, bytes) else json.dumps(sent).encode())
    return caught.value


def around(inside: str) -> bytes:
    """A body of which one prefetch value is this text."""
    return json.dumps(body()).replace('"conditions": null', f'"conditions": {inside}').encode()


def test_a_million_items_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(TooMuch, match="members and items"):
        check_bounds(b"[" + b"1," * 1_000_000)
    check_bounds(b"[" + b"1," * MOST_PARTS)


def test_a_million_entries_are_refused() -> None:
    failure = refusal(around('{"resourceType":"Bundle","entry":[' + ",".join(["{}"] * 1_000_000) + "]}"))
    assert (failure.status, failure.code) == (413, "too-costly")


@pytest.mark.parametrize("before", [0, 1, 7, MOST_STRING // 2 - 1, MOST_STRING // 2, MOST_STRING + 3])
@pytest.mark.parametrize("after", [0, 1, MOST_STRING])
def test_a_long_string_is_found_wherever_it_begins(before: int, after: int) -> None:
    for length, refused in ((MOST_STRING, False), (MOST_STRING + 1, True)):
        text = b'["' + b'a"' * before + b'"' + b"x" * length + b'"' + b'a"' * after
        if refused:
            with pytest.raises(TooMuch, match="string"):
                check_bounds(text)
        else:
            check_bounds(text)


def test_a_string_that_never_ends_is_too_long() -> None:
    with pytest.raises(TooMuch):
        check_bounds(b'"' + b"x" * (2 * MOST_STRING))


@pytest.mark.parametrize("many", [1100, 100_000])
@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ('{"a":', "}")])
def test_nesting_without_end_has_a_sentence_of_its_own(many: int, begin: str, end: str) -> None:
    failure = refusal(around(begin * many + "1" + end * many))
    assert (failure.status, failure.sentence) == (400, "The body is nested too deeply.")


@pytest.mark.parametrize(
    ("element", "changes"),
    [
        ("hook", {"hook": "x" * (MOST_ID + 1)}),
        ("hookInstance", {"hookInstance": "x" * (MOST_ID + 1)}),
        ("fhirServer", {"fhirServer": "https://" + "x" * MOST_ID}),
        ("context.patientId", {"context": {"patientId": "x" * (MOST_ID + 1)}}),
        ("context.userId", {"context": {"patientId": "1", "userId": "x" * (MOST_ID + 1)}}),
        ("context.encounterId", {"context": {"patientId": "1", "encounterId": "x" * (MOST_ID + 1)}}),
    ],
)
def test_an_id_of_thousands_of_characters_is_none(element: str, changes: dict[str, Any]) -> None:
    failure = refusal(body(**changes))
    assert isinstance(failure, BadRequest)
    assert (failure.element, failure.code) == (element, "too-long")


def test_an_id_as_long_as_the_longest_that_ehrs_send_is_taken() -> None:
    assert parse(json.dumps(body(context={"patientId": "x" * 300})).encode()).context.patient_id == "x" * 300


def bundle(entries: int) -> dict[str, Any]:
    """A Bundle with so many entries."""
    entry = {"resource": {"resourceType": "Condition"}}
    return {"resourceType": "Bundle", "entry": [entry] * entries}


def test_drafts_without_end_are_refused() -> None:
    drafts = {"patientId": "1", "draftOrders": bundle(MOST_ENTRIES + 1)}
    failure = refusal(body(context=drafts))
    assert (failure.status, failure.element) == (413, "context.draftOrders")


def test_a_prefetched_bundle_without_end_is_refused_by_its_key() -> None:
    query = Query("conditions", "Condition", "Condition?patient={{context.patientId}}")
    for entries in (MOST_ENTRIES, MOST_ENTRIES + 1):
        request = parse(json.dumps(body(prefetch={"conditions": bundle(entries)})).encode())
        if entries <= MOST_ENTRIES:
            assert len(sort(request.prefetch, [query])["conditions"].entries["Condition"]) == entries
        else:
            with pytest.raises(TooMuch) as caught:
                sort(request.prefetch, [query])
            assert caught.value.element == "prefetch.conditions"
