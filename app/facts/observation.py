"""Measured and answered values: present, flagged, compared, or as a number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

from app.answer import Answer, Finding, Interval, Reason, Truth, cannot_tell, no, number, yes
from app.facts.evidence_of import finding, found_or, in_order, newest, reasons, undated, within
from app.facts.units import convert
from app.knowledge.fact import ChangeFact, NumberFact, ObservationFact
from app.knowledge.load import Knowledge
from app.record.record import Record
from app.record.values import Gap, Observation, Order

SOURCE = "Observation"
HIGH = frozenset({"H", "HH", "HU", "HX", ">"})
LOW = frozenset({"L", "LL", "LU", "LX", "<"})
NORMAL = frozenset({"N"})
NO_UNIT = "value without a unit that can be read"
NO_VALUE = "no value recorded"
NO_LIMIT = "no reference range"
DIFFERENT = Reason(SOURCE, "values of one day differ")
Asked = ObservationFact | NumberFact | ChangeFact
Placed = tuple[Observation, Truth]
"""A value, and whether it lies in the window."""


def answer(asked: ObservationFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether the latest value (or any) of the window is as asked.

    Of several of one day without a time each may be the latest: one that is as asked is enough.
    """
    findings: list[Finding] = []
    unclear: list[Reason] = []
    only_latest = asked.take == "latest"
    looked_at = _in_window(asked, record, only_latest)
    for each, recent in looked_at:
        said = _said(asked, each) if recent is Truth.YES else undated(SOURCE, each.when)
        if isinstance(said, Reason):
            unclear.append(said)
        elif said is Truth.YES:
            findings.append(_finding(each, asked.in_, asked.answer_in))
    if not only_latest or not looked_at:
        return found_or(record, findings, unclear, [SOURCE], asked.within_days)
    if findings and len(findings) + len(unclear) < len(looked_at):
        unclear.append(DIFFERENT)
    unclear += _later(record, [each for each, _ in looked_at])
    return yes(findings, unclear) if findings else cannot_tell(unclear) if unclear else no()


def _in_window(asked: Asked, record: Record, only_latest: bool = False) -> list[Placed]:
    """The values that do not surely lie outside the window, the latest first.

    With `only_latest` those of them that may be the latest: more than one where no time tells which.
    """
    items: Sequence[Observation] = record.of(SOURCE).within(asked.in_)
    found = _not_outside(newest(items) if only_latest else in_order(items), asked, record)
    if found or not only_latest:
        return found
    return _not_outside([each for each in items if each.when is None], asked, record)


def _not_outside(items: Iterable[Observation], asked: Asked, record: Record) -> list[Placed]:
    placed = [(each, within(each.when, asked.within_days, record)) for each in items]
    return [pair for pair in placed if pair[1] is not Truth.NO]


def _said(asked: ObservationFact, each: Observation) -> Truth | Reason:
    if asked.answer_in:
        if each.answer is None:
            return Reason(SOURCE, "answer not coded")
        return Truth.NO if each.answer.sets.isdisjoint(asked.answer_in) else Truth.YES
    flagged = _flagged(asked, each)
    if flagged is not None:
        return flagged
    limits = ((">=", asked.at_least), (">", asked.above), ("<", asked.below))
    if asked.at_least is asked.above is asked.below is None:
        return Reason(SOURCE, NO_LIMIT) if asked.flagged else Truth.YES
    value = _value(each, asked.unit)
    if value is None:
        return _unusable(each)
    truths = [value.compare(operator, limit) for operator, limit in limits if limit is not None]
    if Truth.NO in truths:
        return Truth.NO
    return Reason(SOURCE, "value not exact enough") if Truth.CANNOT_TELL in truths else Truth.YES


def _flagged(asked: ObservationFact, each: Observation) -> Truth | None:
    """By the laboratory's own interpretation, else by its reference range; None when it gave neither."""
    if asked.flagged is None:
        return None
    wanted, other = (HIGH, LOW) if asked.flagged == "high" else (LOW, HIGH)
    if each.interpretation & wanted:
        return Truth.YES
    if each.interpretation & (other | NORMAL):
        return Truth.NO
    limit = each.reference_high if asked.flagged == "high" else each.reference_low
    if limit is None or each.value is None or limit.unit not in (None, each.value.unit):
        return None
    bound = limit.value.high if asked.flagged == "high" else limit.value.low
    truth = each.value.value.compare(">" if asked.flagged == "high" else "<", bound)
    return None if truth is Truth.CANNOT_TELL else truth


def _value(each: Observation, unit: str | None) -> Interval | None:
    if each.value is None:
        return None
    return each.value.value if unit is None else convert(each.value, unit)


def _unusable(each: Observation) -> Reason:
    return Reason(SOURCE, NO_UNIT if each.value else NO_VALUE)


def _finding(each: Observation, names: tuple[str, ...], answers: tuple[str, ...] = ()) -> Finding:
    """The value with its unit, or the answer; worded when the question or the answer is so matched."""
    base = finding(each.concept, names, SOURCE, each.when, link=each.link)
    shown, worded = each.concept.display, base.worded
    if answers and each.answer is not None:
        shown, worded = f"{shown}: {each.answer.display}", worded or each.answer.coded.isdisjoint(answers)
    elif each.value is not None:
        shown = f"{shown} {_amount(each.value.value)} {each.value.unit or ''}".strip()
    return Finding(shown, SOURCE, base.date, worded, link=each.link)


def _amount(value: Interval) -> str:
    if value.low == value.high:
        return f"{value.low:g}"
    if value.high == inf:
        return f"at least {value.low:g}"
    return f"at most {value.high:g}" if value.low == -inf else f"{value.low:g} to {value.high:g}"


def latest(asked: NumberFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """The latest value of the window as a number; not recorded is a plain no.

    Where a later value may not have been read, the latest that was read says nothing.
    """
    looked_at = _in_window(asked, record, only_latest=True)
    if not looked_at:
        unknown = reasons(record, [SOURCE], asked.within_days)
        return cannot_tell(unknown) if unknown else no()
    values = [_value(each, asked.unit) for each, _ in looked_at]
    unclear: list[Reason] = []
    for (each, recent), value in zip(looked_at, values, strict=True):
        if recent is Truth.CANNOT_TELL or value is None:
            unclear.append(undated(SOURCE, each.when) if value is not None else _unusable(each))
    unclear += _later(record, [each for each, _ in looked_at])
    if unclear:
        return cannot_tell(dict.fromkeys(unclear))
    found = _together([each for each in values if each is not None])
    different = [DIFFERENT] if any(each != found for each in values) else []
    return number(found, [_finding(each, asked.in_) for each, _ in looked_at], different)


def _together(values: Iterable[Interval]) -> Interval:
    """What values say of which any may be the right one."""
    lows, highs = zip(*((each.low, each.high) for each in values), strict=True)
    return Interval(min(lows), max(highs))


def _later(record: Record, latest: Sequence[Observation]) -> list[Reason]:
    """Why something later than these may not have been read."""

    def complete(gap: Gap) -> bool:
        known = gap.complete_since
        return known is not None and all(each.when and each.when.earliest >= known for each in latest)

    return [Reason(SOURCE, gap.why) for gap in record.of(SOURCE).gaps if not complete(gap)]


def change(asked: ChangeFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """The fall from the highest value of the window to the latest, in percent."""
    values: list[tuple[Observation, Interval]] = []
    unknown = list(reasons(record, [SOURCE], asked.within_days))
    for each, recent in _in_window(asked, record):
        value = _value(each, asked.unit)
        if recent is Truth.YES and value is not None:
            values.append((each, value))
        else:
            unknown.append(_unusable(each) if value is None else undated(SOURCE, each.when))
    if len(values) < 2:
        return cannot_tell(unknown) if unknown else no()
    latest = newest([each for each, _ in values])
    chosen = {id(each) for each in latest}
    value = _together(bounds for each, bounds in values if id(each) in chosen)
    least = _fall(max(each.low for _, each in values), value.high)
    most = inf if unknown else _fall(max(each.high for _, each in values), value.low)
    return number(Interval(least, most), [_finding(latest[0], asked.in_)], unknown)


def _fall(highest: float, latest: float) -> float:
    """By how many percent the latest lies below the highest; none where either is not bounded."""
    if highest == inf:
        return 100.0
    return max(0.0, (highest - latest) / highest * 100) if highest > 0 else 0.0
