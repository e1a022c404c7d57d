"""What an EHR posts: read tolerantly where clients differ, refused where advice could go wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

import msgspec
from msgspec import Raw

from app.errors import BadRequest, TooMuch
from app.protocol.bounds import MOST_ENTRIES, MOST_ID, check_bounds

_NULL = Raw(b"null")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WRONG_TYPE = re.compile(r"Expected `(?P<expected>[^`]+)`, got `[^`]+`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_MISSING = re.compile(r"Object missing required field `(?P<name>\w+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_NOUNS = {"str": "a string", "object": "an object", "array": "a list", "bool": "true or false"}
_TOKEN = re.compile(r"[!-~]+")


class Context(msgspec.Struct, frozen=True):
    """Where the clinician is. `patient_id` is a bare id; `draft_orders` a Bundle, undecoded."""

    patient_id: str
    user_id: str | None = None
    encounter_id: str | None = None
    selections: tuple[str, ...] | None = None
    draft_orders: Raw | None = None

    def __repr__(self) -> str:
        return "Context(...)"  # who the patient is stays out of what is printed


class HookRequest(msgspec.Struct, frozen=True):
    """One call. `fhir_server` has no trailing slash; `token` is its bearer token, if one was given.

    Values of `prefetch` are undecoded, JSON null among them; a key that was not sent is absent.
    `fhir_version` is what the client says that its resources are, such as `R4`; most say nothing.
    """

    hook: str
    hook_instance: str
    context: Context
    fhir_server: str | None = None
    token: str | None = None
    prefetch: Mapping[str, Raw] = msgspec.field(default_factory=dict)
    fhir_version: str | None = None

    def __repr__(self) -> str:
        return f"HookRequest(hook={self.hook!r}, hook_instance={self.hook_instance!r}, ...)"


class _Authorization(msgspec.Struct):
    """`fhirAuthorization`; the rest of it is not needed, and scopes are tried rather than read."""

    access_token: str | None = None


class _Context(msgspec.Struct, rename="camel"):
    patient_id: str
    user_id: str | None = None
    encounter_id: str | None = None
    selections: tuple[str, ...] | None = None
    draft_orders: Raw = _NULL  # not `Raw | None`: msgspec reads that union as None only


class _Body(msgspec.Struct, rename="camel"):
    hook: str
    hook_instance: str
    context: _Context
    fhir_server: str | None = None
    fhir_authorization: _Authorization | None = None
    prefetch: dict[str, Raw] | None = None
    extension: Raw = _NULL


class _Extension(msgspec.Struct):
    """What is read of the extensions of requests."""

    fhir_version: str | None = msgspec.field(default=None, name="com.epic.cdshooks.request.fhir-version")


class _Drafts(msgspec.Struct, rename="camel"):
    """As much of draftOrders as tells whether it is a Bundle."""

    resource_type: str | None = None
    entry: list[Raw] | dict[str, Raw] | None = None


_decoder = msgspec.json.Decoder(_Body)
_drafts_decoder = msgspec.json.Decoder(_Drafts)


def parse(body: bytes) -> HookRequest:
    """The request in a body; BadRequest names the element that is missing or of the wrong type."""
    body = body.removeprefix(_BYTE_ORDER_MARK)
    check_bounds(body)
    try:
        if not body.isascii():
            # Raw parts are decoded later, by others: after this none of them can be broken UTF-8.
            body.decode()
        return _checked(_decoder.decode(body))
    except msgspec.ValidationError as error:
        _refuse(str(error))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadRequest("", "The body is not JSON in UTF-8.", "structure") from None
    except RecursionError:
        raise BadRequest("", "The body is nested too deeply.", "structure") from None


def _refuse(said: str, within: str = "") -> NoReturn:
    """Turn msgspec's message, which knows the element, into a sentence that holds no value."""
    if missing := _MISSING.match(said):
        element = _joined(within, missing["path"], missing["name"])
        raise BadRequest(element, f"{element} is missing.", "required") from None
    wrong = _WRONG_TYPE.match(said)
    expected = wrong["expected"].split(" | ") if wrong else []
    element = _joined(within, wrong["path"] if wrong else "")
    noun = next((_NOUNS[each] for each in reversed(expected) if each in _NOUNS), "of another type")
    raise BadRequest(element, f"{element or 'The body'} must be {noun}.", "structure") from None


def _joined(*parts: str | None) -> str:
    return ".".join(part for part in parts if part).replace("[...]", "")


def _checked(body: _Body) -> HookRequest:
    """What types do not say: nothing blank, a bare patient id, a token that fits into a header."""
    for element, text in (("hook", body.hook), ("hookInstance", body.hook_instance)):
        if not text.strip():
            raise BadRequest(element, f"{element} must not be blank.", "required")
        _short(element, text)
    _short("fhirServer", body.fhir_server)
    return HookRequest(
        body.hook,
        body.hook_instance,
        _context(body.context),
        (body.fhir_server or "").strip().rstrip("/") or None,
        _token(body.fhir_authorization),
        body.prefetch or {},
        _fhir_version(body.extension),
    )


def _fhir_version(extension: Raw) -> str | None:
    """What an extension says; it may be any JSON, and is no reason to refuse."""
    if bytes(extension) == b"null":
        return None
    try:
        return msgspec.json.decode(extension, type=_Extension).fhir_version
    except msgspec.DecodeError:
        return None


def _context(context: _Context) -> Context:
    _short("context.patientId", context.patient_id)
    _short("context.userId", context.user_id)
    _short("context.encounterId", context.encounter_id)
    patient = _bare(context.patient_id, "Patient")
    if patient is None:
        raise BadRequest("context.patientId", "context.patientId must be the id of a Patient.", "required")
    return Context(
        patient,
        context.user_id or None,
        _bare(context.encounter_id or "", "Encounter"),
        context.selections,
        _drafts(context.draft_orders),
    )


def _short(element: str, text: str | None) -> None:
    if text and len(text) > MOST_ID:
        raise BadRequest(element, f"{element} is longer than {MOST_ID} characters.", "too-long")


def _bare(reference: str, kind: str) -> str | None:
    """The id, also when a client sent a reference where the specification wants an id."""
    bare = reference.strip().rpartition(f"{kind}/")[2]
    return bare if bare.strip(".") else None


def _token(authorization: _Authorization | None) -> str | None:
    token = authorization.access_token if authorization else None
    if token and not _TOKEN.fullmatch(token):
        element = "fhirAuthorization.access_token"
        raise BadRequest(element, f"{element} must be a bearer token.")
    return token or None


def _drafts(raw: Raw) -> Raw | None:
    element = "context.draftOrders"
    if bytes(raw) == b"null":
        return None
    try:
        drafts = _drafts_decoder.decode(raw)
    except msgspec.ValidationError as error:
        _refuse(str(error), element)
    if drafts.resource_type not in (None, "Bundle"):
        raise BadRequest(element, f"{element} must be a Bundle.", "structure")
    if len(drafts.entry or ()) > MOST_ENTRIES:
        raise TooMuch(f"{element} has more than {MOST_ENTRIES} entries.", element)
    return raw
