"""A call that was answered before: where only the hook instance differs, only the uuids do.

An EHR calls again whenever a chart is opened or a selection is made. What it sends is compared by digest
before anything of it is parsed. An answer may echo the draft that it is about; nothing else of what was
sent is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import force_setattr
from msgspec.structs import replace as replaced

from app.answering import Answered
from app.clients import Client
from app.decide import Decision
from app.knowledge.recommendation import Service
from app.memory import Key, Memory
from app.protocol.request import HookRequest
from app.protocol.response import Card
from app.record.prefetch import Material
from app.render import card_uuid, suggestion_uuid

_NAME = b'"hookInstance"'
_INSTANCE = re.compile(_NAME + rb'\s*:\s*"([!#-\[\]-~]{1,200})"')
T = TypeVar("T", bound=Struct)
_EACH = 500
"""About so many bytes are kept for each decision that is not of the content itself."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A body by the digest of all of it but its hook instance, which stands beside it."""

    key: Key
    instance: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A call and its answer. Of a remembered one neither prefetch, drafts nor token are there any more.

    `client` is the id of the one who called, `noted` what the log says of it.
    """

    client: str
    request: HookRequest
    material: Material
    answered: Answered
    noted: Mapping[str, object]
    recalled: bool = False


Offered = tuple[tuple[str, ...], ...]
"""The ids of the suggestions on each card."""


@dataclass(slots=True)
class _Kept:
    """A remembered reply; what is offered on it is found out when it is recalled for the first time."""

    reply: Reply
    offered: Offered | None = None


class Repeats:
    """Replies by what was sent; without a memory none is remembered.

    `around` gives what an answer depends on beside what was sent: content and day.
    """

    def __init__(self, memory: Memory[_Kept] | None = None, around: Callable[[], object] = tuple) -> None:
        self._memory = memory
        self._around = around

    def sent(self, client: Client, service: Service, body: bytes) -> Sent | None:
        """What a call is known by; None where that cannot be told.

        The hook instance must be plain to see: a second one, or one that is escaped, is not.
        """
        if self._memory is None or body.count(_NAME) != 1:
            return None
        instance = _INSTANCE.search(body)
        if instance is None:
            return None
        begin, end = instance.span(1)
        view = memoryview(body)
        key = self._memory.key((view[:begin], view[end:]), (client.id, service.id, self._around()))
        return Sent(key, instance[1].decode())

    def recall(self, sent: Sent | None) -> Reply | None:
        """The reply to the same call, under the hook instance of this one."""
        kept = self._memory.recall(sent.key) if self._memory is not None and sent is not None else None
        if kept is None or sent is None:
            return None
        if kept.offered is None:
            kept.offered = _offered(kept.reply)
        return _issued(kept.reply, kept.offered, sent.instance) if kept.offered is not None else None

    def keep(self, sent: Sent | None, client: Client, reply: Reply, size: int) -> None:
        """Remember a reply, whose body has so many bytes, if nothing but what was sent led to it.

        Ratings carry ids of their call inside the orders: calls of who asks for them are always read.
        """
        request = reply.request
        if self._memory is None or sent is None or client.rating or reply.material.fetches:
            return
        if sent.instance == request.hook_instance:
            context = replace(request.context, draft_orders=None)
            kept = replace(
                reply,
                request=replace(request, context=context, token=None, prefetch={}),
                material=replaced(reply.material, resources={}),
                recalled=True,
            )
            self._memory.keep(sent.key, _Kept(kept), size + _EACH * len(reply.answered.decisions.looked_into))


def _shown(answered: Answered) -> Iterator[tuple[Card, Decision]]:
    """Every card with the decision behind it."""
    decisions = (decision for decision, _ in answered.composition.shown)
    return zip(answered.response.cards, decisions, strict=True)


def _offered(kept: Reply) -> Offered | None:
    """The ids of the suggestions on each card; None where a uuid on one of them is of another making."""
    found = []
    if len(kept.answered.response.cards) != len(kept.answered.composition.shown):
        return None
    for card, decision in _shown(kept.answered):
        uuid = card_uuid(kept.client, kept.request.hook_instance, decision)
        names = (each.offer.suggestion for each in decision.offers)
        ids = {str(suggestion_uuid(uuid, name)): name for name in names}
        suggested = [each.uuid for each in card.suggestions or ()]
        if card.uuid != str(uuid) or not ids.keys() >= set(suggested):
            return None
        found.append(tuple(ids[each] for each in suggested))
    return tuple(found)


def _issued(kept: Reply, offered: Offered, instance: str) -> Reply:
    """The remembered reply under another hook instance."""
    answered = kept.answered
    cards = [
        _reissued(card, card_uuid(kept.client, instance, decision), names)
        for (card, decision), names in zip(_shown(answered), offered, strict=True)
    ]
    request = replace(kept.request, hook_instance=instance)
    response = _with(answered.response, cards=cards)
    return replace(kept, request=request, answered=replace(answered, response=response))


def _reissued(card: Card, uuid: UUID, offered: tuple[str, ...]) -> Card:
    fresh = _with(card, uuid=str(uuid))
    if card.suggestions:
        named = zip(card.suggestions, offered, strict=True)
        suggestions = [_with(each, uuid=str(suggestion_uuid(uuid, name))) for each, name in named]
        force_setattr(fresh, "suggestions", suggestions)
    return fresh


def _with(made: T, **fields: object) -> T:
    """A copy with other fields; what was checked when it was made is not checked again."""
    fresh = copy(made)
    for name, value in fields.items():
        force_setattr(fresh, name, value)
    return fresh
