"""One call from what was gathered to its cards: record, facts, decisions, composition, cards. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import msgspec

from app.account import Account
from app.alternatives import with_rated_alternatives
from app.clients import Client
from app.compose import Composition, compose
from app.decide import Decision, Decisions, Outcome, decide
from app.errors import PreconditionFailed
from app.facts.asking import facts_of
from app.journal.records import Content
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import Service
from app.memory import Key, Memory
from app.protocol.request import HookRequest
from app.protocol.response import Action, Card, Response
from app.rate import RatingProfile, ratings
from app.record.assemble import assemble
from app.record.prefetch import Material
from app.record.reading import Tally
from app.record.record import Collection
from app.record.steps import Steps, finished
from app.record.values import ORDER, Order
from app.render import Call, card
from app.suggest import Setting

WORTH_REMEMBERING = 8
"""Records of fewer resources are read again: that costs less than their digest."""
_EACH = 700
"""About so many bytes are kept for each value that was read."""
_TEXT = 2
"""Beside that, for each byte of what it says."""
_WORD = {outcome: outcome.value.replace(" ", "_") for outcome in Outcome}
Collections = Mapping[str, Collection]
"""What was read of a record, by source; it does not depend on the drafts."""
UNDECIDED = "example.plumbline.undecided"
"""The extension beside an empty list of cards: each source that left a recommendation open, and why."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The response, with what log and journal may say of how it came about."""

    content: Content
    response: Response
    decisions: Decisions
    composition: Composition
    judged: tuple[Order, ...]
    tally: Tally
    counted: Mapping[str, int]

    @property
    def account(self) -> Account:
        """What the journal keeps of it."""
        return Account(self.content, self.decisions, self.composition, self.response.cards)

    def counts(self) -> Mapping[str, int]:
        """How many decisions of each outcome, cards, and cards held back."""
        return self.counted


def answer(
    knowledge: Knowledge,
    client: Client,
    service: Service,
    request: HookRequest,
    material: Material,
    today: date,
    memory: Memory[Collections] | None = None,
) -> Answered:
    """The cards for one call; PreconditionFailed when nothing could be read and nothing applies.

    `memory` saves reading the same again.
    """
    return finished(answering(knowledge, client, service, request, material, today, memory))


def answering(
    knowledge: Knowledge,
    client: Client,
    service: Service,
    request: HookRequest,
    material: Material,
    today: date,
    memory: Memory[Collections] | None = None,
) -> Steps[Answered]:
    """The same in steps: a long record is read bit by bit."""
    selected_only = service.orders == "selected"
    assembled = assemble(request, material, knowledge.codes, today, selected_only=selected_only)
    record = assembled.record
    key = _key(memory, knowledge, request, material, today)
    if memory is not None and key is not None:
        record.collections.update(memory.recall(key) or {})
    for source, steps in assembled.reading.items():
        if source not in record.collections:
            record.collections[source] = yield from steps
    facts = facts_of(knowledge, record)
    decisions = decide(knowledge, facts, service.hook, record.judged)
    if memory is not None and key is not None:
        read = {source: each for source, each in record.collections.items() if source != ORDER}
        memory.keep(key, read, _room(read))
    applying = any(each.outcome is Outcome.APPLIES for each in decisions.looked_into)
    if not material.answered and not applying:
        raise PreconditionFailed(
            "None of the data that this service needs was sent, and it could not be fetched. "
            "Send the prefetch of the discovery document, or a fhirServer that can be reached."
        )
    composition = compose(knowledge, decisions.looked_into, client.max_cards, client.shadow)
    call = _call(client, request, today)
    cards = [card(knowledge, facts, decision, also, call) for decision, also in composition.shown]
    rating = client.rating
    rated = ratings(knowledge, facts, decisions.looked_into, record.judged, call, rating) if rating else []
    if rating is not None:
        rate = partial(_ratings_of, knowledge, rating, service, material, today, call)
        cards = with_rated_alternatives(cards, request, rate)
    undecided = _undecided(cards, decisions.looked_into)
    response = Response(cards=cards, system_actions=rated or None, extension=undecided)
    counts = _counts(decisions, composition)
    return Answered(knowledge, response, decisions, composition, record.judged, assembled.tally, counts)


def _counts(decisions: Decisions, composition: Composition) -> dict[str, int]:
    outcomes = {_WORD[Outcome.DOES_NOT_APPLY]: len(decisions) - len(decisions.looked_into)}
    for each in decisions.looked_into:
        word = _WORD[each.outcome]
        outcomes[word] = outcomes.get(word, 0) + 1
    shown, held_back, in_shadow = composition.shown, composition.held_back, composition.in_shadow
    return {**outcomes, "cards": len(shown), "held_back": len(held_back), "in_shadow": len(in_shadow)}


def _ratings_of(
    knowledge: Knowledge,
    rating: RatingProfile,
    service: Service,
    material: Material,
    today: date,
    call: Call,
    request: HookRequest,
) -> list[Action]:
    """The ratings of the orders that a request holds."""
    selected_only = service.orders == "selected"
    record = assemble(request, material, knowledge.codes, today, selected_only=selected_only).record
    facts = facts_of(knowledge, record)
    decisions = decide(knowledge, facts, service.hook, record.judged)
    return ratings(knowledge, facts, decisions.looked_into, record.judged, call, rating)


def _undecided(cards: list[Card], decisions: Iterable[Decision]) -> dict[str, Any] | None:
    """Beside an empty list of cards, what kept it from being a plain no."""
    if cards:
        return None
    open_ones = [each for each in decisions if each.outcome is Outcome.CANNOT_TELL]
    undecided: dict[str, list[str]] = {}
    for reason in dict.fromkeys(reason for each in open_ones for reason in each.unchecked):
        whys = undecided.setdefault(reason.source, [])
        whys += [reason.why] if reason.why not in whys else []
    return {UNDECIDED: undecided} if undecided else None


def _room(read: Collections) -> int:
    """The bytes that these values take, however long the texts in them are."""
    items = [each.items for each in read.values()]
    return _EACH * sum(map(len, items)) + _TEXT * len(msgspec.msgpack.encode(items))


def _key(
    memory: Memory[Collections] | None,
    knowledge: Knowledge,
    request: HookRequest,
    material: Material,
    today: date,
) -> Key | None:
    """Everything that the values of a record depend on; None where remembering costs more than reading."""
    held = tuple((kind, len(each)) for kind, each in material.resources.items())
    if memory is None or not material.sent or sum(count for _, count in held) < WORTH_REMEMBERING:
        return None
    around = (knowledge.digest, request.context.patient_id, today, held, material.gaps, material.answered)
    return memory.key(material.sent, around)


def _call(client: Client, request: HookRequest, today: date) -> Call:
    context = request.context
    return Call(
        hook_instance=request.hook_instance,
        client=client.id,
        setting=Setting(
            patient=f"Patient/{context.patient_id}",
            today=today.isoformat(),
            encounter=f"Encounter/{context.encounter_id}" if context.encounter_id else None,
        ),
        fhir_server=request.fhir_server,
    )
