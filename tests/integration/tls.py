"""A made-up authority with the files that servers and clients need, and nginx as docker/ shows it."""

from __future__ import annotations

import os
import shutil
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.trust.certificates import subject
from tests.integration.servers import ROOT, Running, free_port, running


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
        path = self.folder / "authority.pem"
        self.own.cert_pem.write_to_path(str(path))
        return path

    def issue(self, name: str, **more: str) -> Holder:
        """A certificate for a host, an address or a client."""
        made = self.own.issue_cert(name, **more)
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
    return Authority(folder, trustme.CA())


@contextmanager
def nginx(folder: Path, server: Holder, clients: Path, upstream: int) -> Iterator[Running]:
    """Debian's nginx with docker/nginx.conf.example in front of a port; skipped where it is missing."""
    binary = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if binary is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("nginx is not installed")
    port, checked = free_port(), free_port()
    site = (ROOT / "docker/nginx.conf.example").read_text(encoding="utf-8")
    for said, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/plumbline/tls.pem", str(server.certificate)),
        ("/etc/plumbline/tls-key.pem", str(server.key)),
        ("/etc/plumbline/client-authority.pem", str(clients)),
        ("http://127.0.0.1:8000", f"http://127.0.0.1:{upstream}"),
    ):
        assert said in site
        site = site.replace(said, here)
    temporary = "".join(
        f"{each}_temp_path {folder}/{each};\n"
        for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    ready = f"server {{ listen 127.0.0.1:{checked}; location = /up {{ return 200; }} }}\n"
    whole = (
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr;\n"
        f"events {{}}\nhttp {{ access_log off;\n{temporary}{ready}{site}}}\n"
    )
    if os.geteuid() == 0:
        whole = f"user root;\n{whole}"
    configuration = folder / "nginx.conf"
    configuration.write_text(whole, encoding="utf-8")
    command = [binary, "-p", str(folder), "-c", str(configuration)]
    with running(command, f"http://127.0.0.1:{checked}", "/up") as up:
        yield Running(f"https://127.0.0.1:{port}", up.log, up.pid)
