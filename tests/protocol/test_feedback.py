"""Reading reports of what became of cards: the specification's, Epic's, the sandbox's, and broken ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadRequest
from app.protocol.feedback import Feedback, OverrideReason, parse

SANDBOX = Path(__file__).parent.parent / "requests" / "sandbox"
CARD = "9368d37b-283f-44a0-93ea-547cebab93ed"
SUGGESTION = "6c7c2b7f-2b8a-4b3b-8f0a-3f3c8c1e8f11"
MOMENT = "1985-04-12T23:20:50.52Z"
EPIC = "com.epic.cdshooks.feedback.overrideReason."


def report(**changes: Any) -> dict[str, Any]:
    """An overridden card, with keys changed or added."""
    return {"card": CARD, "outcome": "overridden", "outcomeTimestamp": MOMENT, **changes}


def read(*reports: Any) -> tuple[Feedback, ...]:
    """What these reports say."""
    return parse(json.dumps({"feedback": reports}).encode())


def refused(*reports: Any) -> str:
    """The element for which these reports are refused; the sentence repeats nothing that was sent."""
    with pytest.raises(BadRequest) as caught:
        read(*reports)
    assert "Marker8731" not in caught.value.sentence
    return caught.value.element


def test_an_accepted_card_with_its_suggestions() -> None:
    (said,) = read(report(outcome="accepted", acceptedSuggestions=[{"id": SUGGESTION}, {"id": "b"}]))
    assert said == Feedback(
        CARD, "accepted", datetime(1985, 4, 12, 23, 20, 50, 520000, UTC), (SUGGESTION, "b")
    )


def test_an_overridden_card_with_reason_and_comment() -> None:
    reason = {"code": "d7ecf885", "system": "https://example.com/reasons", "display": "Already done"}
    (said,) = read(report(overrideReason={"reason": reason, "userComment": "told by phone"}))
    assert said.reason == OverrideReason("d7ecf885", "https://example.com/reasons", "Already done")
    assert said.comment == "told by phone"


def test_a_comment_alone_and_no_reason_at_all_are_fine() -> None:
    alone, none = read(report(overrideReason={"userComment": "x"}), report())
    assert (alone.reason, alone.comment, none.reason, none.comment) == (None, "x", None, None)


@pytest.mark.parametrize(
    ("name", "outcome", "reason"),
    [
        ("feedback-accepted", "accepted", None),
        ("feedback-overridden", "overridden", OverrideReason("r1", "http://example.org/or")),
    ],
)
def test_what_the_sandbox_sends(name: str, outcome: str, reason: OverrideReason | None) -> None:
    captured = json.loads((SANDBOX / f"sandbox-{name}.json").read_text(encoding="utf-8"))["body"]
    (said,) = parse(json.dumps(captured).encode())
    assert (said.outcome, said.reason, said.at is not None) == (outcome, reason, True)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ({"reason": {"display": "Will follow up"}}, "Will follow up"),
        ({"extension": {EPIC + "reasonCategory": "Other"}}, "Other"),
        (
            {"extension": {EPIC + "reasonCategory": "Other", EPIC + "reasonDisplay": "No benefit"}},
            "No benefit",
        ),
        ({"extension": {EPIC + "reasonTitle": " Title ", EPIC + "reasonDisplay": ""}}, "Title"),
        ({"extension": {EPIC + "reasonDisplay": 7, "other": {}}}, None),
    ],
)
def test_epic_names_the_reason_in_its_own_way(override: dict[str, Any], words: str | None) -> None:
    (said,) = read(report(card="123456", overrideReasons=override))
    assert said.card == "123456"
    assert (said.reason.display if said.reason else None) == words


def test_the_name_of_the_specification_wins_where_both_are_sent() -> None:
    both = {"overrideReason": {"reason": {"code": "a"}}, "overrideReasons": {"reason": {"code": "b"}}}
    assert read(report(**both))[0].reason == OverrideReason("a")
    assert read(report(**both | {"overrideReason": None}))[0].reason == OverrideReason("b")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"overrideReasons": [{"reason": {"code": "a"}}]}, OverrideReason("a")),
        ({"overrideReason": {"reason": [{"code": "a"}]}}, OverrideReason("a")),
        ({"overrideReason": {"reason": {"code": " "}}}, None),
        ({"overrideReason": {}}, None),
        ({"overrideReasons": []}, None),
        ({"extension": {"any": 1}, "unknown": [1]}, None),
    ],
)
def test_odd_shapes_are_read_for_what_they_hold(changes: Any, expected: OverrideReason | None) -> None:
    assert read(report(**changes))[0].reason == expected


@pytest.mark.parametrize("sent", [["a"], [{"id": "a"}], {"id": "a"}, "a"])
def test_suggestions_are_taken_in_any_shape_that_names_them(sent: Any) -> None:
    assert read(report(outcome="Accepted", acceptedSuggestions=sent))[0].suggestions == ("a",)


def test_accepted_without_suggestions_is_taken() -> None:
    for sent in ({}, {"acceptedSuggestions": None}, {"acceptedSuggestions": []}):
        assert read(report(outcome="accepted", **sent))[0].suggestions == ()


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("2026-11-20T10:02:41.070Z", datetime(2026, 11, 20, 10, 2, 41, 70000, UTC)),
        ("2026-11-20T10:02:41+02:00", datetime(2026, 11, 20, 8, 2, 41, 0, UTC)),
        ("2026-11-20T10:02:41", datetime(2026, 11, 20, 10, 2, 41, 0, UTC)),
        ("", None),
        (None, None),
    ],
)
def test_moments(sent: str | None, moment: datetime | None) -> None:
    assert read(report(outcomeTimestamp=sent))[0].at == moment


def test_a_batch_is_read_in_order_and_may_be_empty() -> None:
    assert [each.card for each in read(report(card="a"), report(card="b"), report(card="a"))] == [*"aba"]
    assert read() == ()


@pytest.mark.parametrize(
    ("bad", "element"),
    [
        ({"card": "Marker8731"}, "feedback[1].outcome"),
        (report(card=None), "feedback[1].card"),
        (report(card=" "), "feedback[1].card"),
        (report(card=7), "feedback[1].card"),
        (report(outcome="Marker8731"), "feedback[1].outcome"),
        (report(outcomeTimestamp="Marker8731"), "feedback[1].outcomeTimestamp"),
        (report(outcomeTimestamp="0001-01-01T00:00:00+14:00"), "feedback[1].outcomeTimestamp"),
        (report(outcomeTimestamp=5), "feedback[1].outcomeTimestamp"),
        (report(acceptedSuggestions=[{"id": "a"}, {}]), "feedback[1].acceptedSuggestions[1].id"),
        (report(acceptedSuggestions=[None]), "feedback[1].acceptedSuggestions[0]"),
        (report(overrideReason="Marker8731"), "feedback[1].overrideReason"),
        (report(overrideReasons={"reason": "Marker8731"}), "feedback[1].overrideReasons.reason"),
        (report(overrideReason={"reason": {"code": 1}}), "feedback[1].overrideReason.reason.code"),
        (report(overrideReason={"userComment": 1}), "feedback[1].overrideReason.userComment"),
        ("Marker8731", "feedback[1]"),
    ],
)
def test_what_is_malformed_is_refused_by_its_element(bad: Any, element: str) -> None:
    assert refused(report(), bad) == element


@pytest.mark.parametrize(
    ("body", "element"),
    [
        (b"", ""),
        (b"[]", ""),
        (b"null", ""),
        (b'{"feedback": "\xff"}', ""),
        (b"[" * 100_000, ""),
        (b"{}", "feedback"),
        (b'{"feedback": null}', "feedback"),
        (b'{"feedback": {}}', "feedback"),
    ],
)
def test_a_body_without_a_list_of_reports_is_refused(body: bytes, element: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(body)
    assert caught.value.element == element


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse(b'\xef\xbb\xbf{"feedback": []}') == ()


WORDS = st.sampled_from(
    ["", " ", "a", "reason", "extension", "code", "id", "userComment", EPIC + "reasonTitle"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
)
KEYS = (*report(), "overrideReason", "overrideReasons", "acceptedSuggestions")


@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_whatever_is_sent_is_read_or_refused_with_its_element(sent: dict[str, Any]) -> None:
    elements = ["feedback[0]"]
    try:
        read({**report(), **sent})
    except BadRequest as refusal:
        elements.append(refusal.element)
    assert all(each.startswith("feedback[0]") for each in elements)
