"""The questions, in the order in which an EHR would meet their answers."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from app.doctor.caller import Answered, Caller, Unreachable
from app.doctor.captured import captured
from app.doctor.finding import Finding, note, ok, wrong

SKEW_SECONDS = 30.0
SLOW_SECONDS = 0.5
FEW_DAYS = 30
_PATIENT = "plumbline-doctor"
_LEGAL = re.compile(r"\{\{context\.(patientId|userId|encounterId)\}\}|\{\{user(Practitioner|Patient)\w*\}\}")
Clock = Callable[[], datetime]


def examine(
    caller: Caller,
    origin: str,
    clock: Clock = lambda: datetime.now(UTC),
    request: Path | None = None,
) -> Iterator[Finding]:
    """All findings; the questions end where nothing answers.

    `origin` is that of a browser, `request` the file of a request that an EHR sent.
    """
    yield from address(caller.base)
    try:
        live = caller.ask("GET", "/health/live", signed=False)
        yield _reached(live)
        yield from certificate(caller, clock)
        yield skew(live, clock())
        yield from inside(caller)
        yield cors(caller, origin)
        services, said = discovery(caller)
        yield from said
        if caller.sign or not any(each.state == "wrong" for each in said):
            yield anonymous(caller, services)
        for service in services:
            yield from hook(caller, service)
        if request:
            yield from captured(request, services)
    except Unreachable as error:
        yield wrong("reachable", str(error))


def address(base: str) -> Iterator[Finding]:
    """The URL itself: EHRs compare it letter by letter, and send production data over https only."""
    parts = urlsplit(base)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme == "http":
        said = "plain http: EHRs send patient data to https only"
        yield note("address", said) if local else wrong("address", said)
    else:
        yield ok("address", f"{base}/cds-services is what the EHR is to be given, to the letter")


def _reached(live: Answered) -> Finding:
    milliseconds = f"{live.seconds * 1000:.0f} ms"
    if live.status == 200:
        return ok("reachable", f"/health/live answers in {milliseconds}")
    if 300 <= live.status < 400:
        return wrong("reachable", f"redirected ({live.status}): give the EHR the address that it leads to")
    said = f"/health/live answers {live.status}: a proxy hides it, or this is not the address of Plumbline"
    return note("reachable", said)


def certificate(caller: Caller, clock: Clock) -> Iterator[Finding]:
    """How long the certificate still holds, and which TLS was agreed on."""
    parts = urlsplit(caller.base)
    if parts.scheme != "https":
        return
    context: ssl.SSLContext = caller.tls
    host, port = parts.hostname or "", parts.port or 443
    try:
        with (
            socket.create_connection((host, port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            held, version = secured.getpeercert() or {}, secured.version() or "TLS"
    except OSError as error:
        yield wrong("tls", f"no handshake ({type(error).__name__})")
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(held["notAfter"])), UTC)
    days = (ends - clock()).days
    said = f"{version}, the certificate holds until {ends:%Y-%m-%d} ({days} days)"
    yield ok("tls", said) if days >= FEW_DAYS else note("tls", f"{said}: renew it")


def skew(answer: Answered, now: datetime) -> Finding:
    """The service's clock against the one here, by the Date header; tokens end with their time."""
    try:
        theirs = parsedate_to_datetime(answer.response.headers["date"])
    except (KeyError, ValueError):
        return note("clock", "the answer has no date to compare with")
    seconds = (theirs - now).total_seconds()
    if abs(seconds) <= SKEW_SECONDS:
        return ok("clock", f"{abs(seconds):.0f} s apart")
    which = "ahead of" if seconds > 0 else "behind"
    return wrong(
        "clock", f"{abs(seconds):.0f} s {which} the clock here: tokens will be refused; set both by NTP"
    )


def inside(caller: Caller) -> Iterator[Finding]:
    """Readiness, where it can be seen from here; and the numbers, which should not be seen from outside."""
    ready = caller.ask("GET", "/health/ready", signed=False)
    body = ready.json()
    if ready.status == 200 and isinstance(body, dict) and "checks" in body:
        faults = {name: said for name, said in body["checks"].items() if said != "ok"}
        for name, said in faults.items():
            yield wrong(f"ready: {name}", said)
        if not faults:
            yield ok("ready", f"content {body.get('content')}, {', '.join(body['checks'])}")
        if caller.ask("GET", "/metrics", signed=False).status == 200 and caller.base.startswith("https"):
            yield note("ready", "/metrics can be read from here; keep it inside if this is outside")
    else:
        yield ok("ready", f"/health/ready is not for callers here ({ready.status})")


def cors(caller: Caller, origin: str) -> Finding:
    """Whether a browser of this origin may call; EHRs that call from their servers do not care."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = caller.ask("OPTIONS", "/cds-services", headers=headers, signed=False)
    allowed = answer.response.headers.get("access-control-allow-origin")
    if answer.status // 100 == 2 and allowed in (origin, "*"):
        return ok("cors", f"a browser at {origin} may call")
    said = (
        f"a browser at {origin} may not call ({answer.status}); add it to PLUMBLINE_CORS_ORIGINS if one must"
    )
    return note("cors", said)


def discovery(caller: Caller) -> tuple[list[dict[str, Any]], list[Finding]]:
    """The services, and what is to be said of the list."""
    answer = caller.ask("GET", "/cds-services")
    if answer.status == 401:
        said = (
            "the token is refused (401); the service's log says why"
            if caller.sign
            else ("a token is wanted (401): name a key with --key, --kid and --issuer to go on")
        )
        return [], [wrong("discovery", said)]
    body = answer.json()
    services = body.get("services") if isinstance(body, dict) else None
    if answer.status != 200 or not isinstance(services, list):
        return [], [wrong("discovery", f"/cds-services answers {answer.why()}")]
    if not services:
        return [], [wrong("discovery", "no service is listed for this client")]
    hooks = ", ".join(str(each.get("hook")) for each in services)
    found = [ok("discovery", f"{len(services)} services: {hooks}{_content(body)}")]
    return services, found + list(_templates(services))


def _content(body: object) -> str:
    extension = body.get("extension") if isinstance(body, dict) else None
    named = next(iter(extension.values()), None) if isinstance(extension, dict) else None
    if not isinstance(named, dict) or "version" not in named:
        return ""
    return f"; content {named['version']}, {str(named.get('digest'))[:12]}"


def _templates(services: list[dict[str, Any]]) -> Iterator[Finding]:
    """Tokens in prefetch templates that a client of the published release cannot fill."""
    for service in services:
        for key, template in service.get("prefetch", {}).items():
            if "{{" in _LEGAL.sub("", template):
                yield wrong(
                    "prefetch", f"{service['id']}: the template of `{key}` has a token that 2.0 lacks"
                )


def anonymous(caller: Caller, services: list[dict[str, Any]]) -> Finding:
    """Whether a caller without a token is turned away."""
    path = f"/cds-services/{services[0]['id']}" if services else "/cds-services"
    answer = caller.ask("POST" if services else "GET", path, body={} if services else None, signed=False)
    if answer.status == 401:
        return ok("keys", "a caller without a token is turned away")
    local = urlsplit(caller.base).hostname in ("localhost", "127.0.0.1", "::1")
    said = "anyone may call: no token is asked for"
    return note("keys", said) if local else wrong("keys", f"{said}; name the clients in the site file")


def hook(caller: Caller, service: dict[str, Any]) -> Iterator[Finding]:
    """One call with a made-up patient without a record, with exactly the prefetch that the service lists."""
    name = f"hook {service['hook']}"
    answer = caller.ask("POST", f"/cds-services/{service['id']}", body=sample(service))
    body = answer.json()
    if answer.status != 200 or not isinstance(body, dict) or not isinstance(body.get("cards"), list):
        yield wrong(name, f"a sample call answers {answer.why()}")
        return
    said = f"a sample call answers with {len(body['cards'])} cards in {answer.seconds * 1000:.0f} ms"
    yield ok(name, said) if answer.seconds <= SLOW_SECONDS else note(name, f"{said}: EHRs wait some 500 ms")
    unread = [key for key in service.get("prefetch", {}) if _left_out(caller, service, key) >= 500]
    if unread:
        yield wrong(name, f"without {', '.join(unread)} it fails instead of saying what was not checked")


def _left_out(caller: Caller, service: dict[str, Any], key: str) -> int:
    """The status of a call that lacks one prefetch key."""
    body = sample(service)
    del body["prefetch"][key]
    return caller.ask("POST", f"/cds-services/{service['id']}", body=body).status


def sample(service: dict[str, Any]) -> dict[str, Any]:
    """A call that every service of ours must answer: an adult without any record, and no draft."""
    empty = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    patient = {"resourceType": "Patient", "id": _PATIENT, "gender": "female", "birthDate": "1980-01-01"}
    context: dict[str, Any] = {"patientId": _PATIENT, "userId": f"Practitioner/{_PATIENT}"}
    if service["hook"] != "patient-view":
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": []}
    if service["hook"] == "order-select":
        context["selections"] = []
    reads = {key: "?" not in template for key, template in service.get("prefetch", {}).items()}
    return {
        "hook": service["hook"],
        "hookInstance": str(uuid4()),
        "context": context,
        "prefetch": {key: patient if is_read else empty for key, is_read in reads.items()},
    }
