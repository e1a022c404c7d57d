"""Clients that prove themselves by certificates: TLS that ends in the service, and in nginx before it."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.calls import prefetched, request
from tests.conformance.statements import holds
from tests.integration.instances import nginx
from tests.integration.nginx import configuration
from tests.integration.servers import free_port, service
from tests.integration.tls import Authority, Holder, authority
from tests.tokens import ISSUER, claims, head, jwks, signed

pytestmark = pytest.mark.integration
EHR = {
    "common_name": "ehr",
    "organization_name": "General, Hospital",
    "organization_unit_name": "Records + Orders",
}
PATH = "/cds-services/low-back-pain-patient-view"


@dataclass(frozen=True, slots=True)
class Door:
    """A way in: its address, who is trusted there, and the clients that may come."""

    url: str
    trusted: Authority
    alone: Holder
    both: Holder
    log: Path

    def call(
        self, holder: Holder | None = None, token: str | None = None, **headers: str
    ) -> tuple[int, str | None]:
        """The status of a call, and the client or the reason that the log tells."""
        if token:
            headers["authorization"] = f"Bearer {token}"
        with httpx.Client(verify=self.trusted.trusting(holder), timeout=30) as client:
            answer = client.post(
                f"{self.url}{PATH}", json=request("patient-view", prefetch=prefetched()), headers=headers
            )
        line = self.line(answer.headers.get("x-request-id", "none"))
        return answer.status_code, line.get("client") or line.get("reason")

    def line(self, request_id: str) -> dict[str, Any]:
        """The line of a request, which is written after its answer; nothing where it never got there."""
        deadline = time.monotonic() + 60
        while request_id != "none" and time.monotonic() < deadline:
            for line in self.log.read_text().splitlines():
                if request_id in line:
                    found: dict[str, Any] = json.loads(line)
                    return found
        return {}


def token(jti: str) -> str:
    """A token that is good now."""
    moment = time.time()
    said = {"aud": f"https://cds.example{PATH}", "iat": moment, "exp": moment + 300, "jti": jti}
    return signed(head(), claims(**said))


@contextmanager
def door(kind: str, folder: Path) -> Iterator[Door]:
    """A way in of a kind."""
    ours, theirs = authority(folder / "ours"), authority(folder / "theirs")
    server = ours.issue("127.0.0.1", "localhost")
    alone = theirs.issue("ehr.example", **EHR)
    both = theirs.issue("both.example", common_name="both")
    clients = {
        "alone": {"trust": {"subjects": [alone.subject]}},
        "both": {"trust": {"iss": ISSUER, "jwks": jwks("ES384"), "subjects": [both.subject]}},
    }
    site = folder / "site.yaml"
    site.write_text(yaml.safe_dump({"clients": clients}, default_flow_style=False), encoding="utf-8")
    settings: dict[str, Any] = {
        "mode": "production",
        "today": "",
        "site_file": str(site),
        "public_url": "https://cds.example",
        "store_url": f"sqlite:///{folder}/journal.sqlite",
    }
    with ExitStack() as stack:
        if kind == "service":
            tls = {
                "tls_certificate": str(server.certificate),
                "tls_key": str(server.key),
                "tls_client_authority": str(theirs.file),
            }
            up = stack.enter_context(service(**settings, **tls))
            yield Door(up.url, ours, alone, both, up.log)
        else:
            proxied = {"subject_header": "X-Client-Subject", "proxies": "127.0.0.1/32"}
            up = stack.enter_context(service(**settings, **proxied))
            secrets, port = (server.certificate, server.key, theirs.file), free_port()
            file = configuration(folder, secrets, [f"127.0.0.1:{up.port}"], port=port, mutual="optional")
            stack.enter_context(nginx(file, port, ours.trusting()))
            yield Door(f"https://127.0.0.1:{port}", ours, alone, both, up.log)


@pytest.fixture(scope="module", params=["service", "nginx"])
def way(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Each way in, once for all tests."""
    with door(request.param, tmp_path_factory.mktemp("tls")) as opened:
        yield opened


def test_a_certificate_alone_is_enough_for_its_client(way: Door) -> None:
    assert way.call(way.alone) == (200, "alone")


def test_without_a_certificate_nobody_gets_in(way: Door) -> None:
    assert way.call() == (401, "no-token")


def test_a_certificate_that_nobody_listed_does_not_get_in(way: Door, tmp_path: Path) -> None:
    assert way.call(way.both) == (401, "certificate")


def test_a_certificate_of_another_authority_with_the_same_subject_does_not_get_in(
    way: Door, tmp_path: Path
) -> None:
    forged = authority(tmp_path / "forged").issue("ehr.example", **EHR)
    assert forged.subject == way.alone.subject
    with suppress(httpx.HTTPError, ssl.SSLError):  # the service breaks off, nginx answers 400
        assert way.call(forged)[0] in (400, 401)


def test_a_client_with_both_needs_both(way: Door) -> None:
    assert way.call(way.both, token("1")) == (200, "both")
    assert way.call(None, token("2")) == (401, "certificate")
    assert way.call(way.alone, token("3")) == (401, "certificate")


def test_a_header_of_the_client_s_own_is_nothing(way: Door) -> None:
    said = {"X-Client-Subject": way.alone.subject}
    assert way.call(None, **said) == (401, "no-token")
    assert way.call(way.both, **said) == (401, "certificate")


@holds("SEC-1")
def test_old_tls_is_refused(way: Door) -> None:
    context = way.trusted.trusting(way.alone)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with httpx.Client(verify=context) as client:
        assert client.get(f"{way.url}/health/live").status_code == 200
    old = way.trusted.trusting(way.alone)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with httpx.Client(verify=old) as client, pytest.raises(httpx.ConnectError):
        client.get(f"{way.url}/health/live")
