"""Reading the body of a hook call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadRequest
from app.protocol.request import parse

SANDBOX = Path(__file__).parent.parent / "requests" / "sandbox"
ABSENT = object()


def body(**changes: Any) -> bytes:
    """A complete body with keys replaced; ABSENT leaves one out."""
    whole: dict[str, Any] = {
        "hook": "order-sign",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"patientId": "p1", "userId": "Practitioner/1", "draftOrders": {"resourceType": "Bundle"}},
        **changes,
    }
    return json.dumps({key: value for key, value in whole.items() if value is not ABSENT}).encode()


def context(**changes: Any) -> bytes:
    """A complete body with keys of the context replaced."""
    inner = {"patientId": "p1", "userId": "Practitioner/1", **changes}
    return body(context={key: value for key, value in inner.items() if value is not ABSENT})


def refused(sent: bytes) -> BadRequest:
    """The refusal of a body."""
    with pytest.raises(BadRequest) as caught:
        parse(sent)
    return caught.value


@pytest.mark.parametrize(
    "file", sorted(SANDBOX.glob("sandbox-[op]*.json")), ids=lambda file: file.stem.removeprefix("sandbox-")
)
def test_requests_of_the_public_sandbox_are_read(file: Path) -> None:
    sent = json.loads(file.read_text())["body"]
    request = parse(json.dumps(sent).encode())
    assert (request.hook, request.context.patient_id) == (sent["hook"], sent["context"]["patientId"])
    assert (request.context.draft_orders is not None) == ("draftOrders" in sent["context"])


@pytest.mark.parametrize(
    ("sent", "element", "code"),
    [
        (b"", "", "structure"),
        (b"<html></html>", "", "structure"),
        (b'{"hook": "a"', "", "structure"),
        (b'{"hook": "\xff"}', "", "structure"),
        (b"[1, 2]", "", "structure"),
        (b"null", "", "structure"),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "", "structure"),
        (body(hook=ABSENT), "hook", "required"),
        (body(hook=None), "hook", "structure"),
        (body(hook=" "), "hook", "required"),
        (body(hookInstance=ABSENT), "hookInstance", "required"),
        (body(hookInstance=7), "hookInstance", "structure"),
        (body(hookInstance=""), "hookInstance", "required"),
        (body(context=ABSENT), "context", "required"),
        (body(context=[]), "context", "structure"),
        (context(patientId=ABSENT), "context.patientId", "required"),
        (context(patientId=None), "context.patientId", "structure"),
        (context(patientId=12), "context.patientId", "structure"),
        (context(patientId=" "), "context.patientId", "required"),
        (context(patientId="Patient/"), "context.patientId", "required"),
        (context(patientId=".."), "context.patientId", "required"),
        (context(userId=5), "context.userId", "structure"),
        (context(selections="MedicationRequest/1"), "context.selections", "structure"),
        (context(selections=["a", {}]), "context.selections[1]", "structure"),
        (context(draftOrders=[]), "context.draftOrders", "structure"),
        (context(draftOrders="x"), "context.draftOrders", "structure"),
        (context(draftOrders={"resourceType": "MedicationRequest"}), "context.draftOrders", "structure"),
        (context(draftOrders={"entry": "x"}), "context.draftOrders.entry", "structure"),
        (body(prefetch=[]), "prefetch", "structure"),
        (body(fhirServer=1), "fhirServer", "structure"),
        (body(fhirAuthorization="t"), "fhirAuthorization", "structure"),
        (body(fhirAuthorization={"access_token": 1}), "fhirAuthorization.access_token", "structure"),
        (body(fhirAuthorization={"access_token": "a\r\nb"}), "fhirAuthorization.access_token", "invalid"),
    ],
)
def test_a_body_that_cannot_be_answered_names_the_element(sent: bytes, element: str, code: str) -> None:
    refusal = refused(sent)
    assert (refusal.status, refusal.element, refusal.code) == (400, element, code)


def test_no_refusal_echoes_a_value() -> None:
    secret = "Marker8731"
    bodies = [
        body(hook=[secret]),
        context(patientId={"x": secret}),
        context(selections=secret),
        context(draftOrders=secret),
        context(draftOrders={"resourceType": secret}),
        body(prefetch=secret),
        body(fhirAuthorization={"access_token": f"{secret} {secret}"}),
        secret.encode(),
    ]
    assert [each for each in map(refused, bodies) if secret in each.sentence + each.element] == []


@pytest.mark.parametrize("key", ["fhirServer", "fhirAuthorization", "prefetch", "extension"])
def test_null_for_an_optional_field_is_the_field_left_out(key: str) -> None:
    assert parse(body(**{key: None})) == parse(body())


@pytest.mark.parametrize("key", ["userId", "encounterId", "selections", "draftOrders"])
def test_null_in_the_context_is_the_field_left_out(key: str) -> None:
    assert parse(context(**{key: None})) == parse(context(**{key: ABSENT}))


def test_unknown_keys_are_ignored_at_any_depth() -> None:
    extended = context(extension={"com.epic": "18"}, task={"a": [1]})
    sent = json.loads(extended) | {
        "extension": {"a": 1},
        "user": "Practitioner/1",
        "fhirAuthorization": {"x": 1},
    }
    assert parse(json.dumps(sent).encode()) == parse(context())


def test_a_patient_reference_is_read_as_the_id() -> None:
    for sent in ("Patient/p1", " p1 ", "https://ehr.example/fhir/Patient/p1"):
        assert parse(context(patientId=sent)).context.patient_id == "p1"


def test_ids_longer_than_fhir_allows_are_kept() -> None:
    long = "eN.w_" * 40
    assert parse(context(patientId=long)).context.patient_id == long


def test_a_hook_instance_need_not_be_a_version_4_uuid() -> None:
    assert parse(body(hookInstance="f399c67c-c703-11ea-af16-0242ac130003")).hook_instance.startswith("f399")


@pytest.mark.parametrize("sent", [None, {}, {"access_token": None}, {"access_token": ""}])
def test_an_authorization_without_a_token_is_none(sent: Any) -> None:
    assert parse(body(fhirAuthorization=sent)).token is None


def test_the_token_and_the_server_are_read_and_stay_out_of_the_representation() -> None:
    request = parse(
        body(fhirServer="https://ehr.example/fhir/", fhirAuthorization={"access_token": "abc.DEF"})
    )
    assert (request.token, request.fhir_server) == ("abc.DEF", "https://ehr.example/fhir")
    assert "abc.DEF" not in repr(request)
    assert "p1" not in repr(request)


def test_a_byte_order_mark_is_no_reason_to_refuse() -> None:
    assert parse(b"\xef\xbb\xbf" + body()) == parse(body())


@pytest.mark.parametrize(
    ("extension", "version"),
    [
        (
            {
                "com.epic.cdshooks.request.fhir-version": "STU3",
                "com.epic.cdshooks.request.epic-version": "10",
            },
            "STU3",
        ),
        ({"com.epic.cdshooks.request.fhir-version": None}, None),
        ({"com.epic.cdshooks.request.fhir-version": 4}, None),
        ({"other": [1]}, None),
        ([1], None),
        ("x", None),
        (None, None),
    ],
)
def test_the_fhir_version_is_read_of_an_extension_that_may_be_anything(
    extension: Any, version: str | None
) -> None:
    assert parse(body(extension=extension)).fhir_version == version
    assert parse(body()).fhir_version is None


def test_prefetch_tells_null_from_absent() -> None:
    prefetch = parse(body(prefetch={"patient": None})).prefetch
    assert {key: bytes(raw) for key, raw in prefetch.items()} == {"patient": b"null"}


def test_broken_utf_8_deep_inside_prefetch_is_refused_here_and_nowhere_later() -> None:
    sent = body(prefetch={"patient": {"name": "@"}}).replace(b"@", b"\xfe")
    assert refused(sent).code == "structure"


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists and objects of what there is."""
    return st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), nested, max_leaves=6)


def tried(sent: bytes) -> str:
    """Whether a body was read or refused; anything else is an exception."""
    try:
        parse(sent)
    except BadRequest:
        return "refused"
    return "read"


@given(st.dictionaries(st.sampled_from(["hook", "hookInstance", "context", "prefetch", "fhirServer"]), JSON))
def test_any_json_is_read_or_refused(sent: dict[str, Any]) -> None:
    assert tried(body(**sent)) in ("read", "refused")


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["selections", "draftOrders", "patientId", "userId"], JSON)
    )
)
def test_any_context_is_read_or_refused(sent: dict[str, Any]) -> None:
    assert tried(context(**sent)) in ("read", "refused")
