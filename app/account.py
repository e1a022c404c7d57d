"""What the journal keeps of an answer, told in the writer's thread when the answer has long gone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from app.asked import Asked
from app.compose import Composition
from app.decide import Decision, Decisions, Outcome
from app.journal.records import Content, Decided, Listed, Place, Shown, listed
from app.protocol.response import Card
from app.render import suggestion_uuid
from app.sift import Sifted

_REMEMBERED = 128
"""Lists of some kilobytes: most calls decide what others did."""


class Account(Struct, frozen=True):
    """Decisions and cards, without the record, which would keep the whole request alive."""

    content: Content
    decisions: Decisions
    composition: Composition
    cards: Sequence[Card]

    def listed(self) -> Listed:
        """Every decision. What is dismissed is told once for all calls that decide the same."""
        places: dict[int, Place] = {id(each): "held back" for each in self.composition.held_back}
        places |= {id(each): "in shadow" for each in self.composition.in_shadow}
        places |= {id(each): "shown" for each, _ in self.composition.shown}
        of = self.decisions
        told = tuple(_told(each, places.get(id(each))) for each in of.looked_into)
        return _listed(self.content.digest, of.sifted, tuple(each.position for each in of.orders), told)

    def shown(self) -> Iterator[Shown]:
        """The cards, each with the recommendation that it is for."""
        for (decision, _), card in zip(self.composition.shown, self.cards, strict=True):
            uuids = [each.uuid for each in card.suggestions or ()]
            names = [each.offer.suggestion for each in decision.offers]
            if len(names) > len(uuids):  # some are no click for this order
                names = [each for each in names if suggestion_uuid(card.uuid, each) in uuids]
            yield Shown(card.uuid, decision.id, card.indicator, dict(zip(uuids, names, strict=True)))


def _told(decision: Decision, place: Place | None) -> Decided:
    applies = decision.outcome is Outcome.APPLIES
    return Decided(
        decision.id,
        decision.outcome.value,
        decision.order.position if decision.order else None,
        decision.deciding,
        decision.indicator if applies else None,
        decision.steps,
        place,
        tuple([(reason.source, reason.why, reason.label) for reason in decision.unchecked]),
    )


@lru_cache(maxsize=_REMEMBERED)
def _listed(
    digest: str, sifted: Sifted[Asked], positions: tuple[int, ...], told: tuple[Decided, ...]
) -> Listed:
    """The list of all for orders at these positions, where this came of what was looked into."""
    looked_into = iter(told)
    return listed(
        digest,
        (
            Decided(asked.id, Outcome.DOES_NOT_APPLY.value, position, (dismissing,))
            if dismissing
            else next(looked_into)
            for asked, dismissing in zip(sifted.every, sifted.dismissing, strict=True)
            for position in (positions if asked.about_orders else (None,))
        ),
    )
