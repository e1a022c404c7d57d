"""How often a medicine is taken and for how long: FHIR Timing, with its codes and its traps.

`frequency` without a number is once; `frequencyMax` and `periodMax` make an interval; times of day and
events of the day count when no frequency says otherwise; days of the week thin a daily frequency out to
its average. A code is a whole statement of its own: where what is repeated says something else, either may
be meant. Nothing here raises, whatever the JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.answer import Interval
from app.record.amounts import first, hull, listed, positive, scaled, span_days, unit_days

_CODES = {
    "qd": 1.0, "od": 1.0, "daily": 1.0, "once daily": 1.0, "every day": 1.0, "nightly": 1.0,
    "every night": 1.0,
    "am": 1.0, "qam": 1.0, "pm": 1.0, "qpm": 1.0, "hs": 1.0, "qhs": 1.0, "bed": 1.0, "at bedtime": 1.0,
    "bedtime": 1.0, "every morning": 1.0, "every evening": 1.0, "once": 1.0,
    "bid": 2.0, "twice daily": 2.0, "twice a day": 2.0, "tid": 3.0, "qid": 4.0,
    "qod": 0.5, "every other day": 0.5, "wk": 1 / 7, "qwk": 1 / 7, "weekly": 1 / 7, "every week": 1 / 7,
    "mo": 1 / 30.4375, "monthly": 1 / 30.4375, "every month": 1 / 30.4375,
}  # fmt: skip
_EVERY = re.compile(
    r"(?:q|every) ?(\d+(?:\.\d+)?)(?: ?(?:-|to) ?(\d+(?:\.\d+)?))? ?(h|hr|hrs|hours?|d|days?|wk|weeks?)"
)
_TIMES = re.compile(r"(\d+)(?: ?(?:-|to) ?(\d+))? ?(?:x|times) ?(?:/|per|a|every)? ?(?:d|day|daily)")
_AS_NEEDED = re.compile(r"\b(?:prn|as needed)\b")
_MOST_A_DAY = 1440
_ROUNDING = 1e-6
_WITH_EACH_MEAL = frozenset({"c", "ac", "pc"})


@dataclass(frozen=True, slots=True)
class Schedule:
    """Administrations a day, days of the course, and why there is no frequency, if there is none."""

    per_day: Interval | None = None
    days: Interval | None = None
    as_needed: bool = False
    why: str = ""


def schedule(timing: Any) -> Schedule:
    """Read a Timing of any shape."""
    timing = first(timing)
    if not isinstance(timing, dict):
        return Schedule(why="frequency not recorded")
    repeat = first(timing.get("repeat"))
    repeat = repeat if isinstance(repeat, dict) else {}
    coded, as_needed = _of_code(first(timing.get("code")))
    per_day = _either(_plausible(_of_repeat(repeat)), _plausible(coded))
    count = positive(repeat.get("countMax")) or positive(repeat.get("count"))
    if per_day is None and count is not None:
        per_day = Interval.exactly(count) if count == 1 else None
    days = _bounds(repeat)
    if days is None and count is not None and per_day is not None and per_day.low > 0:
        days = Interval(count / per_day.high, count / per_day.low)
    return Schedule(per_day, days, as_needed, "" if per_day else _missing(timing, repeat))


def _either(one: Interval | None, other: Interval | None) -> Interval | None:
    """What two statements come to: the one if they agree, but for rounding, else all between them."""
    if one is None or other is None:
        return one or other
    whole = hull([one, other])
    return one if max(one.low - whole.low, whole.high - one.high) < _ROUNDING else whole


def _plausible(per_day: Interval | None) -> Interval | None:
    """A frequency that anybody could keep: absurd numbers are none."""
    return per_day if per_day is not None and 0 < per_day.low <= per_day.high <= _MOST_A_DAY else None


def _missing(timing: dict[str, Any], repeat: dict[str, Any]) -> str:
    if repeat.get("frequency") is not None:
        return "frequency without a period"
    return "dates instead of a frequency" if timing.get("event") else "frequency not recorded"


def _of_repeat(repeat: dict[str, Any]) -> Interval | None:
    length = unit_days(repeat.get("periodUnit")) or unit_days(repeat.get("periodUnits"))
    period = positive(repeat.get("period"))
    often, most = positive(repeat.get("frequency")), positive(repeat.get("frequencyMax"))
    times = _times_of_day(repeat)
    if period is not None and length is not None:
        periods = sorted((period, positive(repeat.get("periodMax")) or period))
        found = sorted((often or 1.0, most or often or 1.0))
        per_day = Interval(found[0] / (periods[1] * length), found[1] / (periods[0] * length))
        if times > per_day.high and periods == [1.0, 1.0] and length == 1.0:
            per_day = Interval(per_day.low if often else times, times)
        return scaled(per_day, _share_of_week(repeat) if length <= 1.0 else 1.0)
    if times:
        return scaled(Interval.exactly(times), _share_of_week(repeat))
    share = _share_of_week(repeat)
    return Interval.exactly(round(share, 9)) if share < 1.0 and often is None else None


def _times_of_day(repeat: dict[str, Any]) -> int:
    """How many moments of a day are named: clock times, else events of the day."""
    clock = {each for each in listed(repeat.get("timeOfDay")) if isinstance(each, str)}
    if clock:
        return len(clock)
    events = {each.lower().partition(".")[0] for each in listed(repeat.get("when")) if isinstance(each, str)}
    return sum(3 if each in _WITH_EACH_MEAL else 1 for each in events - {"imd"})


def _share_of_week(repeat: dict[str, Any]) -> float:
    days = {each.lower() for each in listed(repeat.get("dayOfWeek")) if isinstance(each, str)}
    return min(len(days), 7) / 7 if days else 1.0


def _bounds(repeat: dict[str, Any]) -> Interval | None:
    """The length of the course in days; a period counts its first and its last day."""
    length = span_days(repeat.get("boundsDuration"), default="d") or span_days(repeat.get("boundsRange"))
    if length is not None:
        return length
    bounds = first(repeat.get("boundsPeriod"))
    start, end = (_day(bounds.get(name)) if isinstance(bounds, dict) else None for name in ("start", "end"))
    if start is None or end is None or end < start:
        return None
    return Interval.exactly((end - start).days + 1)


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None


def _of_code(code: Any) -> tuple[Interval | None, bool]:
    """What a timing code or its words say, and whether they say "as needed"."""
    code = code if isinstance(code, dict) else {}
    codings = [each for each in listed(code.get("coding")) if isinstance(each, dict)]
    texts = [each.get(name) for name in ("code", "display") for each in codings] + [code.get("text")]
    said = [" ".join(text.lower().split()) for text in texts if isinstance(text, str)]
    plain = [_AS_NEEDED.sub("", text).strip(" .,") for text in said]
    found = next((each for each in map(_frequency, plain) if each is not None), None)
    return found, any(_AS_NEEDED.search(text) for text in said)


def _frequency(text: str) -> Interval | None:
    if text in _CODES:
        return Interval.exactly(_CODES[text])
    if every := _EVERY.fullmatch(text):
        lengths = sorted(float(each) for each in every.groups()[:2] if each)
        days = unit_days(every[3]) or 1.0
        if lengths[0] <= 0:
            return None
        return Interval(round(1 / (lengths[-1] * days), 9), round(1 / (lengths[0] * days), 9))
    if times := _TIMES.fullmatch(text):
        counts = sorted(float(each) for each in times.groups() if each)
        return Interval(counts[0], counts[-1]) if counts[0] > 0 else None
    return None
