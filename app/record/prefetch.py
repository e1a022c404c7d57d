"""What an answer to a query holds, whether the EHR sent it as prefetch or it was fetched.

Entries are decoded as far as they are read, or not at all. An answer that is missing, broken, an error or
cut is never an empty answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise, zip_longest

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from app.errors import TooMuch
from app.protocol.bounds import MOST_ENTRIES
from app.record import envelope
from app.record.dates import when
from app.record.envelope import DEEPEST, Envelope, Matches, type_of
from app.record.readers.sent import Resource, Sent, opened
from app.record.values import Gap, When

NOT_SENT = "not sent"
NOT_FHIR = "not FHIR"
ONE_PAGE = "only the first page was sent"
ERROR = "the EHR reported an error"
OTHER_TYPE = "another type of resource was sent"
TOO_LARGE = "too large"
UNREADABLE = "an entry could not be read"
_BESIDE = frozenset({"include", "outcome"})
"""How a search marks what it did not find itself: a total does not count it."""

Entries = Mapping[str, Sequence[Resource]]
"""Resources by their FHIR type, in the order in which they came."""


class Query(Struct, frozen=True):
    """One thing asked for: its prefetch key, the FHIR resource type it gives, and the query itself."""

    key: str
    source: str
    template: str


class Page(Struct, frozen=True):
    """One answer to a query, or several pages of it joined; `state` is a word for the log.

    `why` says why the query is not answered ("" when it is), `cut` why the rest of an answer was not
    read, `next` where the rest is ("" when that is not said). `size` counts what the search found, of any
    type, `total` how many were announced, `ignored` those of a type that nobody asked for. `sent` is all
    that the entries were read from.
    """

    state: str
    entries: Entries = msgspec.field(default_factory=dict)
    why: str = ""
    cut: str = ""
    next: str | None = None
    broken: bool = False
    ignored: int = 0
    size: int = 0
    total: int = 0
    sent: tuple[memoryview, ...] = ()

    @property
    def missing(self) -> str:
        """Why a part of the answer is not here: a total that nothing accounts for is a silent cut."""
        return self.cut or (ONE_PAGE if self.next is not None or self.total > self.size else "")

    @property
    def complete(self) -> bool:
        """Whether asking again could bring nothing more."""
        return not self.why and not self.missing


_ABSENT = Page("absent", why=NOT_SENT)
_SHORT = 80
"""The bytes of an empty Bundle, and few more."""
_EMPTY: dict[tuple[bytes, str], Page] = {}
"""What most keys hold in most calls: no data, in one of a few spellings."""
_MOST_EMPTY = 256


class Material(Struct, frozen=True):
    """All that was sent and fetched: resources by FHIR type, and what was not read.

    `answered` are the sources of which at least a part was read; `states` says for each query, by its
    key, what became of it; `ignored` counts what nobody asked for; `fetches` the requests made. `sent` is
    all that the resources were read from.
    """

    resources: Entries = msgspec.field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    answered: frozenset[str] = frozenset()
    states: Mapping[str, str] = msgspec.field(default_factory=dict)
    ignored: int = 0
    fetches: int = 0
    sent: tuple[memoryview, ...] = ()


def sort(prefetch: Mapping[str, Raw], queries: Iterable[Query]) -> dict[str, Page]:
    """The answer that prefetch holds to each query, by its key."""
    return {query.key: prefetched(prefetch.get(query.key), query) for query in queries}


def prefetched(value: Raw | None, query: Query) -> Page:
    """The answer to a query that was sent, or was not."""
    if value is None:
        return _ABSENT
    if len(value) > _SHORT:
        answer = page(value, query.source)
        if answer.why == TOO_LARGE:
            element = f"prefetch.{query.key}"
            raise TooMuch(f"{element} has more than {MOST_ENTRIES} entries.", element)
        return answer
    key = (bytes(value), query.source)
    found = _EMPTY.get(key)
    if found is None:
        found = page(value, query.source) if key[0] != b"null" else Page("null")
        if found.state in ("null", "empty") and not found.next and len(_EMPTY) < _MOST_EMPTY:
            _EMPTY[key] = found  # nothing of a patient is in there
    return found


def page(body: Raw, source: str, depth: int = 0) -> Page:
    """A prefetched value or a fetched body as an answer to a query for one FHIR resource type."""
    found = envelope.matches(body, source)
    if found is not None and found.plain and len(found.resources) <= MOST_ENTRIES:
        return _plain(found, source, body)
    outside = envelope.read(body)
    if outside is None or not outside.resource_type:
        return Page("not FHIR", why=NOT_FHIR)
    if outside.resource_type == "Bundle":
        if len(outside.entries) > MOST_ENTRIES:
            return Page("too large", why=TOO_LARGE)
        known = found.resources if found is not None else ()
        return replace(_bundle(outside, source, known, depth), sent=(envelope.inside(body),))
    if outside.resource_type == source:
        return Page("sent", {source: (body,)}, sent=(memoryview(body),))
    if outside.resource_type == "OperationOutcome":
        return Page("error", why=ERROR)
    return Page("other type", why=OTHER_TYPE, ignored=1)


def _plain(found: Matches, source: str, body: Raw) -> Page:
    if not found.resources:
        return Page("empty", next=found.next, total=found.total)
    entries, size, sent = {source: found.resources}, len(found.resources), (envelope.inside(body),)
    return Page("sent", entries, next=found.next, size=size, total=found.total, sent=sent)


def _bundle(bundle: Envelope, source: str, known: Sequence[Sent], depth: int) -> Page:
    """Resources of several types; those of the source in their elements, where these are known."""
    kept: dict[str, list[Resource]] = {}
    nested: list[Raw] = []
    failed, broken, ignored, size = False, bundle.broken, 0, 0
    for entry, sent in zip_longest(bundle.entries, known):
        kind = sent.resourceType if sent else type_of(entry.resource) if entry else None
        mode = entry.search.mode if entry and entry.search else None
        size += kind != "OperationOutcome" and mode not in _BESIDE
        if entry is None or kind is None:
            broken = True
        elif kind == "OperationOutcome":
            failed = failed or envelope.is_error(entry.resource)
        elif kind == "Bundle":
            nested.append(entry.resource)
        elif kind == source or kind == "Medication" or mode == "include":
            kept.setdefault(kind, []).append(sent if sent and kind == source else entry.resource)
        else:
            ignored += 1
    outer = Page(
        "error" if failed else "sent" if kept else "empty",
        kept,
        why=ERROR if failed else "",
        next=bundle.next,
        broken=broken,
        ignored=ignored,
        size=size,
        total=bundle.total,
    )
    if nested:
        outer = _with_nested(outer, [_nested(raw, source, depth) for raw in nested])
    if outer.ignored and source not in outer.entries:
        return Page("other type", why=OTHER_TYPE, ignored=outer.ignored)
    return outer


def _nested(bundle: Raw, source: str, depth: int) -> Page:
    return page(bundle, source, depth + 1) if depth < DEEPEST else Page("too deep", why=UNREADABLE)


def _with_nested(outer: Page, inner: Sequence[Page]) -> Page:
    """A page with what the Bundles in it hold; what one of them does not is a cut of the page."""
    missing = (each.missing or each.why for each in inner if each.why != OTHER_TYPE)
    return replace(
        outer,
        state="sent" if not outer.why and any(each.entries for each in inner) else outer.state,
        entries=_together(outer.entries, *(each.entries for each in inner)),
        cut=next(filter(None, missing), ""),
        broken=outer.broken or any(each.broken for each in inner),
        ignored=outer.ignored + sum(each.ignored for each in inner),
        size=outer.size + sum(max(each.size - 1, 0) for each in inner),
    )


def joined(first: Page, more: Page) -> Page:
    """A page and the one after it; what both hold counts once. An unread second page is a cut."""
    held = {_read_of(kind, each) for kind, some in first.entries.items() for each in some}
    new = {
        kind: [each for each in some if _read_of(kind, each) not in held]
        for kind, some in more.entries.items()
    }
    return replace(
        first,
        entries=_together(first.entries, new),
        cut=more.why,
        next=more.next,
        broken=first.broken or more.broken,
        ignored=first.ignored + more.ignored,
        size=first.size + more.size,
        sent=first.sent + more.sent,
    )


def _read_of(kind: str, resource: Resource) -> bytes:
    """What is read of a resource, as JSON, however it is held."""
    entry = opened(kind, resource)
    return bytes(resource) if entry is None and not isinstance(resource, Sent) else msgspec.json.encode(entry)


def _together(*some: Entries) -> Entries:
    kinds = dict.fromkeys(kind for each in some for kind in each)
    return {kind: [one for each in some for one in each.get(kind, ())] for kind in kinds}


def material(queries: Iterable[Query], pages: Mapping[str, Page]) -> Material:
    """What the answers to all queries hold together."""
    resources: dict[str, Sequence[Resource]] = {}
    gaps: list[Gap] = []
    answered: list[str] = []
    states: dict[str, str] = {}
    sent: list[memoryview] = []
    ignored = 0
    for query in queries:
        answer = pages[query.key]
        states[query.key] = answer.state
        ignored += answer.ignored
        for kind, each in answer.entries.items():
            resources[kind] = (*resources[kind], *each) if kind in resources else each
        sent += answer.sent
        complete = answer.complete
        if not complete or answer.broken:
            gaps += _gaps(query, answer)
        if complete or answer.entries:
            answered.append(query.source)
    return Material(resources, tuple(gaps), frozenset(answered), states, ignored, sent=tuple(sent))


def _gaps(query: Query, answer: Page) -> Iterable[Gap]:
    if answer.why:
        yield Gap(query.source, answer.why)
    elif answer.missing:
        yield Gap(query.source, answer.missing, _complete_since(query, answer))
    if answer.broken:
        yield Gap(query.source, UNREADABLE)


def _complete_since(query: Query, answer: Page) -> date | None:
    """The first day of which a cut answer holds everything, when it was sorted by date, latest first."""
    if query.source != "Observation" or "_sort=-date" not in query.template:
        return None
    found = [_day(each) for each in answer.entries.get(query.source, ())]
    days = [day for day in found if day is not None]
    falling = all(later.latest >= earlier.earliest for later, earlier in pairwise(days))
    if len(days) < max(2, len(found)) or not falling or days[0].earliest <= days[-1].latest:
        return None
    return days[-1].latest + timedelta(days=1)


class _Dated(msgspec.Struct, rename="camel"):
    effective_date_time: str | None = None
    effective_instant: str | None = None


def _day(observation: Resource) -> When | None:
    try:
        dated = msgspec.json.decode(_read_of("Observation", observation), type=_Dated)
    except (msgspec.DecodeError, RecursionError):
        return None
    return when(dated.effective_date_time or dated.effective_instant)
