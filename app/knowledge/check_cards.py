"""Checks of recommendations: every name leads somewhere, the words fit, missing data hides no card."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from app.knowledge.check_lines import Report, absences, check_line, known
from app.knowledge.criterion import Criterion
from app.knowledge.recommendation import INDICATORS, Recommendation
from app.knowledge.source import Where

if TYPE_CHECKING:
    from app.knowledge.load import Knowledge

SUMMARY_ROOM = 139
ORDER_ROOM = 40
"""Code points that a summary leaves for each of its blanks."""
DETAIL_WORDS = 75
_BLANK = re.compile(r"\{([^{}]*)\}")


def check_recommendation(knowledge: Knowledge, name: str, report: Report) -> None:
    """Report what is wrong in one card.yaml, apart from its shape."""
    each = knowledge.recommendations[name]
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", name):
        report((), f"a recommendation's folder is kebab-case advice; `{name}` is not")
    for day in ("review_by", "approved"):
        check_date(getattr(each, day), (day,), report)
    known(each.group, knowledge.groups.groups, "group", ("group",), report)
    hooks = [service.hook for service in knowledge.services.services]
    for hook in each.hooks:
        known(hook, hooks, "hook in services.yaml", ("hooks",), report)
    for evidence in each.because:
        known(evidence, knowledge.evidence, "evidence", ("because",), report)
    for reason in each.override_reasons:
        known(reason, knowledge.override_reasons, "override reason", ("override_reasons",), report)
    for source in each.essential:
        known(source, knowledge.groups.sources, "source", ("essential",), report)
    for where, lines in _blocks(each):
        for index, line in enumerate(lines):
            check_line(knowledge, line, (*where, index), report)
    _check_offers(knowledge, each, report)
    _check_words(knowledge, each, report)
    _check_sense(knowledge, each, report)


def check_date(text: str | None, where: Where, report: Report) -> None:
    """Report a text that is no date; None is no fault."""
    try:
        date.fromisoformat(text or "2000-01-01")
    except ValueError:
        report(where, f"`{text}` is not a date like 2026-11-20")


def _blocks(each: Recommendation) -> Iterator[tuple[Where, tuple[Criterion, ...]]]:
    yield ("when",), each.when
    yield ("unless",), each.unless
    yield ("gentler_when",), each.gentler_when
    for index, variant in enumerate(each.say.variants):
        yield ("say", "variants", index, "when"), variant.when
    for index, note in enumerate(each.say.notes):
        yield ("say", "notes", index, "when"), note.when
    for index, offer in enumerate(each.offer):
        yield ("offer", index, "when"), offer.when
        yield ("offer", index, "unless"), offer.unless


def _check_offers(knowledge: Knowledge, each: Recommendation, report: Report) -> None:
    for index, offer in enumerate(each.offer):
        where: Where = ("offer", index, "suggestion")
        known(offer.suggestion, knowledge.suggestions, "suggestion", where, report)
        suggestion = knowledge.suggestions.get(offer.suggestion)
        if offer.order:
            known(
                offer.order, _about_orders(knowledge), "fact about orders", ("offer", index, "order"), report
            )
        elif suggestion and suggestion.action != "create" and each.about == "patient":
            report(where, f"`{offer.suggestion}` changes an order: name the fact that finds it under `order`")


def _check_words(knowledge: Knowledge, each: Recommendation, report: Report) -> None:
    """Blanks name the order or a fact, and what is fixed leaves room for what is filled in."""
    say = each.say
    texts: list[tuple[Where, str | None, bool]] = [
        (("say", "summary"), say.summary, True),
        (("say", "detail"), say.detail, False),
        *((("say", "variants", i, "summary"), v.summary, True) for i, v in enumerate(say.variants)),
        *((("say", "variants", i, "detail"), v.detail, False) for i, v in enumerate(say.variants)),
        *((("say", "notes", i, "say"), note.say, False) for i, note in enumerate(say.notes)),
    ]
    for name in say.link_to:
        known(name, knowledge.facts, "fact", ("say", "link_to"), report)
    group = knowledge.groups.groups.get(each.group)
    tail = len(group.unchecked) + 1 if group and group.unchecked else 0
    for where, text, is_summary in texts:
        if text is None:
            continue
        blanks = _BLANK.findall(text)
        for blank in blanks:
            if blank != "order":
                known(blank, knowledge.facts, "fact", where, report)
            elif each.about == "patient":
                report(where, "`{order}` has no meaning on a card that is about the patient")
        fixed = len(_BLANK.sub("", text))
        if is_summary and fixed + tail + ORDER_ROOM * len(blanks) > SUMMARY_ROOM:
            over = fixed + tail + ORDER_ROOM * len(blanks) - SUMMARY_ROOM
            report(where, f"the summary is {over} characters too long for its longest blanks")
        if not is_summary and len(text.split()) > DETAIL_WORDS:
            report(where, f"{len(text.split())} words; at most {DETAIL_WORDS} leave room for the reasons")


def _check_sense(knowledge: Knowledge, each: Recommendation, report: Report) -> None:
    first = knowledge.evidence.get(each.because[0])
    if first is not None and first.url is None:
        report(("because",), f"`{each.because[0]}` has no url: put a source that can be opened first")
    indicators = {each.say.indicator, *(variant.indicator for variant in each.say.variants)}
    if indicators & {"critical", "warning"} and not each.override_reasons:
        report(("override_reasons",), "a warning or critical card needs override reasons")
    named = all(line.fact in knowledge.facts for line in each.when)
    if each.about == "order" and named and not any(line.fact in knowledge.order_facts for line in each.when):
        report(("when",), "a card about the order needs a criterion about the order")
    for place, criterion in enumerate(each.when):
        for line in absences(knowledge, [criterion]):
            what = f"`{line.text}` finds nothing: say it under `unless`, or unread data hides the card"
            report(("when", place), what)
    group = knowledge.groups.groups.get(each.group)
    if each.essential and group and not group.softened_by:
        report(("essential",), f"cards of the group `{each.group}` keep their strength: nothing softens them")
    for index, variant in enumerate(each.say.variants):
        softer = INDICATORS.index(variant.indicator or each.say.indicator) > INDICATORS.index(
            each.say.indicator
        )
        if softer and group and group.softened_by:
            what = "a gentler variant turns stronger when its data is unread: say it under `gentler_when`"
            report(("say", "variants", index), what)


def _about_orders(knowledge: Knowledge) -> frozenset[str]:
    """Facts whose findings name an order."""
    return knowledge.order_facts | {name for name, fact in knowledge.facts.items() if fact.order}
