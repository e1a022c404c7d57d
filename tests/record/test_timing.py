"""How often and for how long: what is repeated, by code or by words, and the bounds of a course."""

from __future__ import annotations

import json

import pytest

from app.answer import Interval
from app.record.timing import schedule


def timed(**repeat):
    return schedule({"repeat": repeat})


FREQUENCIES = {
    "once a day": ({"frequency": 1, "period": 1, "periodUnit": "d"}, 1, 1),
    "3 times a day": ({"frequency": 3, "period": 1, "periodUnit": "d"}, 3, 3),
    "every 6 hours": ({"frequency": 1, "period": 6, "periodUnit": "h"}, 4, 4),
    "every 4 to 6 hours": ({"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, 4, 6),
    "2 to 4 times a day": ({"frequency": 2, "frequencyMax": 4, "period": 1, "periodUnit": "d"}, 2, 4),
    "1 to 2 times every 4 to 6 hours": (
        {"frequency": 1, "frequencyMax": 2, "period": 4, "periodMax": 6, "periodUnit": "h"},
        4,
        12,
    ),
    "every 90 minutes": ({"frequency": 1, "period": 90, "periodUnit": "min"}, 16, 16),
    "every 21600 seconds": ({"frequency": 1, "period": 21600, "periodUnit": "s"}, 4, 4),
    "every 3 days": ({"frequency": 1, "period": 3, "periodUnit": "d"}, 1 / 3, 1 / 3),
    "twice a week": ({"frequency": 2, "period": 1, "periodUnit": "wk"}, 2 / 7, 2 / 7),
    "once a month": ({"frequency": 1, "period": 1, "periodUnit": "mo"}, 1 / 30.4375, 1 / 30.4375),
    "once a year": ({"frequency": 1, "period": 1, "periodUnit": "a"}, 1 / 365.25, 1 / 365.25),
    "a period alone is once in it": ({"period": 12, "periodUnit": "h"}, 2, 2),
    "DSTU2 says periodUnits": ({"frequency": 1, "period": 8, "periodUnits": "h"}, 3, 3),
    "a unit in words": ({"frequency": 1, "period": 8, "periodUnit": "hours"}, 3, 3),
    "numbers as text": ({"frequency": "2", "period": "1", "periodUnit": "d"}, 2, 2),
    "4 clock times": ({"timeOfDay": ["06:00:00", "12:00:00", "18:00:00", "23:00:00"]}, 4, 4),
    "morning and bedtime": ({"when": ["MORN", "HS"]}, 2, 2),
    "with each meal": ({"when": ["C"]}, 3, 3),
    "before each meal and at bedtime": ({"when": ["AC", "HS"]}, 4, 4),
    "before breakfast": ({"when": ["ACM"]}, 1, 1),
    "twice a day, namely morning and evening": (
        {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["MORN", "EVE"]},
        2,
        2,
    ),
    "once a day, or once at each of 2 times": (
        {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN", "EVE"]},
        1,
        2,
    ),
    "once a day on 3 days of the week": (
        {"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "wed", "fri"]},
        3 / 7,
        3 / 7,
    ),
    "on 2 days of the week": ({"dayOfWeek": ["tue", "sat"]}, 2 / 7, 2 / 7),
    "3 times a week, on 3 named days": (
        {"frequency": 3, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "wed", "fri"]},
        3 / 7,
        3 / 7,
    ),
    "a single dose": ({"count": 1}, 1, 1),
}


@pytest.mark.parametrize(("repeat", "low", "high"), FREQUENCIES.values(), ids=FREQUENCIES)
def test_administrations_a_day(repeat, low, high):
    assert timed(**repeat).per_day == Interval(pytest.approx(low), pytest.approx(high))


CODES = {
    "QD": 1,
    "BID": 2,
    "TID": 3,
    "QID": 4,
    "QOD": 0.5,
    "AM": 1,
    "PM": 1,
    "QHS": 1,
    "BED": 1,
    "WK": 1 / 7,
    "Q1H": 24,
    "Q2H": 12,
    "Q3H": 8,
    "Q4H": 6,
    "Q6H": 4,
    "Q8H": 3,
    "Q12H": 2,
    "Q24H": 1,
    "Q72H": 1 / 3,
    "q6h": 4,
    "Q6H PRN": 4,
    "every 8 hours": 3,
    "Every 6 Hours as needed": 4,
    "4 times daily": 4,
    "3 times a day": 3,
    "Daily": 1,
    "Nightly": 1,
    "twice daily": 2,
    "at bedtime": 1,
}


@pytest.mark.parametrize(("code", "per_day"), CODES.items(), ids=CODES)
def test_a_timing_code_stands_in_where_nothing_is_repeated(code, per_day):
    by_code = schedule({"code": {"coding": [{"code": code}]}})
    by_text = schedule({"code": {"text": code}})

    assert by_code.per_day == by_text.per_day == Interval.exactly(pytest.approx(per_day))


def test_a_code_with_a_span_of_hours_is_an_interval():
    assert schedule({"code": {"text": "Q4-6H"}}).per_day == Interval(pytest.approx(4), pytest.approx(6))


@pytest.mark.parametrize(
    ("repeat", "code", "low", "high"),
    [
        ({"frequency": 1, "period": 6, "periodUnit": "h"}, "BID", 2, 4),
        ({"period": 1, "periodUnit": "d"}, "QID", 1, 4),
        ({"frequency": 4, "period": 1, "periodUnit": "d"}, "Daily", 1, 4),
        ({"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, "Q8H", 3, 6),
    ],
)
def test_where_code_and_repeat_disagree_either_may_be_meant(repeat, code, low, high):
    found = schedule({"repeat": repeat, "code": {"text": code}})

    assert found.per_day == Interval(pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize(
    ("repeat", "code"),
    [
        ({"frequency": 4, "period": 1, "periodUnit": "d"}, "Q6H PRN"),
        ({"frequency": 1, "period": 1, "periodUnit": "wk"}, "weekly"),
        ({"frequency": 1, "period": 3, "periodUnit": "d"}, "Q72H"),
        ({"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, "Q4-6H"),
        ({"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, "Q4H"),
        ({"timeOfDay": ["08:00:00", "20:00:00"]}, "BID"),
        ({"frequency": 3, "period": 1, "periodUnit": "d"}, "with each meal"),
    ],
)
def test_a_code_that_agrees_with_what_is_repeated_changes_nothing(repeat, code):
    assert schedule({"repeat": repeat, "code": {"text": code}}).per_day == timed(**repeat).per_day


def test_bounds_alone_leave_the_frequency_to_the_code():
    found = schedule({"repeat": {"boundsDuration": {"value": 5, "code": "d"}}, "code": {"text": "QID"}})

    assert (found.per_day, found.days) == (Interval.exactly(4), Interval.exactly(5))


@pytest.mark.parametrize(
    ("repeat", "low", "high"),
    [
        ({"boundsDuration": {"value": 5, "unit": "days", "code": "d"}}, 5, 5),
        ({"boundsDuration": {"value": 2, "code": "wk"}}, 14, 14),
        ({"boundsRange": {"low": {"value": 3, "code": "d"}, "high": {"value": 5, "code": "d"}}}, 3, 5),
        ({"boundsPeriod": {"start": "2026-06-01", "end": "2026-06-07"}}, 7, 7),
        ({"boundsPeriod": {"start": "2026-06-01T08:00:00Z", "end": "2026-06-07T20:00:00Z"}}, 7, 7),
        ({"count": 28, "frequency": 4, "period": 1, "periodUnit": "d"}, 7, 7),
        ({"count": 12, "frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, 2, 3),
        ({"count": 1}, 1, 1),
    ],
    ids=json.dumps,
)
def test_the_bounds_of_a_course_are_days(repeat, low, high):
    assert timed(**repeat).days == Interval(pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize(
    "repeat",
    [
        {"boundsPeriod": {"start": "2026-06-01"}},
        {"boundsPeriod": {"start": "2026-06-07", "end": "2026-06-01"}},
        {},
    ],
    ids=json.dumps,
)
def test_a_course_without_two_ends_has_no_length(repeat):
    assert timed(**repeat).days is None
