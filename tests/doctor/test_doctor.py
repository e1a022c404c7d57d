"""The doctor finds what would stop an EHR, says what to do about it, and finds nothing where all is well."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import jwt
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from typer.testing import CliRunner

from app.cli import main
from app.doctor.caller import Answered, Caller, FaultyIdentity, Identity, trusting
from app.doctor.captured import captured
from app.doctor.finding import Finding, told
from app.doctor.questions import address, certificate, examine, sample, skew
from app.protocol.request import parse
from app.trust.keys import keys_of
from app.trust.token import check_signature, read
from tests.integration.tls import authority

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVICES = [
    {
        "hook": "patient-view",
        "id": "view",
        "description": "d",
        "prefetch": {
            "patient": "Patient/{{context.patientId}}",
            "conditions": "Condition?patient={{context.patientId}}",
        },
    },
    {"hook": "order-select", "id": "select", "description": "d", "prefetch": {}},
]
Handler = Callable[[httpx.Request], httpx.Response]


def healthy(request: httpx.Request) -> httpx.Response:
    """A service without a fault, on the clock NOW, behind a proxy that hides readiness."""
    date = {"date": format_datetime(NOW, usegmt=True)}
    path = request.url.path
    if request.method == "OPTIONS":
        return httpx.Response(200, headers=date | {"access-control-allow-origin": request.headers["origin"]})
    if path == "/health/live":
        return httpx.Response(200, json={"status": "live"}, headers=date)
    if path == "/cds-services":
        said = {"example.content": {"version": "7", "digest": "abcdef0123456789"}}
        return httpx.Response(200, json={"services": SERVICES, "extension": said}, headers=date)
    if path.startswith("/cds-services/"):
        signed = "authorization" in request.headers
        return httpx.Response(200, json={"cards": []}, headers=date) if signed else httpx.Response(401)
    return httpx.Response(404, headers=date)


def changed(path: str, *answers: httpx.Response, method: str | None = None) -> Handler:
    """The healthy service with other answers at one path, the last of them again and again."""
    left = list(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == path and method in (None, request.method):
            return left.pop(0) if len(left) > 1 else left[0]
        return healthy(request)

    return handler


def at(path: str, status: int = 200, method: str | None = None, **answer: Any) -> Handler:
    """The healthy service with one other answer at one path."""
    return changed(path, httpx.Response(status, **answer), method=method)


def ready(**checks: str) -> Handler:
    """The healthy service with its readiness in sight."""
    return at("/health/ready", json={"content": "7", "checks": checks})


def findings(handler: Handler, base: str = "http://localhost:8000", **more: Any) -> dict[str, Finding]:
    """What is found, by question; with a token unless `sign` is None."""
    sign = more.pop("sign", lambda url: f"token-for-{url}")
    with httpx.Client(transport=httpx.MockTransport(handler)) as client:
        caller = Caller(base, client, ssl.create_default_context(), sign)
        found = list(examine(caller, "https://ehr.example", lambda: NOW, **more))
    return {each.question: each for each in found}


def test_nothing_stands_in_the_way_of_a_healthy_service() -> None:
    found = findings(healthy)
    assert {each.state for name, each in found.items() if name != "address"} == {"ok"}
    assert found["discovery"].said == "2 services: patient-view, order-select; content 7, abcdef012345"
    assert found.keys() >= {"reachable", "clock", "cors", "keys", "hook patient-view", "hook order-select"}


@pytest.mark.parametrize(
    ("handler", "question", "state", "said"),
    [
        (at("/health/live", 301), "reachable", "wrong", "redirected (301)"),
        (at("/health/live", 404), "reachable", "note", "a proxy hides it"),
        (at("/cds-services", 401, "GET"), "discovery", "wrong", "the token is refused"),
        (at("/cds-services", 200, "GET", text="<html>"), "discovery", "wrong", "answers 200"),
        (at("/cds-services", 200, "GET", json={"services": []}), "discovery", "wrong", "no service"),
        (at("/cds-services", 200, "OPTIONS"), "cors", "note", "PLUMBLINE_CORS_ORIGINS"),
        (at("/cds-services/view", json={"cards": []}), "keys", "note", "anyone may call"),
        (at("/cds-services/select", json={}), "hook order-select", "wrong", "answers 200"),
        (ready(store="gone"), "ready: store", "wrong", "gone"),
        (ready(store="ok"), "ready", "ok", "content 7, store"),
    ],
)
def test_each_fault_is_found_and_named(handler: Handler, question: str, state: str, said: str) -> None:
    found = findings(handler)[question]
    assert (found.state, said in found.said) == (state, True), found


def test_a_refusal_is_told_in_the_services_own_words() -> None:
    issue = {"issue": [{"details": {"text": "Send the prefetch."}}]}
    found = findings(changed("/cds-services/view", httpx.Response(412, json=issue)))
    assert found["hook patient-view"].said == "a sample call answers 412: Send the prefetch."


def test_a_service_that_fails_when_a_key_is_left_out_is_wrong() -> None:
    fine, broken = httpx.Response(200, json={"cards": []}), httpx.Response(500)
    found = findings(changed("/cds-services/view", httpx.Response(401), fine, fine, broken))
    assert found["hook patient-view"].said.startswith("without conditions it fails")


def test_without_a_token_the_doctor_says_how_to_go_on() -> None:
    found = findings(changed("/cds-services", httpx.Response(401), method="GET"), sign=None)
    assert "--key" in found["discovery"].said


def test_a_template_that_the_release_does_not_have_is_wrong() -> None:
    odd = [{**SERVICES[0], "prefetch": {"recent": "Condition?onset-date=ge{{today()}}"}}]
    answer = httpx.Response(200, json={"services": odd})
    assert "`recent`" in findings(changed("/cds-services", answer, method="GET"))["prefetch"].said


def test_every_call_has_a_token_of_its_own_for_its_own_url() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("authorization", ""))
        return healthy(request)

    findings(handler)
    assert "Bearer token-for-http://localhost:8000/cds-services" in asked
    assert "Bearer token-for-http://localhost:8000/cds-services/select" in asked


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), "nothing listens at this port"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "the name is not known to DNS"),
        (httpx.ConnectTimeout("timed out"), "a firewall that drops"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), "--authority"),
        (httpx.ConnectError("[SSL: WRONG_VERSION_NUMBER] wrong version number"), "no TLS at this port"),
        (httpx.ReadError(""), "ReadError"),
    ],
)
def test_where_nothing_answers_the_doctor_says_what_to_look_at(error: Exception, said: str) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    found = findings(handler)
    assert (found["reachable"].state, said in found["reachable"].said) == ("wrong", True)
    assert "discovery" not in found


@pytest.mark.parametrize(
    ("base", "state"),
    [("https://cds.example", "ok"), ("http://cds.example", "wrong"), ("http://127.0.0.1:8000", "note")],
)
def test_plain_http_is_for_this_machine_only(base: str, state: str) -> None:
    assert [each.state for each in address(base)] == [state]


@pytest.mark.parametrize(
    ("seconds", "state", "said"),
    [(29, "ok", "29 s apart"), (31, "wrong", "31 s ahead"), (-90, "wrong", "90 s behind")],
)
def test_clocks_that_differ_are_told_with_their_direction(seconds: int, state: str, said: str) -> None:
    dated = httpx.Response(
        200, headers={"date": format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)}
    )
    found = skew(Answered(dated, 0.1), NOW)
    assert (found.state, said in found.said) == (state, True)


def test_an_answer_without_a_date_leaves_the_clock_open() -> None:
    assert skew(Answered(httpx.Response(200), 0.1), NOW).state == "note"


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_the_sample_is_a_request_that_our_own_parser_takes(hook: str) -> None:
    service = {"hook": hook, "id": "x", "prefetch": SERVICES[0]["prefetch"]}
    read = parse(json.dumps(sample(service)).encode())
    assert (read.hook, set(read.prefetch)) == (hook, {"patient", "conditions"})


@pytest.mark.parametrize(
    ("days_before", "state", "said"), [(60, "ok", "(60 days)"), (20, "note", "renew it")]
)
def test_a_certificate_that_ends_soon_is_told(
    tmp_path: Path, days_before: int, state: str, said: str
) -> None:
    known = authority(tmp_path)
    held = known.issue("localhost")
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(held.certificate, held.key)
    tls = trusting(known.file)
    (ends,) = x509.load_pem_x509_certificates(held.certificate.read_bytes())[:1]
    now = ends.not_valid_after_utc - timedelta(days=days_before, hours=1)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = ours.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        with httpx.Client(verify=tls) as client:
            caller = Caller(f"https://localhost:{server.server_port}", client, tls)
            (found,) = certificate(caller, lambda: now)
        server.shutdown()
        thread.join()
    assert (found.state, said in found.said, "TLSv1.3" in found.said) == (state, True, True), found


def test_where_no_handshake_comes_about_the_certificate_is_wrong() -> None:
    with httpx.Client() as client:
        caller = Caller("https://127.0.0.1:1", client, ssl.create_default_context())
        assert [each.state for each in certificate(caller, lambda: NOW)] == ["wrong"]


# Requests that an EHR sent


def compared(folder: Path, request: object) -> list[Finding]:
    """What is found in a captured request."""
    file = folder / "request.json"
    file.write_text(request if isinstance(request, str) else json.dumps(request))
    return list(captured(file, SERVICES))


def search(kind: str) -> dict[str, Any]:
    """A search with one resource."""
    return {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": kind, "id": "Marker8731"}}]}


def test_a_request_with_every_key_is_fine(tmp_path: Path) -> None:
    prefetch = {"patient": {"resourceType": "Patient"}, "conditions": search("Condition")}
    assert [each.state for each in compared(tmp_path, {"hook": "patient-view", "prefetch": prefetch})] == [
        "ok"
    ]


def test_wrong_missing_and_mixed_up_keys_are_named_and_nothing_of_the_patient(tmp_path: Path) -> None:
    prefetch = {"condition": search("Condition"), "patient": search("Observation")}
    found = compared(tmp_path, {"hook": "patient-view", "prefetch": prefetch})
    said = {each.state + ": " + each.said for each in found}
    assert said == {
        "wrong: the key `condition` is not in discovery and is ignored; did you mean `conditions`?",
        "wrong: the key `patient` holds Observation instead of Patient",
        "note: the key `conditions` was not sent; it is fetched, or cards say it was not checked",
    }


def test_null_and_an_empty_search_are_no_other_type(tmp_path: Path) -> None:
    prefetch = {"patient": None, "conditions": {"resourceType": "Bundle", "total": 0}}
    assert [each.state for each in compared(tmp_path, {"hook": "patient-view", "prefetch": prefetch})] == [
        "ok"
    ]


@pytest.mark.parametrize("request_", ["no json", {"hook": "order-dispatch"}, []])
def test_what_is_no_request_of_ours_is_said(tmp_path: Path, request_: object) -> None:
    assert [each.state for each in compared(tmp_path, request_)] == ["wrong"]


# Tokens


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(ec.generate_private_key(ec.SECP384R1()), "ES384"), (rsa.generate_private_key(65537, 2048), "RS384")],
)
def test_a_token_is_as_the_service_wants_it(tmp_path: Path, key: Any, algorithm: str) -> None:
    file = tmp_path / "key.json"
    file.write_text(jwt.get_algorithm_by_name(algorithm).to_jwk(key))
    sign = Identity(file, "k1", "https://ehr.example", jku="https://ehr.example/jwks", tenant="t").signer()
    token = sign("https://cds.example/cds-services")
    assert jwt.get_unverified_header(token) == {
        "alg": algorithm, "typ": "JWT", "kid": "k1", "jku": "https://ehr.example/jwks",
    }  # fmt: skip
    claims = jwt.decode(token, key.public_key(), [algorithm], audience="https://cds.example/cds-services")
    assert (claims["iss"], claims["tenant"], claims["exp"] - claims["iat"]) == (
        "https://ehr.example",
        "t",
        300,
    )
    assert jwt.decode(sign("x"), options={"verify_signature": False})["jti"] != claims["jti"]


@pytest.mark.parametrize("text", ["Marker8731", '{"kty": "RSA"}', '{"kty": "oct", "k": "a", "d": "a"}', "[]"])
def test_a_key_that_cannot_sign_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key.json"
    file.write_text(text)
    with pytest.raises(FaultyIdentity) as refused:
        Identity(file, "k1", "https://ehr.example").signer()
    assert str(file) in str(refused.value)
    assert "Marker8731" not in str(refused.value)


def test_a_new_key_signs_what_its_public_half_in_the_site_file_verifies(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    done = CliRunner().invoke(main, ["key", str(file), "--kid", "doctor-7"])
    (said,) = yaml.safe_load(done.stdout)
    assert (done.exit_code, said["kid"], file.stat().st_mode & 0o777) == (0, "doctor-7", 0o600)
    token = Identity(file, "doctor-7", "https://doctor.example").signer()("https://cds.example")
    keys = keys_of({"keys": [said]})
    check_signature(read(token), keys["doctor-7", "ES384"])


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text("mine")
    done = CliRunner().invoke(main, ["key", str(file)])
    assert (done.exit_code, file.read_text(), done.stdout) == (2, "mine", "")


# The command


def test_nobody_there_ends_with_1_and_is_json_where_asked_for() -> None:
    done = CliRunner().invoke(main, ["doctor", "http://127.0.0.1:1", "--json"])
    assert done.exit_code == 1
    assert [each["question"] for each in json.loads(done.stdout)] == ["address", "reachable"]


@pytest.mark.parametrize(
    "options",
    [
        ("cds.example",),
        ("https://a", "--key", "k"),
        ("https://a", "--certificate", "c"),
        ("https://a", "--authority", "/nowhere"),
        ("https://a", "--key", "/nowhere", "--kid", "k", "--issuer", "i"),
    ],
)
def test_wrong_options_end_with_2_and_say_why(options: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, ["doctor", *options])
    assert done.exit_code == 2
    assert done.stderr.strip()


def test_findings_stand_one_a_line_with_how_many_are_wrong() -> None:
    lines = told([Finding("a", "ok", "x"), Finding("longer", "wrong", "y")], as_json=False).splitlines()
    assert lines == ["ok     a       x", "wrong  longer  y", "Wrong: 1."]
