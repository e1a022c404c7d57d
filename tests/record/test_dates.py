"""Dates as FHIR writes them, and as it does not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.answer import Interval
from app.record.dates import at_age, first_day, instant, past, when
from tests.record.samples import TODAY

LONG_AGO = date(1901, 1, 1)


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-03-05", date(2026, 3, 5), date(2026, 3, 5)),
        ("2026-03-05T10:00:00Z", date(2026, 3, 5), date(2026, 3, 5)),
        ("2026-03-05T10:00:00.123+02:00", date(2026, 3, 5), date(2026, 3, 5)),
        ("2026-03-05T10:00", date(2026, 3, 5), date(2026, 3, 5)),
        ("2026-03-05 10:00:00", date(2026, 3, 5), date(2026, 3, 5)),
        (" 2026-03-05 ", date(2026, 3, 5), date(2026, 3, 5)),
    ],
)
def test_a_partial_date_is_every_day_that_it_may_mean(text: str, earliest: date, latest: date) -> None:
    found = when(text)

    assert found is not None
    assert (found.earliest, found.latest) == (earliest, latest)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30", "2026-13", "0000", "05.03.2026", "20260305", "٢٠٢٦", 2026, None]
)
def test_what_is_no_date_is_none(text: object) -> None:
    assert when(text) is None


def test_the_text_shows_the_day_without_the_time() -> None:
    assert getattr(when("2026-03-05T10:00:00Z"), "text", None) == "2026-03-05"
    assert getattr(when("2026-03"), "text", None) == "2026-03"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-19T18:00:00Z", datetime(2026, 11, 19, 18, tzinfo=UTC)),
        ("2026-11-19T20:00:00.5+02:00", datetime(2026, 11, 19, 18, 0, 0, 500_000, tzinfo=UTC)),
        (" 2026-11-19T18:00 ", datetime(2026, 11, 19, 18, tzinfo=UTC)),
        ("2026-11-19 18:00:00", datetime(2026, 11, 19, 18, tzinfo=UTC)),
        ("2026-11-19", None),
        ("  2026-11-19  ", None),
        ("2026-11", None),
        ("2026-11-19Tsoon", None),
        (2026, None),
    ],
)
def test_a_time_of_day_tells_the_moment_whatever_its_zone(text: object, expected: datetime | None) -> None:
    assert instant(text) == expected


def test_a_day_in_the_future_counts_as_not_recorded() -> None:
    assert past("2026-11-21", TODAY, LONG_AGO) is None
    assert past("2027", TODAY, LONG_AGO) is None
    assert past("2026-11-22T01:00:00Z", TODAY, LONG_AGO) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "1753-01-01", "1841-01-01", "1900-01-01", "1900"])
def test_the_day_that_a_system_writes_for_none_counts_as_not_recorded(text: str) -> None:
    assert past(text, TODAY, first_day(None, TODAY)) is None


def test_a_day_wholly_before_birth_counts_as_not_recorded() -> None:
    first = first_day(when("1981-11"), TODAY)

    assert first == date(1981, 11, 1)
    assert (
        past("1970-01-01", TODAY, first)
        is past("1980", TODAY, first)
        is past("1981-10", TODAY, first)
        is None
    )
    assert past("1981", TODAY, first) == when("1981")
    assert past("1981-11-01", TODAY, first) == when("1981-11-01")


def test_every_day_of_the_longest_life_counts() -> None:
    assert first_day(None, TODAY) == first_day(when("1899-03-01"), TODAY) == date(1901, 1, 1)
    assert past("1904-03-05", TODAY, first_day(when("1904-03-05"), TODAY)) == when("1904-03-05")


def test_a_time_of_tomorrow_may_be_today_in_another_zone() -> None:
    found = past("2026-11-21T01:00:00Z", TODAY, LONG_AGO)

    assert found is not None
    assert (found.earliest, found.latest, found.text) == (TODAY, TODAY, "2026-11-20")


def test_a_partial_date_that_has_begun_ends_today_at_the_latest() -> None:
    found = past("2026", TODAY, LONG_AGO)

    assert found is not None
    assert (found.earliest, found.latest) == (date(2026, 1, 1), TODAY)


def test_an_age_in_years_is_a_year_of_days() -> None:
    found = at_age(Interval.exactly(45), "a", when("1970-05-01"), TODAY)

    assert found is not None
    assert (found.earliest, found.latest) == (date(2015, 5, 1), date(2016, 4, 30))


@pytest.mark.parametrize(
    ("unit", "earliest", "latest"),
    [
        ("mo", date(1970, 8, 1), date(1970, 8, 31)),
        ("weeks", date(1970, 5, 22), date(1970, 5, 28)),
        ("d", date(1970, 5, 4), date(1970, 5, 4)),
    ],
)
def test_an_age_may_come_in_other_units_of_time(unit: str, earliest: date, latest: date) -> None:
    found = at_age(Interval.exactly(3), unit, when("1970-05-01"), TODAY)

    assert found is not None
    assert (found.earliest, found.latest) == (earliest, latest)


def test_somebody_born_on_a_leap_day_has_a_birthday_every_year() -> None:
    found = at_age(Interval.exactly(1), "a", when("2020-02-29"), TODAY)

    assert found is not None
    assert found.earliest == date(2021, 2, 28)


@pytest.mark.parametrize(
    ("age", "unit", "birth"),
    [
        (45.0, "a", None),
        (45.0, None, "1970"),
        (45.0, "kg", "1970"),
        (70.0, "a", "1970"),
        (-1.0, "a", "1970"),
        (9e9, "a", "1970"),
        (45.0, "a", "9990"),
    ],
)
def test_an_age_without_sense_is_no_date(age: float, unit: str | None, birth: str | None) -> None:
    assert at_age(Interval.exactly(age), unit, when(birth), TODAY) is None
