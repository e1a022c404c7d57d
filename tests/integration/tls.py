"""A made-up authority with the files that servers and clients need."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.trust.certificates import subject


@dataclass(frozen=True, slots=True)
class Holder:
    """A certificate with its key: for a client's TLS, as files, and the subject that the site file lists."""

    certificate: Path
    key: Path
    subject: str


@dataclass(frozen=True, slots=True)
class Authority:
    """Issues certificates into a folder."""

    folder: Path
    own: trustme.CA

    @property
    def file(self) -> Path:
        """The authority's own certificate."""
        return self.folder / "authority.pem"

    def issue(self, name: str, *others: str, **more: str) -> Holder:
        """A certificate for a host, an address or a client, by one name or more."""
        made = self.own.issue_cert(name, *others, **more)
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}-key.pem"
        certificate.write_bytes(b"".join(each.bytes() for each in made.cert_chain_pems))
        made.private_key_pem.write_to_path(str(key))
        der = x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(Encoding.DER)
        return Holder(certificate, key, subject(der))

    def trusting(self, holder: Holder | None = None) -> ssl.SSLContext:
        """The TLS of a client that trusts this authority, with a certificate of its own or without."""
        context = ssl.create_default_context(cafile=str(self.file))
        if holder:
            context.load_cert_chain(holder.certificate, holder.key)
        return context


def authority(folder: Path) -> Authority:
    """A new authority."""
    folder.mkdir(exist_ok=True)
    made = Authority(folder, trustme.CA())
    made.own.cert_pem.write_to_path(str(made.file))  # once: callers at the same time read it
    return made
