"""Who is let in, by the settings and a site file: the whole service, as it is started."""

from __future__ import annotations

import asyncio
import io
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi import FastAPI

from app import door
from app.errors import Unauthorised
from app.main import create_app, site_of
from app.record.fhir_client import FhirClient
from app.settings import FaultySettings, Settings
from app.site import FaultySite
from tests.content import knowledge
from tests.tokens import BASE, ISSUER, JKU, claims, head, jwks, signed

PATIENT = {"resourceType": "Patient", "id": "1"}
CALL = {
    "hook": "patient-view",
    "hookInstance": "1",
    "context": {"patientId": "1"},
    "prefetch": {"patient": PATIENT},
}


class Installation:
    """A production installation with this site file; `keys` stands in for the key servers."""

    def __init__(self, folder: Path, clients: dict[str, Any] | None = None, **settings: Any) -> None:
        self.asked: list[str] = []
        self.log = io.BytesIO()
        if clients is not None:
            path = folder / "site.yaml"
            path.write_text(yaml.safe_dump({"clients": clients}, default_flow_style=False), encoding="utf-8")
            settings = {"site_file": path, **settings}
        self.settings = Settings(
            **{
                "mode": "production",
                "public_url": BASE,
                "store_url": f"sqlite:///{folder}/j.sqlite",
                **settings,
            }
        )

    def keys(self, request: httpx.Request) -> httpx.Response:
        """The key server."""
        self.asked.append(str(request.url))
        return httpx.Response(200, json=jwks("ES384"))

    def app(self) -> FastAPI:
        """The service."""
        transport = httpx.MockTransport(self.keys)
        return create_app(self.settings, knowledge(), transport=transport, log_file=self.log)

    async def call(self, token: str | None = None, path: str = "/cds-services/thumb-view") -> int:
        """The status of a call of patient-view, or of discovery."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(self.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://internal") as client:
            if path == "/cds-services":
                return (await client.get(path, headers=headers)).status_code
            return (await client.post(path, headers=headers, json=CALL)).status_code

    async def started(self) -> dict[str, Any]:
        """What the log says when it starts."""
        app = self.app()
        async with app.router.lifespan_context(app):
            await asyncio.sleep(0)
        lines: list[dict[str, Any]] = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return next(line for line in lines if line["event"] in ("development", "anonymous", "callers"))


def token(path: str = "/cds-services/thumb-view", **changes: Any) -> str:
    """A token that is good now."""
    moment = time.time()
    said = {"aud": BASE + path, "iat": moment, "exp": moment + 300, **changes}
    return signed(head(), claims(**said))


INLINE = {"trust": {"iss": ISSUER, "jwks": jwks("ES384")}}
FETCHED = {"trust": {"iss": ISSUER, "jku": [JKU]}}


def refusal(where: Installation) -> str:
    """Why an installation does not start."""
    with pytest.raises(FaultySettings) as caught:
        where.app()
    return "\n".join(caught.value.faults)


def test_nobody_to_let_in_is_no_start(tmp_path: Path) -> None:
    assert "PLUMBLINE_ALLOW_ANONYMOUS=true" in refusal(Installation(tmp_path))
    assert "nobody may call" in refusal(Installation(tmp_path, {"untrusted": {}}))


def test_tokens_need_the_public_url_that_they_are_meant_for(tmp_path: Path) -> None:
    assert "PLUMBLINE_PUBLIC_URL" in refusal(Installation(tmp_path, {"ehr": INLINE}, public_url=None))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "cds.example", ""])
def test_development_listens_on_this_machine_only(host: str) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1 only"):
        Settings(host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_any_address_of_this_machine_will_do(host: str) -> None:
    assert Settings(host=host).host == host


async def test_a_client_of_the_site_file_gets_in_and_nobody_else(tmp_path: Path) -> None:
    where = Installation(tmp_path, {"ehr": INLINE})
    assert await where.call(token()) == 200
    assert await where.call(token(iss="https://evil.example")) == 401
    assert await where.call() == 401
    assert await where.call(token("/cds-services"), "/cds-services") == 200
    assert await where.call(None, "/cds-services") == 401
    assert where.asked == []


async def test_keys_come_from_the_listed_address(tmp_path: Path) -> None:
    where = Installation(tmp_path, {"ehr": FETCHED})
    assert await where.call(token()) == 200
    assert where.asked == [JKU]


async def test_a_client_is_known_by_its_own_name(tmp_path: Path) -> None:
    where = Installation(tmp_path, {"ehr": {**INLINE, "hooks": ["order-sign"]}})
    assert await where.call(token()) == 404
    assert json.loads(where.log.getvalue().splitlines()[-1])["client"] == "ehr"


async def test_anonymous_callers_get_in_where_that_was_said(tmp_path: Path) -> None:
    where = Installation(tmp_path, {"ehr": INLINE}, allow_anonymous=True)
    assert await where.call() == 200
    assert await where.call(token()) == 200
    assert await where.call(token(iss="https://evil.example")) == 401


async def test_development_needs_no_token_and_minds_none(tmp_path: Path) -> None:
    where = Installation(tmp_path, mode="development")
    assert await where.call() == 200
    assert await where.call("the sandbox sends one") == 200


async def test_every_start_says_who_is_let_in(tmp_path: Path) -> None:
    line = await Installation(tmp_path, mode="development").started()
    assert (line["event"], line["level"]) == ("development", "warning")
    line = await Installation(tmp_path, {"ehr": INLINE}, allow_anonymous=True).started()
    assert (line["event"], line["level"], line["trusted"]) == ("anonymous", "warning", ["ehr"])
    line = await Installation(tmp_path, {"ehr": INLINE}).started()
    assert (line["event"], line["trusted"]) == ("callers", ["ehr"])


def test_two_clients_that_cannot_be_told_apart_are_a_fault(tmp_path: Path) -> None:
    with pytest.raises(FaultySite) as caught:
        Installation(tmp_path, {"one": INLINE, "two": INLINE}).app()
    assert "one and two have the same `iss`" in str(caught.value.faults[0])


def test_a_fault_in_a_trust_names_its_line(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    text = "clients:\n  ehr:\n    trust:\n      iss: https://ehr.example\n      jku:\n        - http://a.example\n"
    site.write_text(text, encoding="utf-8")
    with pytest.raises(FaultySite) as caught:
        Installation(tmp_path, site_file=site).app()
    assert [(fault.line, "https address" in fault.what) for fault in caught.value.faults] == [(6, True)]


def test_a_fhir_server_must_be_https_outside_development(tmp_path: Path) -> None:
    plain = {"ehr": {**INLINE, "fhir_servers": ["http://ehr.example/fhir"]}}
    assert "must be https" in refusal(Installation(tmp_path, plain))
    assert Installation(tmp_path, plain, mode="development").app()


def test_servers_listed_by_their_address_may_be_private_and_those_of_listed_networks(tmp_path: Path) -> None:
    servers = ["https://10.1.2.3/fhir", "https://[fd00::1]:8443/fhir", "https://ehr.example/fhir"]
    trust = {"iss": ISSUER, "jku": ["https://10.9.9.9/keys"]}
    where = Installation(
        tmp_path, {"ehr": {"trust": trust, "fhir_servers": servers}}, private_networks="10.20.0.0/16"
    )
    found = {str(each) for each in door.networks(where.settings, site_of(where.settings, knowledge()))}
    assert found == {"10.20.0.0/16", "10.1.2.3/32", "fd00::1/128", "10.9.9.9/32"}


async def test_a_server_that_is_not_the_client_s_own_is_not_asked_and_the_log_says_so(tmp_path: Path) -> None:
    where = Installation(tmp_path, {"ehr": {**INLINE, "fhir_servers": ["https://ehr.example/fhir"]}})
    transport = httpx.ASGITransport(where.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://internal") as client:
        for server in (
            "https://evil.example/fhir",
            "https://ehr.example/fhir/../../evil",
            "https://ehr.example",
        ):
            headers = {"authorization": f"Bearer {token(jti=server)}"}
            call = {**CALL, "fhirServer": server, "fhirAuthorization": {"access_token": "secret"}}
            assert (
                await client.post("/cds-services/thumb-view", headers=headers, json=call)
            ).status_code == 200
    lines = [json.loads(line) for line in where.log.getvalue().splitlines()]
    assert [line["fhir_server"] for line in lines if line["event"] == "request"] == ["not listed"] * 3
    assert where.asked == []


def test_subjects_of_certificates_need_somebody_who_looks_at_certificates(tmp_path: Path) -> None:
    clients = {"ehr": {"trust": {"subjects": ["CN=ehr"]}}}
    assert "nobody looks at certificates" in refusal(Installation(tmp_path, clients))
    proxied = {"subject_header": "x-client-subject", "proxies": "127.0.0.0/8"}
    assert Installation(tmp_path, clients, public_url=None, **proxied).app()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"tls_certificate": "a.pem"}, "belong together"),
        ({"tls_key": "a.pem"}, "belong together"),
        ({"tls_client_authority": "a.pem"}, "TLS must end here"),
        ({"subject_header": "x-client-subject"}, "who may send it"),
        ({"proxies": "127.0.0.0/8"}, "who may send it"),
        ({"proxies": "everybody", "subject_header": "x-client-subject"}, "network"),
    ],
)
def test_half_of_a_tls_setting_is_a_fault(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Settings.model_validate(settings)


async def test_a_proxy_s_word_counts_from_its_own_address_only(tmp_path: Path) -> None:
    clients = {"ehr": {"trust": {"subjects": ["CN=ehr"]}}}
    proxied = {"subject_header": "x-client-subject", "proxies": "10.1.0.0/16"}
    app = Installation(tmp_path, clients, **proxied).app()
    for peer, status in (("10.1.2.3", 200), ("10.2.2.3", 401)):
        transport = httpx.ASGITransport(app, client=(peer, 40000))
        async with httpx.AsyncClient(transport=transport, base_url="http://internal") as client:
            answer = await client.post(
                "/cds-services/thumb-view", headers={"x-client-subject": "CN=ehr"}, json=CALL
            )
            assert answer.status_code == status


async def test_feedback_wants_a_token_of_its_own(tmp_path: Path) -> None:
    transport = httpx.ASGITransport(Installation(tmp_path, {"ehr": INLINE}).app())
    path = "/cds-services/thumb-view/feedback"
    async with httpx.AsyncClient(transport=transport, base_url="http://internal") as client:
        for said, expected in ((None, 401), (token(), 401), (token(path, jti="2"), 400)):
            headers = {"authorization": f"Bearer {said}"} if said else {}
            answer = await client.post(path, headers=headers, json={"feedback": "none"})
            assert answer.status_code == expected


@pytest.mark.parametrize(
    ("store", "workers", "shared"),
    [
        ("postgresql://u:p@db/plumbline", 1, True),
        ("sqlite:////tmp/journal.sqlite", 1, False),
        ("sqlite:////tmp/journal.sqlite", 2, True),
    ],
)
async def test_used_tokens_are_shared_where_the_store_is(
    tmp_path: Path, store: str, workers: int, shared: bool
) -> None:
    settings = Installation(tmp_path, {"ehr": INLINE}, store_url=store, workers=workers).settings
    asked: list[float] = []

    async def remember_once(_: str, until: float) -> bool:
        asked.append(until)
        return False

    verify = door.verifier(settings, site_of(settings, knowledge()), FhirClient(), remember_once)
    scope = {
        "type": "http",
        "path": "/cds-services/thumb-view",
        "headers": [(b"authorization", f"Bearer {token()}".encode())],
    }
    if shared:
        with pytest.raises(Unauthorised, match="could not be verified"):
            await verify(scope)
    else:
        assert (await verify(scope)).id == "ehr"
    assert len(asked) == shared
