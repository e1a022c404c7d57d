"""The content with one line taken away, or one number moved by one: some worked patient must notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

from app.knowledge.criterion import Criterion
from app.knowledge.fact import Fact, HookFact
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import Group, Lines, Recommendation

Changed = tuple[str, Any]
"""What was changed, in words, and the thing after the change."""
_OTHER_WORD = {"female": "male", "male": "female"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """Content with one change; `what` says where and which."""

    what: str
    knowledge: Knowledge


def of_card(knowledge: Knowledge, name: str) -> Iterator[Mutant]:
    """A recommendation without each of its criteria, variants, notes, offers and essential sources."""
    for what, card in _cards(knowledge.recommendations[name]):
        yield Mutant(what, replace(knowledge, recommendations={**knowledge.recommendations, name: card}))


def of_group(knowledge: Knowledge, name: str) -> Iterator[Mutant]:
    """A group without each of its criteria and of the sources that make its cards gentler, or do not."""
    for what, group in _groups(knowledge.groups.groups[name]):
        groups = structs.replace(knowledge.groups, groups={**knowledge.groups.groups, name: group})
        yield Mutant(what, replace(knowledge, groups=groups))


def of_fact(knowledge: Knowledge, name: str) -> Iterator[Mutant]:
    """A derived fact without each of its members and guards, and with each number moved."""
    for what, fact in _facts(knowledge.facts[name]):
        yield Mutant(what, replace(knowledge, facts={**knowledge.facts, name: fact}))


def _cards(card: Recommendation) -> Iterator[Changed]:
    for block in ("when", "unless", "gentler_when"):
        yield from _with(card, block, _lines(getattr(card, block)))
    yield from _with(card, "essential", _without(card.essential))
    yield from _with(card, "offer", _parts(card.offer, "when", "unless"))
    for block in ("variants", "notes"):
        changed = _with(card.say, block, _parts(getattr(card.say, block), "when"))
        yield from _with(card, "say", changed)


def _groups(group: Group) -> Iterator[Changed]:
    yield from _with(group, "unless", _lines(group.unless))
    yield from _with(group, "softened_by", _without(group.softened_by))
    yield from _with(group, "not_softened_by", _without(group.not_softened_by))


def _facts(fact: Fact) -> Iterator[Changed]:
    for block in ("any_of", "all_of", "but_not"):
        for what, lines in _lines(getattr(fact, block)):
            emptied = not lines and block != "but_not"
            yield f"{block} {what}", _never(fact) if emptied else structs.replace(fact, **{block: lines})
    if fact.at_least:
        yield from _with(fact, "at_least", _with(fact.at_least, "of", _lines(fact.at_least.of)))
        for count in (fact.at_least.count - 1, fact.at_least.count + 1):
            changed = structs.replace(fact.at_least, count=count)
            yield f"at least {count}", structs.replace(fact, at_least=changed)
    yield from _with(fact, "points", _weights(fact.points))


def _never(fact: Fact) -> Fact:
    """The fact when nothing is left that could make it true."""
    return Fact(ask=fact.ask, label=fact.label, hook=HookFact(is_=("no-hook",)))


def _with(whole: Any, block: str, changes: Iterator[Changed]) -> Iterator[Changed]:
    return ((f"{block} {what}", structs.replace(whole, **{block: changed})) for what, changed in changes)


def _parts(parts: tuple[Any, ...], *blocks: str) -> Iterator[Changed]:
    """Without each part, and with each part whose own criteria are changed."""
    for at, part in enumerate(parts):
        yield f"without number {at + 1}", (*parts[:at], *parts[at + 1 :])
        for block in blocks:
            for what, changed in _with(part, block, _lines(getattr(part, block))):
                yield f"number {at + 1}, {what}", (*parts[:at], changed, *parts[at + 1 :])


def _without(names: tuple[str, ...]) -> Iterator[Changed]:
    for at, name in enumerate(names):
        yield f"without `{name}`", (*names[:at], *names[at + 1 :])


def _lines(lines: Lines) -> Iterator[Changed]:
    for at, line in enumerate(lines):
        yield f"without `{line.text}`", (*lines[:at], *lines[at + 1 :])
        for moved in _moved(line):
            yield f"`{line.text}` as `{moved.text}`", (*lines[:at], moved, *lines[at + 1 :])


def _weights(points: tuple[tuple[Criterion, float], ...]) -> Iterator[Changed]:
    for at, (line, weight) in enumerate(points):
        changes: list[tuple[str, tuple[tuple[Criterion, float], ...]]] = [(f"without `{line.text}`", ())]
        changes += [(f"`{line.text}` as `{each.text}`", ((each, weight),)) for each in _moved(line)]
        changes += [(f"`{line.text}`: {each:g}", ((line, each),)) for each in (weight - 1, weight + 1)]
        for what, changed in changes:
            yield what, (*points[:at], *changed, *points[at + 1 :])


def _moved(line: Criterion) -> Iterator[Criterion]:
    """The criterion with its number one lower and one higher, or with the neighbouring word."""
    operands: tuple[float | str, ...] = ()
    if isinstance(line.operand, str):
        operands = (_OTHER_WORD[line.operand],)
    elif line.operand is not None:
        operands = (line.operand - 1, line.operand + 1)
    for operand in operands:
        shown = operand if isinstance(operand, str) else f"{operand:g}"
        yield structs.replace(line, operand=operand, text=f"{line.fact} {line.operator} {shown}")
