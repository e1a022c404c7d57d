"""What a client can show of a response, by its profile. Pure; what is recorded is the response before it.

No card is ever dropped. A suggestion that a client cannot take is said in words on its card.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from msgspec.structs import replace

from app.plain_text import plain_text
from app.profiles import Profile
from app.protocol import first_release, response
from app.protocol.response import Action, Card, Link, Response, Source, Suggestion
from app.record.values import Order
from app.render import plain
from app.suggest import without_empty
from app.uuids import named

TOPIC_LIMIT = 100
_OF_THE_OLD = frozenset({"id", "identifier", "meta", "text"})
_R4 = ("R4", "4.0")
_EARLIER = frozenset({"ProcedureRequest", "MedicationOrder", "DiagnosticOrder", "ReferralRequest"})
"""Resource types of FHIR releases before R4."""


def body(
    found: Response, profile: Profile, orders: Iterable[Order], fhir_version: str | None = None
) -> bytes:
    """The JSON body for a client; `orders` are those of the call, `fhir_version` what the client says."""
    fitted = fit(found, profile, tuple(orders), fhir_version)
    return first_release.encode(fitted) if profile.release == "1.0" else response.encode(fitted)


def fit(found: Response, profile: Profile, orders: tuple[Order, ...], fhir_version: str | None) -> Response:
    """What the client can show; the same object where it can show all.

    A client of a FHIR release before R4 cannot take our orders, which are R4.
    """
    if (fhir_version and not fhir_version.startswith(_R4)) or any(each.kind in _EARLIER for each in orders):
        profile = profile.model_copy(update={"creates": False, "updates": "no"})
    elif profile.whole:
        return found
    cards = [_card(each, profile, orders) for each in found.cards]
    actions, where = found.system_actions, profile.system_actions
    mirrored = actions and where in ("extension", "both")
    extension = {**(found.extension or {}), **({"systemActions": actions} if mirrored else {})}
    return replace(
        found,
        cards=cards,
        system_actions=actions if where in ("root", "both") else None,
        extension=extension or None,
    )


def _card(card: Card, profile: Profile, orders: tuple[Order, ...]) -> Card:
    kept, left_out = _suggestions(card, profile, orders)
    words = f"**Not offered as a click here:** {'; '.join(plain(each) for each in left_out)}."
    detail = "\n\n".join([*([card.detail] if card.detail else []), *([words] if left_out else [])])
    return replace(
        card,
        source=_source(card.source, profile),
        detail=(plain_text(detail) if profile.detail == "plain" else detail) or None,
        suggestions=kept or None,
        selection_behavior=_behavior(card, profile) if kept else None,
        override_reasons=card.override_reasons if profile.override_reasons else None,
        links=list(_links(card.links or (), profile)) or None,
        extension=card.extension if profile.extensions else None,
    )


def _source(source: Source, profile: Profile) -> Source:
    topic = source.topic
    if topic is None or profile.topics == "code":
        return source
    code = "".join(each for each in topic.code if each.isascii() and each.isalnum())[:TOPIC_LIMIT]
    return replace(source, topic=replace(topic, code=code))


def _links(links: Iterable[Link], profile: Profile) -> Iterator[Link]:
    for link in links:
        listed = profile.links == "all" or urlsplit(link.url).hostname in profile.link_hosts
        if listed and profile.links != "none":
            yield link if profile.app_context else replace(link, app_context=None)


def _behavior(card: Card, profile: Profile) -> response.SelectionBehavior | None:
    if profile.suggestions == "both":
        return card.selection_behavior
    return "any" if profile.suggestions == "any" else "at-most-one"


def _suggestions(
    card: Card, profile: Profile, orders: tuple[Order, ...]
) -> tuple[list[Suggestion], list[str]]:
    """Those that the client can take, and the labels of those that it cannot."""
    offered = list(card.suggestions or ())
    if profile.suggestions == "none":
        return [], [each.label for each in offered]
    fitting = [(each, list(_fitted(each, profile, orders))) for each in offered]
    left_out = [each.label for each, kept in fitting if not kept]
    if card.selection_behavior == "at-most-one" and profile.suggestions == "any":
        fitting.sort(key=lambda each: not each[0].is_recommended)
        taken = [pair for pair in fitting if pair[1]]
        left_out += [each.label for each, _ in taken[1:]]
        fitting = taken[:1]
    kept = [suggestion for _, suggestions in fitting for suggestion in suggestions]
    return _one_recommended(kept) if profile.suggestions == "at-most-one" else kept, left_out


def _one_recommended(suggestions: list[Suggestion]) -> list[Suggestion]:
    first = next((each for each in suggestions if each.is_recommended), None)
    return [each if each is first else replace(each, is_recommended=None) for each in suggestions]


def _fitted(suggestion: Suggestion, profile: Profile, orders: tuple[Order, ...]) -> Iterator[Suggestion]:
    """The suggestion as the client can take it, in parts where it takes one action only; else none."""
    actions: list[Action] = []
    for action in suggestion.actions or ():
        possible = list(_possible(action, profile, orders))
        if not possible:
            return
        actions += possible
    if not profile.one_action or len(actions) == 1:
        yield replace(suggestion, actions=actions or None)
        return
    for number, action in enumerate(actions):
        label = f"{suggestion.label} ({number + 1} of {len(actions)}: {_STEPS[action.type]})"
        uuid = part_uuid(suggestion.uuid, number) if number else suggestion.uuid
        yield replace(suggestion, label=label, uuid=uuid, actions=[action])


def part_uuid(suggestion: str, number: int) -> str:
    """The uuid of a part of a suggestion after the first, which keeps the whole one's."""
    return named(suggestion, str(number))


_STEPS = {"create": "the new order", "update": "the change", "delete": "removes the old order"}
_CHECK = "Check its priority and details: your system sets its own."


def _possible(action: Action, profile: Profile, orders: tuple[Order, ...]) -> Iterator[Action]:
    """The action itself, a new order and a removal in its place, or nothing."""
    if action.type == "update" and profile.updates != "yes":
        if profile.updates == "split" and profile.creates:
            yield from (_described(each, profile) for each in _split(action, orders))
    elif action.type != "create" or profile.creates:
        yield _described(action, profile)


def _described(action: Action, profile: Profile) -> Action:
    if action.type != "create" or profile.details:
        return action
    return replace(action, description=f"{action.description} {_CHECK}")


def _split(action: Action, orders: tuple[Order, ...]) -> Iterator[Action]:
    """A new order and the removal of the old one; nothing where the same is ordered in another way.

    A client may take the code of a new order and nothing else, so that a change of anything else were lost.
    """
    changed = {name: each for name, each in (action.resource or {}).items() if name not in _OF_THE_OLD}
    reference = f"{changed.get('resourceType')}/{(action.resource or {}).get('id')}"
    order = next((each for each in orders if each.reference == reference), None)
    element = "medicationCodeableConcept" if "medicationCodeableConcept" in changed else "code"
    if order is None or without_empty(order.raw.get(element)) == changed.get(element):
        return
    instead = "Creates a draft order in place of this one, which is removed separately."
    removed = "Removes the draft order that the new one replaces."
    yield Action(type="create", description=instead, resource={**changed, "status": "draft"})
    yield Action(type="delete", description=removed, resource_id=reference)
