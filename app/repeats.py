"""A call that was answered before: where only the hook instance differs, only the uuids do.

An EHR calls again whenever a chart is opened or a selection is made. What it sends is compared by digest
before anything of it is parsed. An answer may echo the draft that it is about; nothing else of what was
sent is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from app.answering import Answered
from app.clients import Client
from app.decide import Decision
from app.fit import part_uuid
from app.journal.records import Account, Content, Listed, Shown
from app.knowledge.recommendation import Service
from app.memory import Key, Memory
from app.record.values import Gap
from app.render import card_uuid, suggestion_uuid

_NAME = b'"hookInstance"'
_INSTANCE = re.compile(_NAME + rb'\s*:\s*"([!#-\[\]-~]{1,200})"')
_UUID = re.compile(rb'(?<="uuid":")([0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})(?=")')
_EACH = 500
"""About so many bytes are kept for each decision that is not of the content itself."""
_PARSED = 4
"""A draft takes about so many times the bytes of its JSON."""
_PARTS = 4
"""Into so many a suggestion may be taken apart for a client; none has as many."""


class Sent(Struct, frozen=True):
    """A body by the digest of all of it but its hook instance, which stands beside it."""

    key: Key
    instance: str


class Reply(Struct, frozen=True):
    """What came of a call, without what was sent.

    `client` is the id of the one who called, `instance` the call's hook instance, and three ids say whom and
    where it was about; `states` and `gaps` are those of its Material, `noted` what the log says of it, `body`
    what the client gets. `again` is what the journal keeps of a recalled one.
    """

    client: str
    instance: str
    patient: str
    user: str | None
    encounter: str | None
    states: Mapping[str, str]
    gaps: tuple[Gap, ...]
    answered: Answered
    noted: Mapping[str, object]
    body: bytes
    again: Again | None = None

    @property
    def account(self) -> Account:
        """What the journal keeps of it."""
        return self.again or self.answered.account


class Again(Struct, frozen=True):
    """The account of a recalled reply: all as it was, `cards` among it, but for their uuids."""

    content: Content
    decisions: Listed
    cards: tuple[Shown, ...]
    uuids: tuple[str, ...]

    def listed(self) -> Listed:
        """Every decision."""
        return self.decisions

    def shown(self) -> Iterator[Shown]:
        """The cards under their own uuids."""
        return map(_reissued, self.cards, self.uuids)


class _Name(Struct, frozen=True):
    """What a uuid in a body names: a card by its number, or a suggestion on it, or a part of one."""

    card: int
    suggestion: str = ""
    part: int = 0


class _Template(Struct, frozen=True):
    """A reply without its uuids: `pieces` of its body stand between those that `names` tell of."""

    pieces: tuple[bytes, ...]
    names: tuple[_Name, ...]
    again: Again


class _Kept(Struct):
    """A remembered reply. Its template is made when it is recalled for the first time."""

    reply: Reply
    looked_at: bool = False
    template: _Template | None = None

    def issued(self, instance: str) -> Reply | None:
        """The reply under another hook instance; None where a uuid in its body is of another making."""
        if not self.looked_at:
            self.looked_at, self.template = True, _template(self.reply)
        if self.template is None:
            return None
        kept, of = self.reply, self.template
        cards = tuple(card_uuid(kept.client, instance, each) for each in _decisions(kept))
        parts = [of.pieces[0]]
        for name, piece in zip(of.names, of.pieces[1:], strict=True):
            parts += (_named(name, cards[name.card]).encode(), piece)
        again = Again(of.again.content, of.again.decisions, of.again.cards, cards)
        asker = (kept.client, instance, kept.patient, kept.user, kept.encounter)
        told = (kept.states, kept.gaps, kept.answered, kept.noted)
        return Reply(*asker, *told, b"".join(parts), again)


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
        place = body.find(_NAME)
        instance = _INSTANCE.match(body, place) if place >= 0 else None
        if self._memory is None or instance is None or body.rfind(_NAME) != place:
            return None
        begin, end = instance.span(1)
        view = memoryview(body)
        key = self._memory.key((view[:begin], view[end:]), (client.id, service.id, self._around()))
        return Sent(key, instance[1].decode())

    def recall(self, sent: Sent | None) -> Reply | None:
        """The reply to the same call, under the hook instance of this one."""
        kept = self._memory.recall(sent.key) if self._memory is not None and sent is not None else None
        return kept.issued(sent.instance) if kept is not None and sent is not None else None

    def keep(self, sent: Sent | None, client: Client, reply: Reply, drafts: int) -> None:
        """Remember a reply to which nothing led but what was sent, so many bytes of drafts among it.

        Ratings carry ids of their call inside the orders: calls of who asks for them are always read.
        """
        if self._memory is None or sent is None or client.rating or sent.instance != reply.instance:
            return
        decisions = reply.answered.decisions.looked_into
        texts = sum(len(found.what) for each in decisions for found in each.findings)
        size = 2 * (len(reply.body) + texts) + _PARSED * drafts + _EACH * len(decisions)
        self._memory.keep(sent.key, _Kept(reply), size)


def _template(reply: Reply) -> _Template | None:
    uuids, account = _uuids(reply), reply.account
    pieces = _UUID.split(reply.body)
    names = [uuids.get(each.decode()) for each in pieces[1::2]]
    if None in names:
        return None
    again = Again(account.content, account.listed(), tuple(account.shown()), ())
    return _Template(tuple(pieces[0::2]), tuple(filter(None, names)), again)


def _decisions(reply: Reply) -> Iterator[Decision]:
    """The decision behind each card."""
    return (decision for decision, _ in reply.answered.composition.shown)


def _uuids(reply: Reply) -> dict[str, _Name]:
    """Every uuid that the body of this reply may have, with what it names."""
    found: dict[str, _Name] = {}
    for number, decision in enumerate(_decisions(reply)):
        card = card_uuid(reply.client, reply.instance, decision)
        names = [_Name(number)]
        names += [
            _Name(number, each.offer.suggestion, part) for each in decision.offers for part in range(_PARTS)
        ]
        found |= {_named(name, card): name for name in names}
    return found


def _named(name: _Name, card: str) -> str:
    """The uuid of what is named, on this card."""
    if not name.suggestion:
        return card
    whole = suggestion_uuid(card, name.suggestion)
    return part_uuid(whole, name.part) if name.part else whole


def _reissued(shown: Shown, card: str) -> Shown:
    suggestions = {suggestion_uuid(card, name): name for name in shown.suggestions.values()}
    return Shown(card, shown.recommendation, shown.indicator, suggestions)
