"""FHIR dates as days: full or partial, with or without time and zone, and what they leave open."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import floor

from app.answer import Interval
from app.record.values import When

_DAY = 10
_CLOCK = len("2026-01-01T00")
LONGEST_LIFE = 125
"""Years: nobody became older. Systems write the first day that they know (1841, 1900) where they lack one."""
_FORM = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)([T ]\d\d.*)?)?)?", re.ASCII | re.DOTALL)
_UNITS = {
    "a": "years", "year": "years", "years": "years", "yr": "years", "yrs": "years",
    "mo": "months", "month": "months", "months": "months",
    "wk": "weeks", "week": "weeks", "weeks": "weeks", "d": "days", "day": "days", "days": "days",
}  # fmt: skip


def when(text: object) -> When | None:
    """A FHIR date, dateTime or instant; None for what is no date. A time of day is left out."""
    return _read(text.strip()[:_CLOCK]) if isinstance(text, str) else None


def instant(text: object) -> datetime | None:
    """The moment that a date with a time of day tells; without a zone that of UTC. None for a day."""
    if not isinstance(text, str) or len(text) <= _DAY or len(text := text.strip()) <= _DAY:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@lru_cache(maxsize=8_192)
def _read(text: str) -> When | None:
    """Of a time no more than the hour is looked at: there are not many different texts so far."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    year, month, day, _ = match.groups()
    try:
        earliest = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return When(earliest, _last_day(earliest, month, day), match.group()[:_DAY])


def _last_day(first: date, month: str | None, day: str | None) -> date:
    if day:
        return first
    return first.replace(day=monthrange(first.year, first.month)[1]) if month else date(first.year, 12, 31)


def first_day(birth: When | None, today: date) -> date:
    """The first day of which a record of a living patient can tell."""
    longest = date(today.year - LONGEST_LIFE, 1, 1)
    return max(birth.earliest, longest) if birth else longest


def past(text: object, today: date, first: date) -> When | None:
    """A date that has come already; one in the future, or wholly before `first`, counts as not recorded.

    A time of tomorrow may be today where the site is: it counts as today.
    """
    found = when(text)
    if found is None or found.latest <= today:
        return found if found is None or found.latest >= first else None
    if isinstance(text, str) and len(text.strip()) > _DAY and found.earliest - timedelta(days=1) == today:
        return When(today, today, today.isoformat())
    return When(found.earliest, today, found.text) if found.earliest <= today else None


def at_age(age: Interval, unit: object, birth: When | None, today: date) -> When | None:
    """The days on which somebody was of that age; None without a birth date or a unit of time."""
    measure = _UNITS.get(unit.strip().lower()) if isinstance(unit, str) else None
    if birth is None or measure is None or not 0 <= age.low <= age.high < 200 * 366:
        return None
    try:
        earliest = _after(birth.earliest, floor(age.low), measure)
        latest = min(_after(birth.latest, floor(age.high) + 1, measure) - timedelta(days=1), today)
    except (ValueError, OverflowError):
        return None
    shown = f"{earliest.year}" if earliest.year == latest.year else f"{earliest.year}/{latest.year}"
    return When(earliest, latest, shown) if earliest <= latest else None


def _after(start: date, count: int, measure: str) -> date:
    if measure == "days" or measure == "weeks":
        return start + timedelta(days=count * (7 if measure == "weeks" else 1))
    months = start.month - 1 + count * (12 if measure == "years" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))
