"""The entries of `draftOrders`, out of Bundles in Bundles and groups of orders, and how they are named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from app.errors import BadRequest, TooMuch
from app.protocol.bounds import MOST_ENTRIES
from app.record.amounts import listed
from app.record.envelope import DEEPEST
from app.record.readers.elements import word
from app.record.readers.references import relative, target
from app.record.readers.scope import Json
from app.record.readers.sent import UNDECODABLE, RawJson

ELEMENT = "context.draftOrders"
GROUPS = frozenset({"CarePlan", "RequestGroup", "RequestOrchestration"})
"""What orders are put together in, contained or by reference."""
_AS_SENT = msgspec.json.Decoder(float_hook=lambda digits: msgspec.Raw(digits.encode()))
"""Keeps every digit of a decimal: the EHR gets its own order back, not our reading of it."""
_DECIMAL = re.compile(rb"\d[.eE]")
_POINTERS = ("resource", "reference", "plannedActivityReference")


class Entry(NamedTuple):
    """One resource among the drafts, empty where none could be found; `as_sent` keeps every digit of it.

    `where` is its element in the request, `names` are how a selection or a reference may name it. What
    is contained in a group goes by the names of the group: it has none outside of it.
    """

    resource: Json
    as_sent: Json
    where: str
    names: frozenset[str]
    contained: bool = False


def entries(draft_orders: RawJson | Json) -> tuple[Entry, ...]:
    """Every entry, those of nested Bundles and of groups in their place.

    Raises BadRequest for what is no Bundle and no resource, TooMuch for more entries than are read.
    """
    as_sent, readable = _twice(draft_orders)
    found = tuple(islice(_unpacked(readable, as_sent, ELEMENT, 0), MOST_ENTRIES + 1))
    if len(found) > MOST_ENTRIES:
        raise TooMuch(f"{ELEMENT} has more than {MOST_ENTRIES} entries.", ELEMENT)
    return found


def _twice(draft_orders: RawJson | Json) -> tuple[Json, Json]:
    """The draft orders as they were sent, and with plain numbers to read."""
    if isinstance(draft_orders, dict):
        return draft_orders, draft_orders
    try:
        readable = msgspec.json.decode(draft_orders)
        as_sent = _AS_SENT.decode(draft_orders) if _DECIMAL.search(draft_orders) else readable
    except UNDECODABLE:
        raise BadRequest(ELEMENT, "The draft orders are not JSON that can be read.") from None
    if not isinstance(readable, dict):
        raise BadRequest(ELEMENT, "The draft orders are not a Bundle.")
    return as_sent, readable


def _unpacked(sent: Json, as_sent: Json, where: str, depth: int) -> Iterator[Entry]:
    """The resource of each entry, or the entry itself where it is one."""
    if sent.get("entry") is None:
        if sent.get("resourceType", "Bundle") != "Bundle":
            yield from _grouped(sent, as_sent, where, _names(sent))
        return
    for number, (entry, same) in enumerate(zip(listed(sent["entry"]), listed(as_sent["entry"]), strict=True)):
        here = f"{where}.entry[{number}].resource"
        resource = entry.get("resource", entry) if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or depth == DEEPEST:
            yield Entry({}, {}, here, frozenset())
        elif resource.get("resourceType") == "Bundle":
            yield from _unpacked(resource, same.get("resource", same), here, depth + 1)
        else:
            names = _names(resource, entry.get("fullUrl"))
            yield from _grouped(resource, same.get("resource", same), here, names)


def _grouped(resource: Json, as_sent: Json, where: str, names: frozenset[str]) -> Iterator[Entry]:
    """The resource and, if it is a group, what it contains; each of these can see the others."""
    yield Entry(resource, as_sent, where, names)
    if word(resource.get("resourceType")) not in GROUPS:
        return
    held = listed(resource.get("contained"))
    for number, (each, same) in enumerate(zip(held, listed(as_sent.get("contained")), strict=True)):
        inside = {**each, "contained": held} if isinstance(each, dict) else {}
        yield Entry(inside, same, f"{where}.contained[{number}]", names, contained=True)


def _names(resource: Mapping[str, Any], full_url: object = None) -> frozenset[str]:
    """`Type/id`, the id alone, and the full URL with what can be told from it."""
    kind, name = word(resource.get("resourceType")), word(resource.get("id")).strip()
    names = {name, f"{kind}/{name}"} if name else set()
    url = word(full_url).strip()
    found = target(url) if url else None
    if found is not None:
        names |= {url, found[1], f"{kind}/{found[1]}"}
    return frozenset(names)


def named(drafts: Iterable[Entry]) -> dict[str, Json]:
    """The resources that references may point to, by what they may be called there."""
    return {
        name: each.resource
        for each in drafts
        if not each.contained
        for name in each.names
        if "/" in name or ":" in name
    }


def whole(group: Json, known: Mapping[str, Json]) -> bool:
    """Whether everything that a group refers to is here."""
    held = {f"#{word(each.get('id'))}" for each in listed(group.get("contained")) if isinstance(each, dict)}
    return all(each in held or each in known or relative(each) in known for each in _members(group))


def _members(group: Json) -> Iterator[str]:
    """What a group or an action of it refers to; "" for an action that does not say what is to be done."""
    for each in [*listed(group.get("action")), *listed(group.get("activity"))]:
        if not isinstance(each, dict):
            yield ""
            continue
        pointers = [each[name] for name in _POINTERS if isinstance(each.get(name), dict)]
        yield from (word(pointer.get("reference")) for pointer in pointers)
        if not pointers and not each.get("action"):
            yield ""
        yield from _members(each)


def chosen(drafts: Sequence[Entry], selections: Sequence[str]) -> tuple[frozenset[int], int]:
    """The positions of the drafts that selections name, and how many selections name none.

    Where none of them names any, every draft is meant: which one was selected is then not known. For
    the same reason a draft without a name is, where a selection is left over.
    """
    if not selections:
        return frozenset(range(len(drafts))), 0
    wanted = {frozenset(filter(None, (each.strip(), relative(each.strip())))) for each in selections}
    wanted.discard(frozenset())
    known = frozenset[str]().union(*(each.names for each in drafts))
    lost = sum(known.isdisjoint(ways) for ways in wanted)
    if lost == len(wanted):
        return frozenset(range(len(drafts))), lost
    picked = frozenset[str]().union(*wanted)
    return frozenset(
        position
        for position, each in enumerate(drafts)
        if not picked.isdisjoint(each.names) or (lost and not each.names)
    ), lost
