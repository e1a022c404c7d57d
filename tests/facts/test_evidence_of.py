"""From values to findings and from gaps to reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from app.answer import CANNOT_TELL, NO, YES, Finding, Reason, Truth, cannot_tell, no, yes
from app.facts.evidence_of import earliest, finding, found_or, in_order, newest, reasons, undated, within
from app.record.values import Concept, Observation, When
from tests.records import ago, coded, done, measured, on, record, unread, worded


def test_a_finding_is_worded_when_no_code_of_it_is_in_the_sets() -> None:
    assert not finding(coded("thumb", "hand"), ["thumb"], "Condition").worded
    assert finding(worded("thumb"), ["thumb"], "Condition").worded
    both = Concept(coded=frozenset({"hand"}), worded=frozenset({"thumb"}))
    assert finding(both, ["thumb"], "Condition").worded
    assert not finding(both, ["thumb", "hand"], "Condition").worded


def test_a_finding_is_suspected_by_its_status_or_by_its_words() -> None:
    assert finding(coded("thumb", suspected=True), ["thumb"], "Condition").suspected
    assert finding(coded("thumb"), ["thumb"], "Condition", suspected=True).suspected


def test_a_finding_keeps_its_date_and_its_link() -> None:
    found = finding(coded("thumb"), ["thumb"], "Condition", on("2026-05"), link="Condition/1")
    assert found == Finding("thumb", "Condition", "2026-05", link="Condition/1")


def test_findings_beat_reasons_and_reasons_beat_a_no() -> None:
    shown, why = Finding("thumb", "Condition"), Reason("Condition", "unclear")
    missing = record(gaps=[unread("Condition")])
    refused = Reason("Condition", "refused (403)")
    assert found_or(missing, [shown], [why], ["Condition"]) == yes([shown])
    assert found_or(missing, [], [why], ["Condition"]) == cannot_tell([why, refused])
    assert found_or(missing, [], [], ["Observation"]) == no()


def test_every_gap_of_the_sources_is_a_reason() -> None:
    missing = record(gaps=[unread("Condition"), unread("Condition", "1 Condition could not be read")])
    assert [each.why for each in reasons(missing, ["Condition", "Encounter"])] == [
        "refused (403)",
        "1 Condition could not be read",
    ]


@pytest.mark.parametrize(("days", "told"), [(9, True), (10, True), (11, False), (None, False)])
def test_a_gap_that_ends_before_the_window_is_none(days: int | None, told: bool) -> None:
    missing = record(gaps=[unread("Condition", since=ago(10))])
    assert (reasons(missing, ["Condition"], days) == ()) is told
    assert reasons(record(gaps=[unread("Condition")]), ["Condition"], days)


@pytest.mark.parametrize(
    ("when", "expected"),
    [(ago(9), YES), (ago(10), YES), (ago(11), NO), (on("2026-05"), CANNOT_TELL), (None, CANNOT_TELL)],
)
def test_a_window(when: When | None, expected: Truth) -> None:
    assert within(when, 10, record()) is expected
    assert within(when, None, record()) is YES


def test_why_a_date_leaves_it_open() -> None:
    assert undated("Condition", None).why == "date not recorded"
    assert undated("Condition", on("2026")).why == "date not exact"
    assert undated("Condition", ago(3)).why == "date not recorded"


def test_the_earliest_of_the_dates_there_are() -> None:
    assert earliest(ago(3), ago(9)) == earliest(ago(9), ago(3)) == ago(9)
    assert earliest(ago(3), None) == earliest(None, ago(3)) == ago(3)
    assert earliest(None, None) is None


def test_the_latest_first_and_what_has_no_date_last() -> None:
    values = [done("a", "Procedure", when=when) for when in (None, ago(9), ago(3))]
    assert [each.when for each in in_order(values)] == [ago(3), ago(9), None]


def value(number: float, when: When | None, hour: int | None = None, zone: Any = UTC) -> Observation:
    """A value of a day, or of an hour of it."""
    day = when.earliest if when else None
    at = datetime(day.year, day.month, day.day, hour, tzinfo=zone) if day and hour is not None else None
    return measured("lab", number, "kg", when=when, at=at)


def numbers(*values: Observation) -> list[float]:
    """The values that may be the latest, in whatever order they were read."""
    found = [
        [each.value.value.low for each in newest(order) if each.value] for order in (values, values[::-1])
    ]
    assert found[0] == found[1][::-1]
    return found[0]


def test_of_two_values_of_one_day_the_later_moment_is_the_latest() -> None:
    assert numbers(value(5, ago(1), 6), value(180, ago(1), 18)) == [180]
    assert numbers(value(5, ago(1), 6), value(180, ago(2), 18)) == [5]


def test_the_later_moment_is_the_latest_in_whatever_zone_it_was_written() -> None:
    west, east = timezone(timedelta(hours=-8)), timezone(timedelta(hours=10))
    assert numbers(value(5, ago(1), 20, west), value(180, ago(0), 1, east)) == [5]


def test_without_a_time_each_value_of_the_latest_day_may_be_the_latest() -> None:
    assert numbers(value(5, ago(1)), value(180, ago(1)), value(7, ago(2))) == [5, 180]
    assert numbers(value(5, ago(1), 18), value(180, ago(1)), value(7, ago(1), 6)) == [5, 180]
    assert numbers(value(5, ago(1), 18), value(180, ago(2)), value(7, ago(0))) == [7]


def test_a_partial_date_may_be_the_latest_where_it_reaches_as_far() -> None:
    assert numbers(value(5, on("2026")), value(180, ago(3))) == [5, 180]
    assert numbers(value(5, on("2025")), value(180, ago(3))) == [180]


def test_what_has_no_date_is_not_known_to_be_the_latest() -> None:
    assert numbers(value(5, None), value(180, ago(300))) == [180]
    assert numbers(value(5, None), value(180, None)) == []
