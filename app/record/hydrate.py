"""Prefetch first, then what is missing from the FHIR server, in parallel and inside the deadline."""

from __future__ import annotations

import re
from asyncio import gather
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from urllib.parse import quote

from msgspec import Raw
from msgspec.structs import replace

from app.protocol.request import Context, HookRequest
from app.record import envelope
from app.record.fhir_client import Fetched, FhirClient, Unread
from app.record.prefetch import Material, Page, Query, joined, material, page, prefetched
from app.record.readers.medications import unresolved_medications
from app.record.readers.references import referable, relative
from app.turns import pause

KEPT_SECONDS = 0.05
"""The part of the deadline that is left for deciding and answering."""
LONG = 128 * 1024
"""Bytes that take a good part of a millisecond to sort."""
MOST_PAGES = 10
MOST_MEDICATIONS = 40
MOST_BYTES = 4 * 1024 * 1024
"""Of all pages of one query together: queries are answered side by side, and each has as much."""
_TOKEN = re.compile(r"\{\{\s*context\.(\w+)\s*\}\}")


@dataclass(slots=True)
class Visit:
    """The requests that one call makes of its FHIR server, all over at `until` on the clock `now`."""

    client: FhirClient
    server: str
    token: str | None
    until: float
    now: Callable[[], float]
    fetches: int = 0

    async def get(self, path: str, limit: int) -> Fetched | Unread:
        """GET a path, or a URL of the same server, up to so many bytes."""
        self.fetches += 1
        return await self.client.get(self.server, path, self.token, self.until - self.now(), limit)


async def hydrate(
    request: HookRequest,
    queries: Sequence[Query],
    client: FhirClient,
    deadline_seconds: float,
    now: Callable[[], float] = monotonic,
) -> Material:
    """What the request holds and what could be fetched in time; what did not come is a gap."""
    until = now() + deadline_seconds - KEPT_SECONDS
    pages = await _sorted(request.prefetch, queries)
    undeclared = len(request.prefetch.keys() - pages.keys())
    if request.fhir_server is None:
        found = material(queries, pages)
        return replace(found, ignored=found.ignored + undeclared) if undeclared else found
    visit = Visit(client, request.fhir_server, request.token, until, now)
    missing = [query for query in queries if not pages[query.key].complete]
    fetched = await gather(*(_complete(pages[each.key], each, request.context, visit) for each in missing))
    pages |= {query.key: answer for query, answer in zip(missing, fetched, strict=True)}
    found = await _with_references(material(queries, pages), request.context, visit)
    return replace(found, ignored=found.ignored + undeclared, fetches=visit.fetches)


async def _sorted(prefetch: Mapping[str, Raw], queries: Sequence[Query]) -> dict[str, Page]:
    """The answer that prefetch holds to each query; around a long one others have their turn."""
    pages: dict[str, Page] = {}
    for query in queries:
        sent = prefetch.get(query.key)
        long = sent is not None and len(sent) > LONG
        if long:
            await pause()
        pages[query.key] = prefetched(sent, query)
        if long:
            await pause()
    return pages


async def _complete(sent: Page, query: Query, context: Context, visit: Visit) -> Page:
    """The answer to a query after asking for it; what was sent stays when nothing better comes."""
    if sent.next and not sent.why:
        return await _following(sent, query, visit)
    path = expanded(query.template, context)
    if path is None:
        return replace(sent, why="the request does not say for whom or which encounter")
    came = _read(await visit.get(path, MOST_BYTES), query)
    if not came.why:
        return await _following(replace(came, state="fetched"), query, visit)
    return replace(sent if sent.entries else came, state=f"{sent.state}, {came.why}")


async def _following(first: Page, query: Query, visit: Visit) -> Page:
    """A page with those after it, up to MOST_PAGES pages and MOST_BYTES bytes together."""
    whole, count, left = first, 1, MOST_BYTES
    while whole.next and not whole.cut:
        if count == MOST_PAGES or left <= 0:
            return replace(whole, cut=f"only the first {count} pages were read")
        answer = await visit.get(whole.next, left)
        left -= len(answer.body) if isinstance(answer, Fetched) else 0
        more = _read(answer, query)
        whole = joined(whole, more)
        if more.why:
            pages = "page was" if count == 1 else f"{count} pages were"
            return replace(whole, cut=f"only the first {pages} read ({more.why})")
        count += 1
    return whole


def _read(answer: Fetched | Unread, query: Query) -> Page:
    if isinstance(answer, Unread):
        return Page(answer.why, why=answer.why)
    return page(Raw(answer.body), query.source)


def expanded(template: str, context: Context) -> str | None:
    """The query with its context tokens filled and quoted; None when one of them has no value."""
    values = {
        "patientId": context.patient_id,
        "encounterId": context.encounter_id,
        "userId": context.user_id,
    }
    if any(not values.get(name) for name in _TOKEN.findall(template)):
        return None
    # A user is a reference, `Type/id`: its slash stays.
    filled = _TOKEN.sub(
        lambda match: quote(values[match[1]] or "", safe="/" * (match[1] == "userId")), template
    )
    return None if "{{" in filled else filled


async def _with_references(found: Material, context: Context, visit: Visit) -> Material:
    """The material with the Medications that are only referred to, and the current encounter."""
    wanted = [*_medications(found, context.draft_orders), *_current_encounter(found, context)]
    if not wanted:
        return found
    answers = await gather(*(visit.get(reference, MOST_BYTES // MOST_MEDICATIONS) for reference in wanted))
    resources, came = dict(found.resources), []
    for reference, answer in zip(wanted, answers, strict=True):
        kind = (relative(reference) or "").partition("/")[0]
        # What else came is left out: the readers say what could not be resolved.
        if isinstance(answer, Fetched) and envelope.type_of(Raw(answer.body)) == kind:
            resources[kind] = (*resources.get(kind, ()), Raw(answer.body))
            came.append(memoryview(answer.body))
    return replace(found, resources=resources, sent=(*found.sent, *came))


def _medications(found: Material, drafts: Raw | None) -> list[str]:
    """The Medications that requests and drafts only refer to."""
    sent = list(envelope.resources(drafts)) if drafts is not None else []
    requests = (*sent, *found.resources.get("MedicationRequest", ()))
    known = referable((*sent, *found.resources.get("Medication", ())))
    return sorted(unresolved_medications(requests, known))[:MOST_MEDICATIONS]


def _current_encounter(found: Material, context: Context) -> list[str]:
    """The encounter that the EHR named, where those that were read do not hold it."""
    name = f"Encounter/{context.encounter_id}"
    if not context.encounter_id or "Encounter" not in found.answered:
        return []
    return (
        []
        if name in referable(found.resources.get("Encounter", ()))
        else [f"Encounter/{quote(context.encounter_id, safe='')}"]
    )
