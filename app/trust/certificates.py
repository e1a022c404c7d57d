"""The subject of a caller's certificate, from TLS itself or from a proxy that is believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

CERTIFICATE = "plumbline.certificate"
"""Where the server notes the subject in the state of a connection."""
Scope = Mapping[str, Any]
SubjectOf = Callable[[Scope], str | None]
"""Gives the subject of the certificate that a request came with, if any, as RFC 4514 writes it."""


def subject(certificate: bytes) -> str:
    """The subject of a DER certificate, as RFC 4514 writes it: CN=ehr,O=General Hospital."""
    from cryptography import x509  # only where TLS ends here

    return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()


def of_connection(scope: Scope) -> str | None:
    """The subject that the connection's own TLS has verified."""
    found: str | None = scope.get("state", {}).get(CERTIFICATE)
    return found


def of_proxy(header: str, proxies: Sequence[IPv4Network | IPv6Network]) -> SubjectOf:
    """The subject that a proxy has verified and says in a header; from anybody else the header is nothing."""
    name = header.lower().encode()

    def subject_of(scope: Scope) -> str | None:
        given = [value for key, value in scope["headers"] if key == name]
        if len(given) != 1 or not given[0] or not _is_proxy(scope.get("client")):
            return None
        return bytes(given[0]).decode("latin-1")

    def _is_proxy(peer: Sequence[Any] | None) -> bool:
        try:
            return peer is not None and any(ip_address(peer[0]) in network for network in proxies)
        except ValueError:  # a socket file
            return False

    return subject_of
