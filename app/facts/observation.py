"""Measured and answered values: present, flagged, compared, or as a number."""

from __future__ import annotations

from math import inf

from app.answer import Answer, Finding, Interval, Reason, Truth, cannot_tell, no, number, yes
from app.facts.evidence_of import finding, found_or, in_order, reasons, undated, within
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


def answer(asked: ObservationFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """Whether the latest value (or any) of the window is as asked."""
    findings: list[Finding] = []
    unclear: list[Reason] = []
    for each in in_order(record.of(SOURCE).within(asked.in_)):
        recent = within(each.when, asked.within_days, record)
        if recent is Truth.NO:
            continue
        said = _said(asked, each) if recent is Truth.YES else undated(SOURCE, each.when)
        if isinstance(said, Reason):
            unclear.append(said)
        elif said is Truth.YES:
            findings.append(_finding(each, asked.in_, asked.answer_in))
        if asked.take == "latest":
            unclear += _later(record, each)
            return yes(findings, unclear) if findings else cannot_tell(unclear) if unclear else no()
    return found_or(record, findings, unclear, [SOURCE], asked.within_days)


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
    for each in in_order(record.of(SOURCE).within(asked.in_)):
        recent = within(each.when, asked.within_days, record)
        if recent is Truth.NO:
            continue
        value = _value(each, asked.unit)
        if recent is Truth.CANNOT_TELL or value is None:
            return cannot_tell([undated(SOURCE, each.when) if value is not None else _unusable(each)])
        later = _later(record, each)
        return cannot_tell(later) if later else number(value, [_finding(each, asked.in_)])
    unknown = reasons(record, [SOURCE], asked.within_days)
    return cannot_tell(unknown) if unknown else no()


def _later(record: Record, each: Observation) -> list[Reason]:
    """Why something later than the observation may not have been read."""

    def complete(gap: Gap) -> bool:
        known = gap.complete_since
        return known is not None and each.when is not None and each.when.earliest >= known

    return [Reason(SOURCE, gap.why) for gap in record.of(SOURCE).gaps if not complete(gap)]


def change(asked: ChangeFact, record: Record, order: Order | None, knowledge: Knowledge) -> Answer:
    """The fall from the highest value of the window to the latest, in percent."""
    values: list[tuple[Observation, Interval]] = []
    unknown = list(reasons(record, [SOURCE], asked.within_days))
    for each in in_order(record.of(SOURCE).within(asked.in_)):
        recent, value = within(each.when, asked.within_days, record), _value(each, asked.unit)
        if recent is Truth.YES and value is not None:
            values.append((each, value))
        elif recent is not Truth.NO:
            unknown.append(_unusable(each) if value is None else undated(SOURCE, each.when))
    if len(values) < 2:
        return cannot_tell(unknown) if unknown else no()
    newest, value = values[0]
    least = _fall(max(each.low for _, each in values), value.high)
    most = inf if unknown else _fall(max(each.high for _, each in values), value.low)
    return number(Interval(least, most), [_finding(newest, asked.in_)], unknown)


def _fall(highest: float, latest: float) -> float:
    """By how many percent the latest lies below the highest; none where either is not bounded."""
    if highest == inf:
        return 100.0
    return max(0.0, (highest - latest) / highest * 100) if highest > 0 else 0.0
