"""Decision to card: its words with the blanks filled, its reasons, and one click for each suggestion."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import inf

from app.answer import Answer, Finding, Interval, Reason
from app.decide import Decision
from app.facts.asking import Facts
from app.knowledge.load import Knowledge
from app.knowledge.worked_out import worked_out
from app.protocol.response import SUMMARY_LIMIT, Card, Coding, Link, Source, Suggestion
from app.record.values import ORDER, Order
from app.suggest import Setting, suggestion_action
from app.uuids import named

NAMESPACE = "6f1f6f4e-2c0b-5a63-9d0f-3f4d7f6a1c55"
"""The project's UUID, within which all others are named: the same call yields the same cards."""
ORDER_LIMIT = 60
"""Code points that an order's name, or any other text of the EHR, may take on a card."""
_FINDINGS = 4
_LABELS = 6
_SOURCES = 3
_BLANK = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#|~!&@]|:(?=//)|(?<=www)\.|^[-+=](?= )|(?<=^\d)[.)](?= ))", re.I)
"""Marks, entities, addresses that would become links, and what would begin a list or a heading."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a card needs to know of the call that it answers; `fhir_server` has no trailing slash."""

    hook_instance: str
    client: str
    setting: Setting
    fhir_server: str | None = None


def card_uuid(client: str, hook_instance: str, decision: Decision) -> str:
    """The uuid of a card: the same call yields the same."""
    return named(NAMESPACE, f"{client}|{hook_instance}|{decision.id}|{order_key(decision.order)}")


def suggestion_uuid(card: str, suggestion_id: str) -> str:
    """The uuid of a suggestion on a card."""
    return named(card, suggestion_id)


def card(knowledge: Knowledge, facts: Facts, decision: Decision, also: tuple[str, ...], call: Call) -> Card:
    """One card, complete: nothing in it is null or empty."""
    uuid = card_uuid(call.client, call.hook_instance, decision)
    suggestions = _suggestions(knowledge, decision, uuid, call)
    standing = _standing(knowledge, decision.id)
    return Card(
        uuid=uuid,
        summary=_summary(knowledge, facts, decision),
        indicator=decision.indicator,
        detail=_detail(knowledge, facts, decision, also),
        source=standing.source,
        suggestions=suggestions or None,
        selection_behavior="any" if suggestions else None,
        override_reasons=standing.override_reasons,
        links=[*_found(knowledge, decision, call), *standing.links] or None,
        extension=knowledge.named,
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands on every card of a recommendation."""

    source: Source
    override_reasons: list[Coding] | None
    links: tuple[Link, ...]
    evidence: str


@worked_out
def _standing(knowledge: Knowledge, recommendation_id: str) -> _Standing:
    """Made once for each content: only the words of a card differ from one call to the next."""
    recommendation = knowledge.recommendations[recommendation_id]
    evidence = [knowledge.evidence[name] for name in recommendation.because]
    topic = Coding(
        code=recommendation_id, system=knowledge.services.topic_system, display=recommendation.title
    )
    label = f"{knowledge.services.source_label} ({evidence[0].short})"
    named = [f"{each.short} ({each.strength})" for each in evidence[:_SOURCES]]
    more = [f"{len(evidence) - _SOURCES} more"] if len(evidence) > _SOURCES else []
    return _Standing(
        Source(label=label, url=evidence[0].url, topic=topic),
        [_override(knowledge, each) for each in recommendation.override_reasons] or None,
        tuple(Link(label=each.short, url=each.url, type="absolute") for each in evidence if each.url),
        f"**Evidence:** {'; '.join(named + more)}.",
    )


def _found(knowledge: Knowledge, decision: Decision, call: Call) -> Iterator[Link]:
    """Links to what the card speaks of, where it stands in the EHR."""
    if call.fhir_server and decision.recommendation.say.link_to:
        labels = {knowledge.facts[name].label for name in decision.recommendation.say.link_to}
        links = [each for each in decision.findings if each.label in labels and each.link]
        for each in dict.fromkeys(links):
            said = f"{each.label}: {each.what}"
            label = f"{_cut(said, ORDER_LIMIT)}, {each.date or 'date not recorded'}"
            yield Link(label=label, url=f"{call.fhir_server}/{each.link}", type="absolute")


def order_key(order: Order | None) -> str:
    """What a card is about, as its uuid tells it apart within a call."""
    if order is None:
        return "patient"
    if "/" not in order.reference:
        return str(order.position)
    return f"{order.reference}#{order.twin}" if order.twin else order.reference


def _summary(knowledge: Knowledge, facts: Facts, decision: Decision) -> str:
    words = decision.summary
    if decision.group_unchecked:
        group = knowledge.groups.groups[decision.recommendation.group]
        words += f" {group.unchecked}" if group.unchecked else ""
    pieces = _pieces(words)
    room = (SUMMARY_LIMIT - sum(map(len, pieces[::2]))) // max(1, len(pieces) // 2)
    return _cut(_filled(words, facts, decision.order, room), SUMMARY_LIMIT)


@lru_cache(maxsize=1_024)
def _pieces(words: str) -> tuple[str, ...]:
    """Words of the content and the names of the blanks between them, in turn."""
    return tuple(_BLANK.split(words))


def _filled(words: str, facts: Facts, order: Order | None, room: int | None = None) -> str:
    """The words with `{order}` and `{fact}` filled; text of the EHR is cut, and escaped where it is Markdown.

    `room` is given for a summary, which is plain text.
    """

    pieces = list(_pieces(words))
    for blank in range(1, len(pieces), 2):
        name = pieces[blank]
        text = order_name(order) if name == "order" else shown(facts.ask(name, order))
        cut = _cut(text, ORDER_LIMIT if room is None else min(room, ORDER_LIMIT))
        pieces[blank] = plain(cut) if room is None else cut
    return "".join(pieces)


def order_name(order: Order | None) -> str:
    """What the order is called: our own display, or the EHR's words."""
    name = " ".join(order.concept.display.split()) if order else ""
    return name or "this order"


def shown(answer: Answer) -> str:
    """An answer in words: a number, or the first thing found."""
    if isinstance(answer.value, Interval):
        low, high = answer.value.low, answer.value.high
        if low == high:
            return f"{low:g}"
        if high == inf:
            return f"at least {low:g}"
        return f"at most {high:g}" if low == -inf else f"{low:g} to {high:g}"
    if isinstance(answer.value, str):
        return answer.value
    return answer.findings[0].what if answer.findings else ""


def plain(text: str) -> str:
    """Text of the EHR, safe inside Markdown: one line, marks escaped."""
    words = text.split()
    line = " ".join(words)
    return line if "".join(words).isalnum() else _MARKDOWN.sub(r"\\\1", line)


def _cut(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: max(0, limit - 1)].rstrip()}…"


def _detail(knowledge: Knowledge, facts: Facts, decision: Decision, also: tuple[str, ...]) -> str:
    """Why it fires, what to do instead, what could not be checked, and the evidence: in this order."""
    blocks = ["\n".join(_why(knowledge, decision)), _filled(decision.detail.strip(), facts, decision.order)]
    if decision.notes:
        blocks.append("\n".join(f"- {_filled(note, facts, decision.order)}" for note in decision.notes))
    if also:
        blocks.append("\n".join(f"- Also consider: {title}" for title in also))
    if decision.unchecked:
        blocks.append(_could_not_check(knowledge, decision.unchecked))
    blocks.append(_standing(knowledge, decision.id).evidence)
    return _joined(blocks)


def _joined(blocks: Iterable[str]) -> str:
    """The blocks with a blank line between; not within a list, whose items it would set wide apart."""
    whole = ""
    for block in filter(None, blocks):
        within = block.startswith("- ") and whole.rpartition("\n")[2].startswith("- ")
        whole = f"{whole}\n{block}" if within else f"{whole}\n\n{block}" if whole else block
    return whole


def _why(knowledge: Knowledge, decision: Decision) -> Iterator[str]:
    about = decision.order.reference if decision.order else None
    findings = [each for each in decision.findings if each.source != ORDER or each.link != about]
    # What an order says is of today, whichever fact found it.
    unique = {(each.what, each.source, each.source == ORDER or each.date): each for each in findings}
    for each in list(unique.values())[:_FINDINGS]:
        yield f"- {_finding(knowledge, each)}"


def _finding(knowledge: Knowledge, finding: Finding) -> str:
    label, what = finding.label, plain(_cut(finding.what, ORDER_LIMIT))
    shown = f"{label}: {what}" if label and label.lower() not in what.lower() else what
    shown = f"{shown[:1].upper()}{shown[1:]}"
    where = knowledge.groups.sources.get(finding.source, finding.source)
    dated = "" if finding.source in (ORDER, "Patient") else f", {finding.date or 'date not recorded'}"
    doubt, words = ", suspected" if finding.suspected else "", ", by words" if finding.worded else ""
    return f"{shown}{dated} ({where}{doubt}{words})"


def _could_not_check(knowledge: Knowledge, unchecked: Iterable[Reason]) -> str:
    """`Not sent: encounters, observations (temperature, CRP). Refused (403): problem list.`

    What a source would have told is named as long as there is little of it to name.
    """
    labels: dict[str, dict[str, dict[str, None]]] = {}
    for reason in unchecked:
        named = labels.setdefault(reason.why, {}).setdefault(reason.source, {})
        named |= {reason.label: None} if reason.label else {}
    many = sum(len(named) for sources in labels.values() for named in sources.values()) > _LABELS
    sentences = [
        f"{why[:1].upper()}{why[1:]}: "
        + ", ".join(_unread(knowledge, source, () if many else named) for source, named in sources.items())
        for why, sources in labels.items()
    ]
    return f"**Could not check.** {'. '.join(sentences)}." if sentences else ""


def _unread(knowledge: Knowledge, source: str, labels: Iterable[str]) -> str:
    named = ", ".join(labels)
    word = knowledge.groups.sources.get(source, source)
    return f"{word} ({named})" if named else word


def _override(knowledge: Knowledge, reason_id: str) -> Coding:
    reason = knowledge.override_reasons[reason_id]
    return Coding(
        code=reason.code or reason_id,
        system=reason.system or knowledge.services.override_system,
        display=reason.display,
    )


def _suggestions(knowledge: Knowledge, decision: Decision, card: str, call: Call) -> list[Suggestion]:
    built = []
    for offered in decision.offers:
        suggestion = knowledge.suggestions[offered.offer.suggestion]
        action = suggestion_action(suggestion, offered.order, call.setting)
        if action is not None:
            built.append(
                Suggestion(
                    label=_label(suggestion.label, offered.order),
                    uuid=suggestion_uuid(card, offered.offer.suggestion),
                    is_recommended=offered.offer.recommended or None,
                    actions=[action],
                )
            )
    return built


def _label(words: str, order: Order | None) -> str:
    return _cut(words.replace("{order}", order_name(order)) if "{order}" in words else words, 80)
