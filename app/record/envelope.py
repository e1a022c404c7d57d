"""The outside of a FHIR resource: its type, and the entries of a Bundle; tolerant of odd shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import GenericAlias
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw

from app.record.readers.sent import SENT, UNDECODABLE, Sent

T = TypeVar("T")

DEEPEST = 8
"""So deep Bundles are looked for in Bundles."""
_NULL = Raw(b"null")
_HARMLESS = frozenset({"warning", "information", "success"})


class Search(msgspec.Struct, gc=False):
    """How a search came to an entry: `match`, `include` (it brought it along) or `outcome`."""

    mode: str | None = None


class Entry(msgspec.Struct):
    """One entry of a Bundle."""

    resource: Raw = _NULL
    search: Search | None = None


class _Link(msgspec.Struct, gc=False):
    relation: str | None = None
    url: str | None = None


class _Bundle(msgspec.Struct, rename="camel"):
    """A resource whose outside is as it should be: read in one pass."""

    resource_type: str | None = None
    entry: list[Entry | None] | None = None
    link: list[_Link] | None = None
    total: int | None = None


class _Match(msgspec.Struct, Generic[T], gc=False):
    resource: T


class _Matches(msgspec.Struct, Generic[T], rename="camel"):
    """A Bundle of plain resources of one type: read in one pass with the elements of each."""

    resource_type: str
    entry: list[_Match[T]] | None = None
    link: list[_Link] | None = None
    total: int | None = None


class _Parts(msgspec.Struct, rename="camel"):
    """A resource whose outside is not: read part by part."""

    resource_type: Raw = _NULL
    entry: Raw = _NULL
    link: Raw = _NULL
    total: Raw = _NULL


class _Typed(msgspec.Struct, rename="camel"):
    resource_type: str


class _Bare(msgspec.Struct):
    resource: Raw = _NULL


class _Issue(msgspec.Struct):
    severity: str


class _Outcome(msgspec.Struct):
    issue: list[_Issue]


_bundle = msgspec.json.Decoder(_Bundle)
_matches: Mapping[str, msgspec.json.Decoder[_Matches[Sent]]] = {
    source: msgspec.json.Decoder(GenericAlias(_Matches, (sent,))) for source, sent in SENT.items()
}
_typed = msgspec.json.Decoder(_Typed)


class Envelope(msgspec.Struct, frozen=True):
    """`entries` holds None for an entry that is no object; `broken` says that a part is unreadable.

    `next` is the link to the rest of a search, "" when there is a rest but no address of it; `total` is 0
    when none is stated.
    """

    resource_type: str | None
    entries: tuple[Entry | None, ...] = ()
    next: str | None = None
    total: int = 0
    broken: bool = False


class Matches(msgspec.Struct, frozen=True):
    """What a search found; `next` and `total` as those of an Envelope.

    Those of `resources` that are of another type than what was searched for have lost most elements.
    """

    resources: tuple[Sent, ...]
    plain: bool
    next: str | None
    total: int


def matches(body: Raw, source: str) -> Matches | None:
    """A Bundle whose resources are in their usual form, opened as this type; `plain` if all are of it.

    None for anything else.
    """
    decoder = _matches.get(source)
    try:
        bundle = decoder.decode(body) if decoder else None
    except UNDECODABLE:
        return None
    if bundle is None or bundle.resource_type != "Bundle":
        return None
    resources = tuple([each.resource for each in bundle.entry or ()])
    plain = {each.resourceType for each in resources} <= {source}
    return Matches(resources, plain, _next(bundle.link), bundle.total or 0)


_HEAD = 1024


def inside(bundle: Raw) -> memoryview:
    """A Bundle less what comes before its entries (when the search was, ...), where that is plain to see."""
    view = memoryview(bundle)
    head = bytes(view[:_HEAD])
    begin = head.find(b'"entry"')
    return view[begin:] if begin > 0 and b"\\" not in head[:begin] else view


def read(body: Raw) -> Envelope | None:
    """The outside of a resource, or None for what is no JSON object."""
    try:
        bundle = _bundle.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return _read_parts(body)
    return Envelope(bundle.resource_type, tuple(bundle.entry or ()), _next(bundle.link), bundle.total or 0)


def resources(bundle: Raw, depth: int = 0) -> Iterator[Raw]:
    """The resources of a Bundle, and in place of a Bundle in it those that it holds."""
    outside = read(bundle)
    for entry in outside.entries if outside else ():
        if entry is None:
            continue
        if depth < DEEPEST and type_of(entry.resource) == "Bundle":
            yield from resources(entry.resource, depth + 1)
        else:
            yield entry.resource


def _read_parts(body: Raw) -> Envelope | None:
    parts = _decoded(body, _Parts)
    if parts is None:
        return None
    entries, links = _each(parts.entry), _each(parts.link)
    read_links = [_decoded(each, _Link) for each in links or ()]
    return Envelope(
        _decoded(parts.resource_type, str),
        tuple(_entry(each) for each in entries or ()),
        _next([link for link in read_links if link is not None]),
        _total(parts.total),
        broken=entries is None or links is None or None in read_links,
    )


def _each(raw: Raw) -> list[Raw] | None:
    """The items of a list; a lone object counts as a list of one; None for anything else."""
    if is_null(raw):
        return []
    if _decoded(raw, dict[str, Raw]) is not None:
        return [raw]
    return _decoded(raw, list[Raw])


def _entry(raw: Raw) -> Entry | None:
    bare = _decoded(raw, _Bare)
    return _decoded(raw, Entry) or (Entry(bare.resource) if bare else None)


def _decoded(raw: Raw, shape: type[T], *, strict: bool = True) -> T | None:
    try:
        return msgspec.json.decode(raw, type=shape, strict=strict)
    except (msgspec.DecodeError, RecursionError):
        return None


def _total(raw: Raw) -> int:
    """A total in any form that means a number."""
    try:
        return int(_decoded(raw, float, strict=False) or 0)
    except (ValueError, OverflowError):
        return 0


def _next(links: list[_Link] | None) -> str | None:
    if not links:
        return None
    return max([link.url or "" for link in links if (link.relation or "").lower() == "next"], default=None)


def type_of(resource: Raw) -> str | None:
    """The FHIR type of a resource, or None for what is no resource."""
    try:
        return _typed.decode(resource).resource_type
    except (msgspec.DecodeError, RecursionError):
        return None


def is_error(outcome: Raw) -> bool:
    """Whether an OperationOutcome is more than a warning; one that says nothing readable is."""
    read = _decoded(outcome, _Outcome)
    return read is None or not read.issue or any(each.severity not in _HARMLESS for each in read.issue)


def is_null(value: Raw) -> bool:
    """Whether a value is JSON null."""
    return memoryview(value).nbytes == 4 and bytes(value) == b"null"
