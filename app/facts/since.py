"""Since: a question about the time after something else began, or after the last time it was found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from math import inf
from typing import Any

from msgspec.structs import replace

from app.answer import CANNOT_TELL, NO, YES, Answer, Interval, Reason, cannot_tell, compare, no, yes
from app.knowledge.fact import ConditionFact, EventFact

Asked = EventFact | ConditionFact


def answer(asked: Asked, began: Answer, answered: Callable[[Any], Answer], today: date) -> Answer:
    """Sure within the fewest days that may be, no beyond the most.

    `began` counts days, or has dated findings of which the latest is where the time begins; that day
    itself is since then. Of `days_before` it is known that they count however long ago it began.
    """
    before: int = asked.days_before if isinstance(asked, EventFact) else 0
    if began.truth is NO and not before:
        return no()
    days = _days(began, today).plus(Interval.exactly(before))
    sure = answered(_last(asked, days.low))
    if sure.truth is YES and began.truth is CANNOT_TELL and not before:
        return yes(sure.findings, (*sure.unknown, *began.unknown))
    if sure.truth is YES or days.low == days.high:
        return sure
    possible = answered(_last(asked, days.high))
    if possible.truth is not YES:
        return possible
    unknown = dict.fromkeys([*sure.unknown, *_open(began, days.high - before)])
    return cannot_tell(unknown) if unknown else sure


def _days(began: Answer, today: date) -> Interval:
    if began.truth is YES and isinstance(began.value, Interval):
        return began.value
    dates = [found.date for found in began.findings if found.date]
    return _ago(max(dates), today) if began.truth is YES and dates else Interval(0, inf)


def _ago(text: str, today: date) -> Interval:
    """How many days ago; of a partial date, or of two years between which it lies, only the most."""
    start = text.partition("/")[0]
    most = (today - date.fromisoformat(f"{start}-01-01"[:10])).days
    return Interval(most if start.count("-") == 2 else 0, most)


def _open(began: Answer, days: float) -> tuple[Reason, ...]:
    """Why it is not known when the time began."""
    if isinstance(began.value, Interval):
        return compare(began, ">=", days).unknown
    return began.unknown or tuple(Reason(each.source, "date not exact") for each in began.findings)


def _last(asked: Asked, days: float) -> Asked:
    """The same question about the last days, its own window kept."""
    limits = [limit for limit in (days, asked.within_days) if limit is not None and limit < inf]
    return replace(asked, within_days=int(min(limits)) if limits else None)
