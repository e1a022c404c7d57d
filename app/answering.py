"""One call from what was gathered to its cards: record, facts, decisions, composition, cards. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import partial

from app.alternatives import with_rated_alternatives
from app.clients import Client
from app.compose import Composition, compose
from app.decide import Decision, Outcome, decide
from app.errors import PreconditionFailed
from app.facts.asking import facts_of
from app.knowledge.load import Knowledge
from app.knowledge.recommendation import Service
from app.memory import Key, Memory
from app.protocol.request import HookRequest
from app.protocol.response import Action, Response
from app.rate import RatingProfile, ratings
from app.record.assemble import Assembled, assemble
from app.record.prefetch import Material
from app.render import Call, card
from app.suggest import Setting

WORTH_REMEMBERING = 8
"""Records of fewer resources are read again: that costs less than their digest."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The response, with what the log may say of how it came about."""

    response: Response
    decisions: tuple[Decision, ...]
    composition: Composition
    assembled: Assembled

    def counts(self) -> dict[str, int]:
        """How many decisions of each outcome, cards, and cards held back."""
        outcomes = Counter([each.outcome for each in self.decisions])
        return {
            **{each.value.replace(" ", "_"): number for each, number in outcomes.items()},
            "cards": len(self.composition.shown),
            "held_back": len(self.composition.held_back),
        }


def answer(
    knowledge: Knowledge,
    client: Client,
    service: Service,
    request: HookRequest,
    material: Material,
    today: date,
    memory: Memory | None = None,
) -> Answered:
    """The cards for one call; PreconditionFailed when nothing could be read and nothing applies.

    `memory` saves reading the same again.
    """
    selected_only = service.orders == "selected"
    assembled = assemble(request, material, knowledge.codes, today, selected_only=selected_only)
    key = _key(memory, knowledge, service, request, material, today)
    known = memory.recall(key) if memory is not None and key is not None else None
    facts = facts_of(knowledge, assembled.record, known)
    decisions = decide(knowledge, facts, service.hook, assembled.record.judged)
    if memory is not None and key is not None:
        memory.keep(key, facts.answers)
    applying = any(each.outcome is Outcome.APPLIES for each in decisions)
    if not material.answered and not applying:
        raise PreconditionFailed(
            "None of the data that this service needs was sent, and it could not be fetched. "
            "Send the prefetch of the discovery document, or a fhirServer that can be reached."
        )
    composition = compose(knowledge, decisions, client.max_cards)
    call = _call(client, request, today)
    cards = [card(knowledge, facts, decision, also, call) for decision, also in composition.shown]
    rating = client.rating
    rated = ratings(knowledge, facts, decisions, assembled.record.judged, call, rating) if rating else []
    if rating is not None:
        rate = partial(_ratings_of, knowledge, rating, service, material, today, call)
        cards = with_rated_alternatives(cards, request, rate)
    response = Response(
        cards=cards,
        system_actions=rated or None,
        extension={"systemActions": rated} if rated and rating and rating.mirrored else None,
    )
    return Answered(response, tuple(decisions), composition, assembled)


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
    return ratings(knowledge, facts, decisions, record.judged, call, rating)


def _key(
    memory: Memory | None,
    knowledge: Knowledge,
    service: Service,
    request: HookRequest,
    material: Material,
    today: date,
) -> Key | None:
    """Everything that the answers of a call depend on; None where remembering costs more than reading."""
    context = request.context
    raws = [bytes(raw) for each in material.resources.values() for raw in each]
    if memory is None or len(raws) < WORTH_REMEMBERING:
        return None
    raws.append(bytes(context.draft_orders or b""))
    who = (context.patient_id, context.encounter_id, context.selections)
    what = (tuple((kind, len(each)) for kind, each in material.resources.items()), material.gaps)
    return memory.key(raws, (knowledge.digest, service.id, today, who, what, material.answered))


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
