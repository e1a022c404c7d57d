"""From values that were read to findings, and from gaps to reasons: shared by every kind of fact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from app.answer import Answer, Finding, Reason, Truth, cannot_tell, no, yes
from app.record.record import Record
from app.record.values import Concept, Gap, Observation, When


def finding(
    concept: Concept,
    names: Iterable[str],
    source: str,
    when: When | None = None,
    *,
    suspected: bool = False,
    link: str | None = None,
) -> Finding:
    """A finding that a concept supports; it is worded when no code of it is in the named sets."""
    worded = concept.coded.isdisjoint(names)
    doubtful = suspected or concept.suspected
    return Finding(concept.display, source, when.text if when else None, worded, doubtful, link=link)


def reasons(record: Record, sources: Iterable[str], within_days: int | None = None) -> tuple[Reason, ...]:
    """Why absence cannot be told: the gaps of these sources that reach into the window."""
    gaps: tuple[Gap, ...] = ()
    for source in sources:
        gaps += record.gaps(source)
    if not gaps:
        return ()
    start = None if within_days is None else record.today - timedelta(days=within_days)
    return tuple(
        Reason(gap.source, gap.why)
        for gap in gaps
        if start is None or gap.complete_since is None or gap.complete_since > start
    )


def found_or(
    record: Record,
    findings: list[Finding],
    unclear: list[Reason],
    sources: Iterable[str],
    within_days: int | None = None,
) -> Answer:
    """Yes with its findings; else cannot tell for what was unclear or not read; else no."""
    if findings:
        return yes(findings)
    unknown = (*unclear, *reasons(record, sources, within_days))
    return cannot_tell(unknown) if unknown else no()


def within(when: When | None, days: int | None, record: Record) -> Truth:
    """Whether something happened in the last `days`; without a window any date, or none, will do."""
    if days is None:
        return Truth.YES
    if when is None:
        return Truth.CANNOT_TELL
    return when.days_before(record.today).compare("<=", days)


def undated(source: str, when: When | None) -> Reason:
    """Why the place in time of something on record cannot be told: a whole day is not what is missing."""
    partial = when is not None and when.earliest != when.latest
    return Reason(source, "date not exact" if partial else "date not recorded")


def earliest(one: When | None, other: When | None) -> When | None:
    """The earlier of two dates, where they are recorded."""
    if one is None or other is None:
        return one or other
    return other if other.earliest < one.earliest else one


def newest(items: Sequence[Observation]) -> Sequence[Observation]:
    """The dated values that may be the latest: none of them is surely earlier than another.

    Of two with a time of day the moment decides, else the day.
    """
    dated = [(each, each.when) for each in items if each.when is not None]
    if len(dated) < 2:
        return [each for each, _ in dated]
    day = max(when.earliest for _, when in dated)
    untimed = max((when.earliest for each, when in dated if each.at is None), default=date.min)
    moment = max((each.at for each, _ in dated if each.at is not None), default=None)
    return [
        each
        for each, when in dated
        if (when.latest >= day if each.at is None else each.at == moment and when.latest >= untimed)
    ]


def in_order(items: Sequence[Any]) -> Sequence[Any]:
    """Dated values, the latest first; those without a date last."""
    if len(items) < 2:
        return items
    return sorted(items, key=lambda each: each.when.latest.toordinal() if each.when else 0, reverse=True)
