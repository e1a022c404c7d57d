"""What the journal says of each recommendation: how often it was decided and shown, and what became of it.

A call that was repeated counts once: of decisions its last answer, of cards each uuid, of feedback on a card
the latest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from app.journal.records import Decided
from app.journal.store import Row, Store

NO_REASON = "no reason given"
_APPLIES, _CANNOT_TELL = "applies", "cannot tell"
_LAST_CALLS = """
SELECT decided, count(*) AS calls FROM (
    SELECT decided, row_number() OVER (
        PARTITION BY client, service, hook_instance ORDER BY at DESC, id DESC
    ) AS place FROM hook_call WHERE at >= $1 AND at < $2
) AS answers WHERE place = 1 GROUP BY decided
"""
_DECISIONS = f"""
SELECT decisions, calls FROM decision_list JOIN ({_LAST_CALLS}) AS counted ON decided = digest
"""  # noqa: S608 - texts of our own
_CARDS = """
SELECT recommendation, indicator, count(*) FROM card WHERE at >= $1 AND at < $2
GROUP BY recommendation, indicator
"""
_LATEST = """
SELECT recommendation, outcome, reason, counts_apart, count(*) FROM card JOIN (
    SELECT client AS teller, card AS told, outcome, reason, counts_apart, row_number() OVER (
        PARTITION BY client, card ORDER BY outcome_at DESC, at DESC, id DESC
    ) AS place FROM feedback
) AS reports ON told = uuid AND teller = client
WHERE place = 1 AND at >= $1 AND at < $2
GROUP BY recommendation, outcome, reason, counts_apart
"""
_ACCEPTED = """
SELECT DISTINCT recommendation, uuid, card.suggestions, feedback.suggestions
FROM card JOIN feedback ON feedback.card = uuid AND feedback.client = card.client
WHERE outcome = 'accepted' AND card.at >= $1 AND card.at < $2
"""


@dataclass(slots=True)
class Line:
    """One recommendation. `decided` counts its decisions, `cards` those of them that were shown.

    `apart` are the overrides that say that the record lacked something; they are among `overridden`.
    """

    recommendation: str
    decided: int = 0
    applied: int = 0
    cannot_tell: int = 0
    held_back: int = 0
    in_shadow: int = 0
    cards: int = 0
    indicators: dict[str, int] = field(default_factory=dict)
    accepted: int = 0
    overridden: int = 0
    apart: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    suggestions: dict[str, int] = field(default_factory=dict)
    not_told: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """Every recommendation that was decided or shown in a time, by name, and the number of calls."""

    calls: int
    lines: tuple[Line, ...]


def report(store: Store, since: int, until: int) -> Report:
    """What happened from `since` on and before `until`, in ms since 1970. StoreUnavailable."""
    lines: dict[str, Line] = {}

    def line(name: object) -> Line:
        return lines.setdefault(str(name), Line(str(name)))

    calls = 0
    for decisions, count in _numbered(store.read(_DECISIONS, (since, until))):
        calls += count
        for each in msgspec.json.decode(str(decisions[0]), type=list[Decided]):
            _count(line(each.recommendation), each, count)
    for (name, indicator), count in _numbered(store.read(_CARDS, (since, until))):
        found = line(name)
        found.cards += count
        found.indicators[str(indicator)] = count
    for (name, outcome, reason, apart), count in _numbered(store.read(_LATEST, (since, until))):
        _count_feedback(line(name), str(outcome), str(reason or NO_REASON), bool(apart), count)
    for name, taken in _taken(store.read(_ACCEPTED, (since, until))):
        line(name).suggestions[taken] = line(name).suggestions.get(taken, 0) + 1
    return Report(calls, tuple(lines[name] for name in sorted(lines)))


def _count(line: Line, decided: Decided, calls: int) -> None:
    line.decided += calls
    line.applied += calls * (decided.outcome == _APPLIES)
    line.cannot_tell += calls * (decided.outcome == _CANNOT_TELL)
    line.held_back += calls * (decided.place == "held back")
    line.in_shadow += calls * (decided.place == "in shadow")
    for source in {source for source, _, _ in decided.unchecked}:
        line.not_told[source] = line.not_told.get(source, 0) + calls


def _count_feedback(line: Line, outcome: str, reason: str, apart: bool, cards: int) -> None:
    if outcome == "accepted":
        line.accepted += cards
        return
    line.overridden += cards
    line.apart += cards * apart
    line.reasons[reason] = line.reasons.get(reason, 0) + cards


def _taken(rows: Iterable[Row]) -> Iterator[tuple[str, str]]:
    """Each suggestion that was taken, once for each card: recommendation and suggestion."""
    taken = {
        (str(name), str(card), msgspec.json.decode(str(offered), type=dict[str, str]).get(uuid, "unknown"))
        for name, card, offered, told in rows
        for uuid in msgspec.json.decode(str(told), type=list[str])
    }
    yield from sorted((name, suggestion) for name, _, suggestion in taken)


def _numbered(rows: Iterable[Row]) -> Iterator[tuple[Row, int]]:
    """Rows without the number at their end, and the number."""
    for row in rows:
        yield row[:-1], int(row[-1] or 0)


def as_text(found: Report) -> Iterator[str]:
    """The report for people, a line at a time; what never applied and could always be told is left out."""
    yield f"{found.calls} calls"
    for each in found.lines:
        if each.applied or each.cannot_tell or each.cards:
            yield f"\n{each.recommendation}"
            yield from (f"  {said}" for said in _said(each))


def _said(line: Line) -> Iterator[str]:
    yield f"decided {line.decided}, applied {line.applied}, cannot tell {line.cannot_tell}"
    yield f"cards {_part(line.cards, line.decided)} of decisions{_listed(line.indicators)}"
    if line.held_back or line.in_shadow:
        yield f"held back {line.held_back}, in shadow {line.in_shadow}"
    yield f"accepted {_part(line.accepted, line.cards)} of cards{_listed(line.suggestions)}"
    yield f"overridden {_part(line.overridden, line.cards)} of cards{_listed(line.reasons)}"
    if line.apart:
        yield f"overridden because the record lacks something: {line.apart}"
    if line.not_told:
        yield f"not checked{_listed(line.not_told)}"


def _part(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.0f} %)" if whole else str(part)


def _listed(counts: dict[str, int]) -> str:
    named = (f"{name} {count}" for name, count in Counter(counts).most_common())
    return f": {', '.join(named)}" if counts else ""
