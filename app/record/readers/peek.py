"""The short way: most entries of a record are in no value set, and a look at their code shows it.

Whatever is unusual goes the long way, so that this changes nothing but the time.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec import Raw

from app.record.readers.elements import codings, text_of
from app.record.readers.references import UNDECODABLE, about
from app.record.readers.scope import Kind, RawJson, Scope
from app.record.readers.shapes import CONCEPT, shaped
from app.record.values import WatchedCodes


class _Subject(msgspec.Struct):
    reference: str | None = None


class _Peek(msgspec.Struct):
    """The few elements that decide; the rest of the entry is skipped undecoded."""

    resourceType: str
    code: Raw = Raw()
    medicationCodeableConcept: Raw = Raw()
    subject: _Subject | None = None
    patient: _Subject | None = None
    bodySite: Raw = Raw()
    performerType: Raw = Raw()
    component: Raw = Raw()


_PEEK = msgspec.json.Decoder(_Peek)


def irrelevant(kind: Kind, raw: RawJson, scope: Scope) -> bool:
    """Whether the entry is this patient's and its code can be read and is in no value set."""
    if kind.peek is None:
        return False
    try:
        peek = _PEEK.decode(raw)
    except UNDECODABLE:
        return False
    code = bytes(getattr(peek, kind.peek))
    if not code or peek.resourceType not in kind.types or not _ours(peek, scope):
        return False
    for name in kind.further:
        if getattr(peek, name):
            return False
    foreign = _unwatched(code, scope.watch)
    if foreign is None:
        return False
    scope.tally.irrelevant += 1
    if foreign:
        scope.tally.foreign.update(foreign)
    return True


def _ours(peek: _Peek, scope: Scope) -> bool:
    subject = peek.subject or peek.patient
    if subject is None or subject.reference == f"Patient/{scope.patient_id}":
        return True
    return about({"reference": subject.reference}, scope.patient_id)


@lru_cache(maxsize=16_384)
def _unwatched(code: bytes, watch: WatchedCodes) -> tuple[str, ...] | None:
    """The foreign systems of a concept that is in no value set; None when it is, or cannot be read."""
    try:
        concept = shaped(msgspec.json.decode(code), CONCEPT)
    except UNDECODABLE:
        return None
    triples, text = codings(concept), text_of(concept)
    if not triples and not text:
        return None
    found = watch.match(triples, text)
    return None if found.sets else found.foreign
