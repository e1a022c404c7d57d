"""The journal as CSV: one line a decision, or one a report of what became of a card."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec

from app.journal.records import Decided
from app.journal.store import Store, Value

DECISIONS = (
    "at", "call", "client", "service", "hook", "hook_instance", "patient_hash", "user_hash", "encounter_hash",
    "hash_key", "content_version", "content_digest", "not_read", "stage_ms", "recommendation", "outcome",
    "order", "deciding", "indicator", "steps", "place", "unchecked",
)  # fmt: skip
CARDS = ("at", "client", "call", "card", "recommendation", "indicator", "suggestions")
FEEDBACK = (
    "at", "client", "service", "card", "recommendation", "outcome", "outcome_at", "suggestions", "reason",
    "counts_apart", "comment", "hash_key",
)  # fmt: skip
_CALLS = """
SELECT at, id, client, service, hook, hook_instance, patient_hash, user_hash, encounter_hash, hash_key,
    content_version, content_digest, not_read, stage_ms, decided, decisions
FROM hook_call JOIN decision_list ON decided = digest WHERE at >= $1 AND at < $2 ORDER BY at, id
"""
_CARDS = """
SELECT at, client, call, uuid, recommendation, indicator, suggestions
FROM card WHERE at >= $1 AND at < $2 ORDER BY at, uuid
"""
_FEEDBACK = """
SELECT f.at, f.client, f.service, f.card, c.recommendation, f.outcome, f.outcome_at, f.suggestions, f.reason,
    f.counts_apart, f.comment, f.hash_key
FROM feedback f LEFT JOIN card c ON c.uuid = f.card AND c.client = f.client
WHERE f.at >= $1 AND f.at < $2 ORDER BY f.at, f.id
"""
Cell = str | int
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def decisions(store: Store, since: int, until: int) -> Iterator[list[Cell]]:
    """Every decision of every call, under its head. Times are in ms since 1970. StoreUnavailable."""
    yield list(DECISIONS)
    for at, *call, _, decided in store.read(_CALLS, (since, until)):
        for each in msgspec.json.decode(str(decided), type=list[Decided]):
            unchecked = "; ".join(": ".join(part for part in one if part) for one in each.unchecked)
            what = (each.recommendation, each.outcome, each.order, "; ".join(each.deciding))
            yield _cells([_moment(at), *call, *what, each.indicator, each.steps, each.place, unchecked])


def cards(store: Store, since: int, until: int) -> Iterator[list[Cell]]:
    """Every card, once however often it was sent."""
    yield list(CARDS)
    for at, *card in store.read(_CARDS, (since, until)):
        yield _cells([_moment(at), *card])


def feedback(store: Store, since: int, until: int) -> Iterator[list[Cell]]:
    """Every report, also on cards that nobody knows; those have no recommendation."""
    yield list(FEEDBACK)
    for at, client, service, card, name, outcome, outcome_at, *rest in store.read(_FEEDBACK, (since, until)):
        yield _cells([_moment(at), client, service, card, name, outcome, _moment(outcome_at), *rest])


def _moment(ms: Value) -> str:
    return datetime.fromtimestamp(int(ms or 0) / 1000, UTC).isoformat(timespec="milliseconds")


def _cells(values: Iterable[Value]) -> list[Cell]:
    """What is not there is empty; a text that a spreadsheet would take for a formula is marked as a text."""
    texts = ("" if each is None else each for each in values)
    return [f"'{each}" if isinstance(each, str) and each.startswith(_FORMULA) else each for each in texts]
