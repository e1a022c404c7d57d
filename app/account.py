"""What the journal keeps of an answer, told in the writer's thread when the answer has long gone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from uuid import UUID

from msgspec import Struct

from app.compose import Composition
from app.decide import Decision, Outcome
from app.journal.records import Content, Decided, Place, Shown
from app.protocol.response import Card
from app.render import suggestion_uuid


class Account(Struct, frozen=True):
    """Decisions and cards, without the record, which would keep the whole request alive."""

    content: Content
    decisions: tuple[Decision, ...]
    composition: Composition
    cards: Sequence[Card]

    def decided(self) -> Iterator[Decided]:
        """Every decision."""
        composition = self.composition
        places: dict[int, Place] = {id(each): "held back" for each in composition.held_back}
        places |= {id(each): "in shadow" for each in composition.in_shadow}
        places |= {id(each): "shown" for each, _ in composition.shown}
        for each in self.decisions:
            if each.outcome is Outcome.DOES_NOT_APPLY and not each.unchecked:
                yield _dismissed(each.id, each.order.position if each.order else None, each.deciding)
                continue
            yield Decided(
                each.id,
                each.outcome.value,
                each.order.position if each.order else None,
                each.deciding,
                each.indicator if each.outcome is Outcome.APPLIES else None,
                each.steps,
                places.get(id(each)),
                tuple((reason.source, reason.why, reason.label) for reason in each.unchecked),
            )

    def shown(self) -> Iterator[Shown]:
        """The cards, each with the recommendation that it is for."""
        for (decision, _), card in zip(self.composition.shown, self.cards, strict=True):
            uuid, offered = UUID(card.uuid), {each.uuid for each in card.suggestions or ()}
            names = (each.offer.suggestion for each in decision.offers)
            by_uuid = {str(suggestion_uuid(uuid, name)): name for name in names}
            suggestions = {each: name for each, name in by_uuid.items() if each in offered}
            yield Shown(card.uuid, decision.id, card.indicator, suggestions)


@lru_cache(maxsize=4_096)
def _dismissed(recommendation: str, order: int | None, deciding: tuple[str, ...]) -> Decided:
    """What does not apply is most of every call, and the same in many."""
    return Decided(recommendation, Outcome.DOES_NOT_APPLY.value, order, deciding)
