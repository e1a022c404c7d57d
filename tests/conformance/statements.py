"""Every statement of the wire that this service is held to: its level, what it says, and who proves it.

Ids are those of the project's checklist of CDS Hooks (2.0.1, with 1.0, 1.1 and the 3.0 ballot), its
hooks library, its logical model (`cds-…`, `ord-1`) and its security practices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])

STATEMENTS: dict[str, tuple[str, str]] = {
    # JSON
    "J-1": ("SHALL", "JSON (over HTTPS in production: SECURITY.md names the tests)"),
    "J-2": ("SHALL NOT", "null or empty elements"),
    "J-3": ("SHALL", "an optional attribute without a value is left out"),
    "J-4": ("SHALL", "FHIR resources are JSON objects without anything empty"),
    "J-5": ("SHOULD NOT", "comments or trailing commas"),
    "J-6": ("SHALL", "required strings are not blank"),
    "J-7": ("SHALL", "`extension` is the only name beside those of the specification"),
    # Discovery
    "D-1": ("SHALL", "GET {base}/cds-services"),
    "D-2": ("SHALL", "an object with the list `services`"),
    "D-3": ("SHALL", "200"),
    "D-4": ("SHOULD", "no services: an empty list"),
    "D-5": ("MAY", "other statuses"),
    "D-6": ("SHALL", "each service names its hook"),
    "D-7": ("SHALL", "each service has a URL-safe id"),
    "D-8": ("SHALL", "each service has a description"),
    "D-9": ("SHOULD", "each service has a title"),
    "D-10": ("MAY", "prefetch: key to query; left out when there is none"),
    "D-11": ("MAY", "usageRequirements"),
    "D-12": ("SHOULD (3.0)", "version of the specification"),
    "D-13": ("MAY (3.0)", "hookVersion"),
    "D-14": ("MAY", "one id for several hooks"),
    "D-15": ("MAY", "extension on the response or on a service"),
    "D-16": ("SHALL", "the path depends on the id only; a shared id looks at the hook"),
    "D-17": ("note", "discovery and services share a base URL"),
    "D-18": ("SHALL", "where a JWT is asked for, discovery asks for it too"),
    # Invocation
    "R-1": ("SHALL", "POST of JSON at {base}/cds-services/{id}"),
    "R-2": ("SHALL", "a hook that the service does not advertise is refused"),
    "R-3": ("SHALL", "hookInstance is required; any UUID will do"),
    "R-4": ("COND", "fhirServer goes with fhirAuthorization; http is refused in production only"),
    "R-5": ("MAY", "fhirAuthorization"),
    "R-6": ("SHALL", "context is required"),
    "R-7": ("MAY", "prefetch may be absent"),
    "R-8": ("SHALL", "unknown keys and extensions at any level do no harm"),
    "R-9": ("SHOULD", "an answer within some 500 ms"),
    "R-10": ("note", "each call stands alone"),
    "R-11": ("note", "a `user` at top level from before 1.0 is tolerated"),
    "R-12": ("SHALL", "resources of a context are of one FHIR version, which is not said"),
    # Prefetch templates
    "P-1": ("SHALL", "a template is a FHIR read or search, relative"),
    "P-2": ("SHALL", "tokens stand in double braces"),
    "P-3": ("SHALL", "tokens are root fields of the context, or user tokens"),
    "P-4": ("SHALL", "a token is named context.field"),
    "P-5": ("note", "context.userId holds its type already"),
    "P-6": ("SHALL NOT", "draftOrders or selections as a token"),
    "P-7": ("note", "encounterId may be absent"),
    "P-8": ("MAY (3.0)", "FHIRPath tokens"),
    "P-10": ("allowed", "read of a known instance"),
    "P-11": ("allowed", "search by type"),
    "P-12": ("allowed", "reference parameters"),
    "P-13": ("allowed", "token parameters by equality or :in"),
    "P-14": ("allowed", "date parameters with eq lt gt ge le"),
    "P-15": ("allowed", "_count"),
    "P-16": ("allowed", "_sort"),
    "P-17": ("avoid", "everything else: chains, includes, :missing, _elements"),
    "P-18": ("note", "no relative dates before 3.0"),
    # Prefetch as it comes
    "P-20": ("MAY", "the client honours none, some or all templates"),
    "P-21": ("SHALL", "what is missing is fetched"),
    "P-22": ("SHALL", "412 when needed data cannot be had"),
    "P-23": ("note", "an absent key is unknown"),
    "P-24": ("note", "a null key is no data"),
    "P-25": ("note", "a Bundle without entries is no data"),
    "P-26": ("SHOULD", "OperationOutcomes are looked at: a warning beside nothing is no data"),
    "P-27": ("note", "an OperationOutcome with an error is data that could not be had"),
    "P-28": ("MAY", "a next link is followed, or the cut is said"),
    "P-29": ("note", "a resource or any Bundle; type and fullUrl are not insisted on"),
    "P-30": ("note", "the shape from before 1.0 is no answer"),
    "P-31": ("SHALL", "unknown keys are ignored"),
    "P-32": ("note", "references may be relative or absolute"),
    "P-33": ("SHOULD", "only what every call needs is asked for"),
    # FHIR access
    "F-1": ("MAY", "the FHIR server is used when both fields are there"),
    "F-2": ("SHALL", "the token is presented on each call"),
    "F-3": ("SHOULD", "prefetch and FHIR server are both supported"),
    "F-4": ("SHALL", "the token is never stored, shared or logged, nor used after the answer"),
    "F-5": ("note", "a server without authorization is open, and must be one that is allowed"),
    "F-6": ("note", "401 and 403 degrade to what was sent"),
    "F-7": ("note", "scopes are tried, not read"),
    # Response
    "S-1": ("SHALL", "200 with the list `cards`"),
    "S-2": ("MAY", "systemActions, left out when there are none"),
    "S-3": ("SHOULD", "nothing to say is an empty list"),
    "S-4": ("SHALL", "412 for data that cannot be had; other statuses as they fit"),
    "S-5": ("SHOULD (3.0)", "errors carry an OperationOutcome"),
    "S-6": ("note", "each answer is the whole current set of cards"),
    # Card
    "C-1": ("OPT", "uuid: a lower-case RFC 4122 UUID"),
    "C-2": ("REQ", "summary: one sentence under 140 characters"),
    "C-3": ("OPT", "detail: Markdown without raw HTML; its links stand in links too"),
    "C-4": ("REQ", "indicator: info, warning or critical"),
    "C-5": ("REQ", "source: an object"),
    "C-6": ("REQ", "source.label"),
    "C-7": ("OPT", "source.url: absolute, not about the patient"),
    "C-8": ("OPT", "source.icon: absolute"),
    "C-9": ("OPT", "source.topic: a Coding"),
    "C-10": ("OPT", "suggestions: not empty"),
    "C-11": ("COND", "selectionBehavior with suggestions and only then"),
    "C-12": ("OPT", "overrideReasons: Codings with display"),
    "C-13": ("OPT", "links: not empty"),
    "C-14": ("MAY", "extension with reverse-DNS keys"),
    # Suggestions and actions
    "U-1": ("REQ", "a suggestion has a label"),
    "U-2": ("OPT", "a suggestion has a uuid"),
    "U-3": ("OPT", "more than one is recommended with `any` only"),
    "U-4": ("OPT", "actions: not empty, taken together"),
    "U-5": ("OPT (3.0)", "actionSelectionBehavior is not sent unasked"),
    "A-1": ("REQ", "type: create, update or delete"),
    "A-2": ("REQ", "description, also of system actions"),
    "A-3": ("REQ", "create: a new draft without an invented id"),
    "A-4": ("REQ", "update: the whole resource with its id"),
    "A-5": ("REQ", "delete: resourceId, a relative reference"),
    "A-6": ("note", "what is changed or deleted is in draftOrders"),
    "SA-1": ("SHALL", "system actions only where a client asked for them"),
    "SA-2": ("note", "no feedback is defined for system actions"),
    "SA-3": ("SHOULD NOT", "a card that says what a system action says"),
    # Links
    "L-1": ("REQ", "label, absolute url, type"),
    "L-2": ("OPT", "appContext with smart links only"),
    "L-3": ("OPT", "autolaunchable"),
    "L-4": ("3.0", "SMART launch by a Task"),
    # Security
    # Security
    "SEC-1": ("SHALL", "TLS on every production route"),
    "SEC-2": ("SHOULD", "authentication where data could be exposed"),
    "SEC-3": ("SHALL", "a bearer JWT on every call"),
    "SEC-4": ("note", "header: alg, kid, typ, jku"),
    "SEC-5": ("note", "payload: iss, aud as text or list, exp, iat, jti, tenant; others tolerated"),
    "SEC-6": ("SHALL", "aud is the URL of the endpoint; a list may be configured"),
    "SEC-7": ("SHALL NOT", "alg none or symmetric; ES384 and RS384 are supported; alg pinned to the key"),
    "SEC-8": ("SHOULD", "iss and jku on a list; an unlisted jku is never fetched"),
    "SEC-9": ("BP", "iss, aud, exp, nbf, iat, tenant, signature, jti in that order"),
    "SEC-10": ("BP", "401 without details; the token is never logged"),
    "SEC-11": ("MAY", "mutual TLS"),
    "SEC-12": ("note", "the client's JWT is not the FHIR token"),
    "CORS-1": ("SHALL", "CORS on every endpoint and error; preflight without authentication"),
    # Extensions
    "X-1": ("SHALL", "an extension is an object"),
    "X-2": ("SHOULD", "its keys are reverse-DNS"),
    "X-3": ("note", "the name `extension` is reserved"),
    "X-4": ("note", "its values may be any JSON"),
    "X-5": ("note", "CRD's configuration options"),
    # Logical model
    "cds-r-1": ("error", "fhirAuthorization needs fhirServer"),
    "cds-r-2": ("warning", "a patient/ scope needs patient"),
    "cds-resp-1": ("error", "at-most-one has at most one recommended"),
    "cds-resp-2": ("warning", "a delete has a resourceId and no resource"),
    "cds-resp-3": ("error", "appContext with smart links only"),
    "cds-resp-4": ("error", "override reasons have a display"),
    "cds-resp-5": ("error", "actions of suggestions have a description"),
    "cds-resp-6": ("error", "suggestions have a selectionBehavior"),
    "cds-resp-7": ("error", "actionSelectionBehavior is one of three"),
    "ord-1": ("error", "userId and selections are Type/id"),
    # Versions
    "V-1": ("1.0", "a client of 1.0 is sent nothing that came later; `resource` names what to delete"),
    "V-2": ("1.1", "uuid, feedback, override reasons, topic are additions that older clients ignore"),
    "V-3": ("2.0", "next links in prefetch"),
    "V-4": ("2.0", "OperationOutcome in prefetch"),
    "V-5": ("2.0", "user tokens and PractitionerRole as user"),
    "V-6": ("3.0", "FHIRPath tokens, actionSelectionBehavior and SMART STU2 scopes"),
    # Hooks
    "H-1": ("REQ", "patient-view: userId, patientId; encounterId optional"),
    "H-2": ("REQ", "order-select: selections and draftOrders beside them"),
    "H-3": ("note", "order-select focuses on the selected orders; the others are context"),
    "H-4": ("note", "selections that match nothing, an empty Bundle, repeats"),
    "H-5": ("note", "details of an order may be missing"),
    "H-6": ("REQ", "order-sign: every order, no selections"),
    "H-7": ("note", "order-sign at re-sign: other statuses than draft"),
    "H-8": ("note", "draftOrders without type, fullUrl or ids"),
    "H-9": ("note", "other request types in draftOrders, also of STU3 and DSTU2"),
    "H-10": ("maturity 0-1", "order-dispatch, encounter-start, encounter-discharge, appointment-book"),
    "H-11": ("0.1", "hooks on problems, allergies, refills and verification of drugs"),
    "H-12": ("deprecated", "medication-prescribe, order-review"),
    # Feedback
    "FB-1": ("SHALL", "feedback is authenticated as any other call; its audience is its own URL"),
    "FB-2": ("MAY", "many cards at once, and the same card again: no report counts twice"),
    "FB-3": ("note", "a card that was set aside without a reason, or never reported, is fine"),
    "FB-4": ("ours", "200 without a body, also for unknown cards; 400 for what is malformed"),
    "FB-5": ("ours", "Epic's and the sandbox's bodies are read"),
    "FB-6": ("ours", "free text of clinicians is not kept unless the site wants it"),
    "FB-7": ("1.0", "there is no feedback"),
    "cds-fb-1": ("LM", "the outcome is accepted or overridden"),
    "cds-fb-2": ("LM", "what was accepted names its suggestions; without them it is taken all the same"),
    "cds-fb-3": ("LM", "an override reason has a coding or a comment; without them it is taken all the same"),
    # Ambiguities
    "Q-1": ("ours", "a summary has at most 139 characters"),
    "Q-2": ("ours", "errors are application/json"),
    "Q-3": ("ours", "system actions have a description"),
    "Q-4": ("ours", "null for a search is no data"),
    "Q-5": ("ours", "an OperationOutcome inside a Bundle counts by its severity"),
    "Q-6": ("ours", "a bare user id is accepted"),
    "Q-7": ("ours", "aud is compared but for a trailing slash"),
    "Q-8": ("ours", "feedback is told by the uuid of its card"),
    "Q-9": ("ours", "both forms of delete only for a 1.0 client"),
    "Q-10": ("ours", "version is a semantic version"),
    "Q-11": ("ours", "repeated calls are stable in topic and content"),
}  # fmt: skip

NOT_OURS: dict[str, str] = {
    "D-5": "nothing but 401 (D-18) is ever needed",
    "D-13": "published values contradict each other; a strict one would be wrong for somebody",
    "D-14": "the public sandbox lets the last of two services with one id win, so each hook has its own id",
    "P-7": "no template asks for an encounter: all encounters of the patient are asked for",
    "P-8": "clients only should support them, and every template works without",
    "P-14": "no template bounds a date: relative dates need 3.0, and what comes is filtered here",
    "L-3": "no link launches anything",
    "L-4": "there is no SMART app",
    "SA-2": "nothing is defined",
    "X-5": "this is no service of the CRD guide",
    "cds-r-2": "a duty of the client; scopes are tried, not read (F-7)",
    "H-10": "no recommendation of the pathway speaks at these moments; hooks of low maturity",
    "H-11": "drafts of the hooks library; a site's trigger can be sent as patient-view, as Epic does",
    "H-12": "superseded by order-select and order-sign",
    "FB-7": "older clients post elsewhere or not at all",
    "V-6": "sent to nobody, and needed from nobody",
}


def holds(*ids: str) -> Callable[[Test], Test]:
    """Marks a test as the proof of these statements."""
    unknown = [each for each in ids if each not in STATEMENTS or each in NOT_OURS]
    if unknown:
        raise ValueError(f"no statement of ours: {unknown}")

    def same(test: Test) -> Test:
        return test

    return same
