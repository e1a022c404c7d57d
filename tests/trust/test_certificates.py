"""The subject of a caller's certificate: from a proxy that is listed, and from nobody else."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.trust.certificates import CERTIFICATE, of_connection, of_proxy, subject

EHR = b"CN=ehr,O=General Hospital"
SUBJECT_OF = of_proxy("X-Client-Subject", [ip_network("10.1.0.0/16"), ip_network("fd00::/8")])


def scope(
    *values: bytes, peer: Any = ("10.1.2.3", 40000), name: bytes = b"x-client-subject"
) -> dict[str, Any]:
    """A request with this header from this peer."""
    return {"headers": [(b"host", b"a"), *((name, value) for value in values)], "client": peer}


@pytest.mark.parametrize("peer", [("10.1.2.3", 1), ("fd00::1", 1)])
def test_a_listed_proxy_is_believed(peer: Any) -> None:
    assert SUBJECT_OF(scope(EHR, peer=peer)) == EHR.decode()


@pytest.mark.parametrize(
    "given",
    [
        scope(),
        scope(b""),
        scope(EHR, EHR),
        scope(EHR, peer=("10.2.0.1", 1)),
        scope(EHR, peer=("127.0.0.1", 1)),
        scope(EHR, peer=None),
        scope(EHR, peer=("/run/plumbline.sock", 0)),
        scope(EHR, name=b"x-client_subject"),
    ],
    ids=[
        "none",
        "empty",
        "twice",
        "another network",
        "this machine",
        "nobody",
        "a socket file",
        "a look-alike",
    ],
)
def test_nobody_else_is(given: dict[str, Any]) -> None:
    assert SUBJECT_OF(given) is None


def test_the_header_is_nothing_where_tls_ends_here() -> None:
    assert of_connection(scope(EHR)) is None
    assert of_connection({"state": {CERTIFICATE: "CN=ehr"}}) == "CN=ehr"


def test_a_subject_is_written_as_rfc_4514_does() -> None:
    made = trustme.CA().issue_cert("ehr.example", common_name="ehr", organization_name="General, Hospital")
    pem = made.cert_chain_pems[0].bytes()
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    assert subject(der).startswith("CN=ehr,OU=")
    assert subject(der).endswith(",O=General\\, Hospital")
