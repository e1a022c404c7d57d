"""Checks of single criteria: the fact exists, is compared as it may be, and may be denied where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from app.knowledge.criterion import Criterion
from app.knowledge.fact import DERIVED, Fact
from app.knowledge.nearest import nearest
from app.knowledge.source import Where

if TYPE_CHECKING:
    from app.knowledge.load import Knowledge

_NUMBERS = frozenset({"number", "change", "span", "supply", "dose", "points"})
_DEFINITE = frozenset({"order", "hook"})
Report = Callable[[Where, str], None]


def known(name: str, names: Iterable[str], what: str, where: Where, report: Report) -> None:
    """Report a name that does not exist, with the nearest that does."""
    if name not in names:
        report(where, f"there is no {what} `{name}`{nearest(name, names)}")


def leads_to(knowledge: Knowledge, fact: Fact, name: str) -> bool:
    """Whether a fact is derived from the named one, however far, or begins with it."""
    waiting, seen = _asked(fact), set()
    while waiting:
        at = waiting.pop()
        if at == name:
            return True
        if at not in seen and at in knowledge.facts:
            seen.add(at)
            waiting += _asked(knowledge.facts[at])
    return False


def _asked(fact: Fact) -> list[str]:
    since = getattr(fact.parameters, "since", None)
    return [*(line.fact for line in fact.lines), *([since] if since else [])]


def check_line(knowledge: Knowledge, line: Criterion, where: Where, report: Report) -> None:
    """Report a criterion that names no fact, or compares what cannot be compared."""
    known(line.fact, knowledge.facts, "fact", where, report)
    fact = knowledge.facts.get(line.fact)
    if fact is None:
        return
    kind, element = fact.kind, getattr(fact.parameters, "element", None)
    counts = kind in _NUMBERS or element == "age_years"
    if counts and line.operator is None:
        report(where, f"`{line.fact}` is a number: compare it, as in `{line.fact} < 42`")
    if line.operator is not None and not counts and element != "sex":
        report(where, f"`{line.fact}` is answered yes or no: it cannot be compared")
    if element == "sex" and line.operator != "is":
        report(where, f"`{line.fact}` is a word: compare it, as in `{line.fact} is female`")
    if isinstance(line.operand, str) and element != "sex":
        report(where, f"`{line.fact}` compares with a number, not with `{line.operand}`")


def absences(knowledge: Knowledge, lines: Iterable[Criterion]) -> Iterator[Criterion]:
    """Negations of facts that may not have been read, in `when` or in what it is derived from."""
    for line in lines:
        fact = knowledge.facts.get(line.fact)
        if fact is None:
            continue
        if line.negated and not definite(knowledge, fact):
            yield line
        elif not line.negated and not leads_to(knowledge, fact, line.fact):
            weighted = tuple(each for each, _ in fact.points)
            members = fact.at_least.of if fact.at_least else ()
            yield from absences(knowledge, fact.any_of + fact.all_of + members + weighted)


def definite(knowledge: Knowledge, fact: Fact) -> bool:
    """Whether it is always read. A member that is missing or circular is said elsewhere."""
    waiting, seen = [fact], set[str]()
    while waiting:
        at = waiting.pop()
        if at.kind not in DERIVED and at.kind not in _DEFINITE:
            return False
        new = {line.fact for line in at.lines} - seen
        seen |= new
        waiting += [knowledge.facts[name] for name in new if name in knowledge.facts]
    return True
